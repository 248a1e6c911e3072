"""A run: plan, log, activity, resources."""
