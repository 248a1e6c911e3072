"""The audit record: filters, export, verification."""
