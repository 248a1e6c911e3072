"""The function by which Secrets Manager changes the database's password."""
