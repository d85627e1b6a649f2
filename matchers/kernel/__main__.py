"""Compile the matching kernel ahead of its first use: `python -m matchers.kernel` (some twenty seconds, once)."""

from __future__ import annotations

from matchers import kernel

if __name__ == "__main__":
    kernel.warm()
