"""Runs: their states and moves, who holds them, and what people ask for: each service is one rule, one transaction."""
