"""One file's way into the tables: read, staged, merged in one transaction, reported."""
