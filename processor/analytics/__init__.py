"""What is computed of results: groups, what of them may be shown, and their numbers."""
