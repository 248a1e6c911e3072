"""Coming in, and proving it again."""
