"""Calls of AWS of our own, beside Terraform: what exists, what it holds, what is waited for or removed."""
