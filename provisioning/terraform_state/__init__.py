"""A district's Terraform state for people: kept states, locks, and how it fits the records."""
