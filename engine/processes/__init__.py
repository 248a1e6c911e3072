"""Programs that the engine starts: one child, one Terraform under its supervisor, and what tells whether it lives."""
