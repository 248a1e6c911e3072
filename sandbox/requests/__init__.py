"""What AWS refuses of a request before it looks at any resource: its model's constraints and the rules in its prose."""
