"""A district's settings."""
