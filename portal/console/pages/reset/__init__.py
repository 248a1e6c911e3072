"""A new password by mail."""
