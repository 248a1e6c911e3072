"""The table of roles, and grants."""
