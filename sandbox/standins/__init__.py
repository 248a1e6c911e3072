"""Real processes behind what the embedded AWS answers: PostgreSQL, Valkey, a stack's tasks and functions.

Off unless the sandbox is told a folder for them. Each ends with its resource, and all end with the sandbox.
"""
