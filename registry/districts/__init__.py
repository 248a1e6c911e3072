"""School districts, the accounts they are placed in, and the networks they get."""
