"""The names in a synthesized stack, by kind of resource: a table that is made from the JSON and from nothing else."""

from __future__ import annotations

import re
from typing import Any

FIELDS = (
    "alarm_name",
    "bucket",
    "cluster_identifier",
    "dashboard_name",
    "family",
    "function_name",
    "identifier",
    "name",
    "replication_group_id",
    "user_group_id",
    "user_id",
)
NUMBERED = re.compile(r"-[0-9]+-<suffix>$")


def names(stacks: list[dict[str, dict[str, Any]]], suffixes: list[str]) -> dict[str, list[str]]:
    """Return the patterns of names by kind of resource, with the suffix and the account left out."""
    by_kind: dict[str, set[str]] = {}
    for stack, suffix in zip(stacks, suffixes, strict=True):
        for kind, resources in stack.items():
            for body in resources.values():
                texts = [body[field] for field in FIELDS if isinstance(body.get(field), str)]
                patterns = {pattern(text, suffix) for text in texts if suffix in text and "${" not in text}
                by_kind.setdefault(kind, set()).update(patterns)
                tag = body.get("tags", {}).get("Name") if not patterns else None
                if tag:
                    by_kind[kind].add(f"tag Name: {pattern(tag, suffix)}")
    return {kind: sorted(patterns) for kind, patterns in sorted(by_kind.items()) if patterns}


def pattern(name: str, suffix: str) -> str:
    """Return a name with its own parts in angle brackets."""
    masked = re.sub(r"[0-9]{12}", "<account>", name).replace(suffix, "<suffix>")
    return NUMBERED.sub("-<n>-<suffix>", masked)


def table(by_kind: dict[str, list[str]]) -> str:
    """Return the names as a Markdown table."""
    rows = ["| resource | names |", "|---|---|"]
    for kind, patterns in by_kind.items():
        tags = [entry.removeprefix("tag Name: ") for entry in patterns if entry.startswith("tag Name: ")]
        plain = [f"`{entry}`" for entry in patterns if not entry.startswith("tag Name: ")]
        cell = ", ".join([*plain, *(["the tag `Name`: " + ", ".join(f"`{tag}`" for tag in tags)] if tags else [])])
        rows.append(f"| `{kind}` | {cell} |")
    return "\n".join(rows)
