"""What leaves the house: sealed bundles that an editor, a lawyer or a court can check."""
