"""What people may ask for: each service is one rule, one transaction and one audit event."""
