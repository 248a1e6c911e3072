"""AWS accounts: the list, one, a new one."""
