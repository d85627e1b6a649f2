"""Pure findings: a series of posts in, a verdict with n and an interval out."""
