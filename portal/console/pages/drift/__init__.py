"""Drift of the fleet and of one district."""
