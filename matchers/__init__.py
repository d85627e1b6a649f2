"""Pure comparison: two posts in, a score and a sentence out."""
