"""What is counted of runs for as long as the portal lives: written where a run moves, folded, read by `/metrics`."""
