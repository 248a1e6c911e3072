"""Words that are stored and shown alone: acts, states, environments, levels, the audit record's subjects."""

from __future__ import annotations

WORDS = (
    *("create", "update", "delete", "replace", "read", "import", "move", "forget"),
    *("planned", "pending", "running", "done", "failed", "incomplete"),
    *("canceled", "sandbox", "staging", "production"),
    *("info", "warn", "warning", "error", "user", "account", "district", "run", "rollout", "audit", "fleet"),
    *("certificate", "endpoint", "evidence", "calendar", "lifetime", "contract"),
)
"""Each is in the catalogue under the context `word`."""
