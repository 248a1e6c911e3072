"""A person's tokens."""
