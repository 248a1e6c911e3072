"""What needs somebody, and how the fleet is."""
