"""`python -m runner` is `copytrail`."""

from runner.cli import main

main()
