"""What every room shares: districts, accounts, the audit record, state tables, what processes tell."""
