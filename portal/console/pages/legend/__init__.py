"""States and their signs, and the parts of the design."""
