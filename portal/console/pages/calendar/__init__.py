"""Freezes, maintenance windows, and ends of districts."""
