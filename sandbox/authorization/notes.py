"""Notes what was decided, where a file is named for it: who asked for what, with which facts, and what came of it.

Each is noted once. From the notes of a whole run follows which of our policies' statements it needs
(`devtools/weakened`). Off unless `SANDBOX_DECISIONS` names a file.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from sandbox.authorization.decision import AccessRequest, Decision
from sandbox.authorization.identities import Caller

SETTING, PASSAGE = "SANDBOX_DECISIONS", "passage"
PASSING = ("aws:currenttime", "aws:epochtime", "aws:sourceip", "aws:userid")
"""What is another at each call, and decides nothing of ours."""

_turn = threading.Lock()
_seen: set[str] = set()


def note(caller: Caller, call: AccessRequest, decision: Decision, *, through: str = "", passage: bool = False) -> None:
    """Add a decision to the file, where there is one.

    `through` is the service of the endpoint that it went by; of a `passage` that alone was decided.
    """
    path = os.environ.get(SETTING)
    if not path:
        return
    record: dict[str, Any] = {
        "by": caller.role_arn or caller.arn,
        "kind": PASSAGE if passage else caller.kind.value,
        "action": call.action,
        "resource": call.resource,
        "account": call.account,
        "context": {key: list(value) for key, value in sorted(call.context.items()) if key not in PASSING},
        "rules": call.policy_rules,
        "allowed": decision.allowed,
        "through": through,
    }
    line = json.dumps(record)
    with _turn:
        if line not in _seen:
            _seen.add(line)
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
