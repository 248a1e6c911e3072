"""Tearing a district down."""
