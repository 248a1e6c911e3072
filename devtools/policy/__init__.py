"""Scans the synthesized stacks with checkov, which has an environment of its own."""
