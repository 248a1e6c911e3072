"""Rollouts: the list, one, a new one."""
