"""What leaves the portal for addresses that people typed in: where it may go, its signature, its secrets."""
