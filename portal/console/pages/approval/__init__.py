"""The decision about a plan, and the force stop."""
