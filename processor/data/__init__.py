"""Makes results up: lifelike, seeded, of three schools, in every format, with a known share of bad rows."""
