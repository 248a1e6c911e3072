"""A district's registration with its first run, one at a time or many in one act."""
