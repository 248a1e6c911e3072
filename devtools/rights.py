"""The rights of worker and deploy role as tables for people, made from the documents that AWS gets."""

from __future__ import annotations

import json
from typing import Any

from infra.deploy_rights import deploy_statements
from infra.frame import policy
from infra.worker_rights import evidence_statements, worker_statements

ACCOUNT = "<account>"


def worker() -> str:
    """Return the worker's policy as JSON, with names in angle brackets."""
    return _json(policy(*worker_statements("<the bucket>", "<the platform's key>")))


def evidence() -> str:
    """Return what a bucket for evidence adds to it, as JSON."""
    return _json(policy(*evidence_statements("<the evidence bucket>")))


def _json(document: str) -> str:
    return "\n".join(["```json", json.dumps(json.loads(document), indent=2), "```"])


def deploy() -> str:
    """Return the deploy role's policy as a Markdown table: a row for each statement."""
    rows = ["| actions | on | where |", "|---|---|---|"]
    for statement in deploy_statements(ACCOUNT, ("<each zone>",)):
        actions = ", ".join(f"`{action}`" for action in statement["Action"])
        resources = ", ".join(f"`{resource.removeprefix('arn:aws:')}`" for resource in statement["Resource"])
        rows.append(f"| {actions} | {resources} | {_where(statement.get('Condition', {}))} |")
    return "\n".join(rows)


def _where(condition: dict[str, dict[str, Any]]) -> str:
    clauses = [
        f"`{key}` is {'absent' if values == 'true' else 'there'}"
        if operator == "Null"
        else f"`{key}` is {_one_of(values)}"
        for operator, keys in condition.items()
        for key, values in keys.items()
    ]
    return "; ".join(clauses)


def _one_of(values: str | list[str]) -> str:
    return " or ".join(f"`{value}`" for value in ([values] if isinstance(values, str) else values))
