"""Sources read through an interface or a feed; each file holds the sources of one platform."""
