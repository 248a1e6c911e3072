"""Whether our own documents allow a call, decided by the evaluator of the embedded AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.authorization.decision import AccessRequest, decide
from sandbox.authorization.documents import statements as read
from sandbox.authorization.identities import Caller, Kind
from sandbox.authorization.matching import likened

ACCOUNT = "123456789012"

__all__ = ["allowed", "likened"]


def allowed(statements: list[dict[str, Any]], action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Return whether the statements, as the policy of somebody of the resource's account, allow a call."""
    caller = Caller(
        Kind.USER, f"arn:aws:iam::{ACCOUNT}:user/somebody", ACCOUNT, policies=read(statements, "the policy")
    )
    condition_keys = {key.lower(): (value,) for key, value in context.items()}
    return decide(caller, AccessRequest(action, resource, ACCOUNT, condition_keys)).allowed
