"""Lambda: a statement's id is in a function's policy once; moto keeps a second one that a deletion then leaves behind.

A second call that differs is refused as AWS does. One that is the same in every word is a client's repetition of a call
whose answer it lost on the way, and is answered as the first one was.
Source: AWS Lambda API Reference, AddPermission (ResourceConflictException).
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Look for the statement before it is added."""
    from moto.awslambda.policy import Policy

    wrap(Policy, "add_statement", _add_statement)


def _add_statement(original: Any, policy: Any, raw: str, qualifier: str | None = None) -> Any:
    before = list(policy.statements)
    added, revision = original(policy, raw, qualifier)
    existing = next((statement for statement in before if statement.get("Sid") == added.get("Sid")), None)
    if existing is None:
        return added, revision
    policy.statements[:] = before
    if existing == added:
        return existing, revision
    from moto.awslambda.exceptions import LambdaClientError

    sid = json.loads(raw)["StatementId"]
    raise LambdaClientError(
        "ResourceConflictException", f"The statement id ({sid}) provided already exists. Please provide a new one."
    )
