"""The operators' pages: sign in, register, fleet, district, run, teardown and audit."""
