"""The checker that every bundle carries: small modules of the standard library, joined to one verify.py at export."""
