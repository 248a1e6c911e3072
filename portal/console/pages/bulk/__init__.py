"""Many districts from one file."""
