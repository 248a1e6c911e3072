"""Weakens the stack on purpose, a statement, an action or a dependency at a time, and asks what then notices."""
