"""Registering a district."""
