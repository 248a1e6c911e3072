"""A district's page and its tabs."""
