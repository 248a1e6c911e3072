"""Mappings: data that says what the columns of a vendor's file mean, and what makes a file of theirs readable."""
