"""What the portal's processes tell of themselves while they work: log lines and traces. Never decides anything."""
