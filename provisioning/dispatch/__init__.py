"""Which queued run goes to the workers next: limits, priority and fairness. It never works on a run itself."""
