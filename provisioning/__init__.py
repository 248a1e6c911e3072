"""Runs: what was asked for a district's stack, what happened, and what exists now."""
