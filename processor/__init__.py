"""What runs inside a district's stack."""
