"""Letting a device in that shows a code."""
