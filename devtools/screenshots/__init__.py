"""Renews the pictures of the documentation: the real portal, walked through in a real browser."""
