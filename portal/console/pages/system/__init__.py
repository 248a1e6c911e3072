"""How the portal itself is."""
