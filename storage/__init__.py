"""The working copy: the only folder that speaks SQL."""
