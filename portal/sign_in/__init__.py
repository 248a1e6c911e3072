"""Signing in: by password, by the organization's provider, with a second factor; what is refused and on record."""
