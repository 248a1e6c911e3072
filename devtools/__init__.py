"""Set-up, demo and checks: what makes a fresh clone runnable. Never imported by the product."""
