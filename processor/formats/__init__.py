"""The formats that are understood, one module each: its source, its table of fields, and what a row becomes."""
