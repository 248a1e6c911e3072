"""What became of a run's state: errored states and locks."""
