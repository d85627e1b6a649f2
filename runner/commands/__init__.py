"""The commands: they only parse and print; the work is a function with the same name in its room."""
