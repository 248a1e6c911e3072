"""Terraform on one workspace: its commands, the events and plans it tells, and what a plan would change."""
