"""Who may do what, and where: users, roles as groups, grants of them, and the table that decides."""
