"""Looking for anything by its name."""
