"""What an account lacks before its first run."""
