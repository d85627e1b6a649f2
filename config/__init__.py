"""What an operator writes: settings, watchlists, platforms, audiences."""
