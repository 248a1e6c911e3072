"""Plans that wait for a decision."""
