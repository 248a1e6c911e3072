"""The list of districts."""
