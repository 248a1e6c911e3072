"""The end of a district's environment: what it held, the proof that nothing is left, and its certificate."""
