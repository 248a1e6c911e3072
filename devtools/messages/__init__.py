"""Collects the portal's texts, keeps their translations in step, and compiles them."""
