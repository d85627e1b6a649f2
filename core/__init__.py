"""The nouns and rules every room shares; imports nothing of ours."""
