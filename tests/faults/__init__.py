"""Faults: what becomes of a run when something dies, at every step. `make faults` runs the whole table."""
