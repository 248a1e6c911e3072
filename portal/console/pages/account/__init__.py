"""A person's own account: password, factors, sessions."""
