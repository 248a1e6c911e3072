"""The processes of the demo and the tests, each behind a context manager that always stops it."""
