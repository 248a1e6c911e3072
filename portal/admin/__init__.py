"""Django's admin: who may see what, and a module for each of the rooms that it shows."""
