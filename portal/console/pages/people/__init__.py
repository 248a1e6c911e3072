"""People: the list, one, invitations."""
