"""Periodic work: once at a time, each row its turn, so many calls of AWS at a time, and when it was last done."""
