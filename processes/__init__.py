"""Servers that demo, tests and the embedded AWS start, each under its guard. Imports nothing of ours."""
