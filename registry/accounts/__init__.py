"""Who may do what: users, and three roles as groups."""
