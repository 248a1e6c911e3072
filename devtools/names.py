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
    found: dict[str, set[str]] = {}
    for stack, suffix in zip(stacks, suffixes, strict=True):
        for kind, resources in stack.items():
            for body in resources.values():
                told = [body[field] for field in FIELDS if isinstance(body.get(field), str)]
                patterns = {pattern(text, suffix) for text in told if suffix in text and "${" not in text}
                found.setdefault(kind, set()).update(patterns)
                tag = body.get("tags", {}).get("Name") if not patterns else None
                if tag:
                    found[kind].add(f"tag Name: {pattern(tag, suffix)}")
    return {kind: sorted(patterns) for kind, patterns in sorted(found.items()) if patterns}


def pattern(name: str, suffix: str) -> str:
    """Return a name with its own parts in angle brackets."""
    shown = re.sub(r"[0-9]{12}", "<account>", name).replace(suffix, "<suffix>")
    return NUMBERED.sub("-<n>-<suffix>", shown)


def table(found: dict[str, list[str]]) -> str:
    """Return the names as a Markdown table."""
    rows = ["| resource | names |", "|---|---|"]
    for kind, patterns in found.items():
        tags = [one.removeprefix("tag Name: ") for one in patterns if one.startswith("tag Name: ")]
        plain = [f"`{one}`" for one in patterns if not one.startswith("tag Name: ")]
        told = ", ".join([*plain, *(["the tag `Name`: " + ", ".join(f"`{tag}`" for tag in tags)] if tags else [])])
        rows.append(f"| `{kind}` | {told} |")
    return "\n".join(rows)
