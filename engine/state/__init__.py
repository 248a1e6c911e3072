"""A district's Terraform state: where it lies, its lock, what is in it, and states that could not be stored."""
