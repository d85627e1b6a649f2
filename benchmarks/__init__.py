"""Speed beside named peers, each in one run; no part of the product."""
