"""Endpoints that are told, and their deliveries."""
