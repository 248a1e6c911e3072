"""Whether a district fits into an account and region: limits, use, and what is promised."""
