"""How a plan changes who may do what: IAM documents before and after, compared as sets of rights.

Pure functions; a document that is no JSON, or is known only after the apply, holds no rights.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from engine.kinds import KINDS
from messages.message import Message, listed, message

Values = dict[str, Any]

RIGHTS = {
    **{name: kind.access.rights for name, kind in KINDS.items() if kind.access.rights},
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
}
"""Where a kind holds the rights of whoever has it; the last two are in no stack today, and get past in none."""

RESOURCE_POLICIES = {name: kind.access.resource_policy for name, kind in KINDS.items() if kind.access.resource_policy}
ATTACHMENTS = {name: kind.access.managed_policy for name, kind in KINDS.items() if kind.access.managed_policy}
TRUST = {name: kind.access.trust for name, kind in KINDS.items() if kind.access.trust}
ALL_OF_A_SERVICE = re.compile(r"(\*|[a-z0-9-]+:\*)", re.IGNORECASE)
MIGHTY = re.compile(r"/(AdministratorAccess|PowerUserAccess|\w*FullAccess)$")
ACCOUNT = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):|^([0-9]{12})$")
SHOWN_ACTIONS = 5


def statements(document: Any) -> list[Values]:
    """Return the statements of a policy document that allow something."""
    try:
        parsed = json.loads(document) if isinstance(document, str) else None
    except (ValueError, RecursionError):
        return []
    statement = parsed.get("Statement", []) if isinstance(parsed, dict) else []
    entries = statement if isinstance(statement, list) else [statement]
    return [entry for entry in entries if isinstance(entry, dict) and entry.get("Effect") == "Allow"]


def texts(value: Any) -> list[str]:
    """Return what may be one text or a list of them as a list of texts."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def rights(document: Any) -> set[tuple[str, str]]:
    """Return the pairs of action and resource that a document allows."""
    return {
        (action, resource)
        for statement in statements(document)
        for action in texts(statement.get("Action"))
        for resource in texts(statement.get("Resource"))
    }


def principals(document: Any) -> set[str]:
    """Return who is named by a trust policy or a resource's policy: ARNs, accounts, services, or ``*``."""
    identifiers: set[str] = set()
    for statement in statements(document):
        named = statement.get("Principal")
        for part in named.values() if isinstance(named, dict) else [named]:
            identifiers.update(texts(part))
    return identifiers


def admits_everybody(kind: str, after: Values) -> bool:
    """Return whether a resource's own policy allows any principal without a condition."""
    return any(
        "*" in texts(part)
        for statement in statements(after.get(RESOURCE_POLICIES.get(kind, "")))
        if not statement.get("Condition")
        for part in _parts(statement.get("Principal"))
    )


def widened(
    address: str, kind: str, before: Values, after: Values, unknown: Values, *, created: bool
) -> Iterator[tuple[Message, bool]]:
    """Yield in a sentence each way in which rights grow, and whether it blocks."""
    if kind in RIGHTS:
        yield from _more_rights(address, before.get(RIGHTS[kind]), after.get(RIGHTS[kind]), created=created)
    elif kind in ATTACHMENTS:
        arn = after.get(ATTACHMENTS[kind])
        if isinstance(arn, str) and MIGHTY.search(arn):
            yield (
                message(
                    "{address} would grant the managed policy {policy}, which is for far more than ours.",
                    address=address,
                    policy=arn.rpartition("/")[2],
                ),
                True,
            )
    elif kind in TRUST:
        yield from _more_trust(address, before.get(TRUST[kind]), after.get(TRUST[kind]), after, created=created)
        had = before.get("permissions_boundary")
        if had and not unknown.get("permissions_boundary") and after.get("permissions_boundary") != had:
            yield message("{address} would lose its permissions boundary or get another one.", address=address), True


def _more_rights(address: str, before: Any, after: Any, *, created: bool) -> Iterator[tuple[Message, bool]]:
    added = rights(after) - rights(before)
    whole = sorted({action for action, resource in added if resource == "*" and ALL_OF_A_SERVICE.fullmatch(action)})
    if whole:
        yield (
            message(
                "{address} would allow {whole} on every resource. Name the actions and the resources.",
                address=address,
                whole=listed(whole),
            ),
            True,
        )
    rest = sorted({action for action, _ in added} - set(whole))
    if rest and not created:
        more = len(rest) - SHOWN_ACTIONS
        text: str = ", ".join(rest[:SHOWN_ACTIONS])
        if more > 0:
            text = message("{names} and {more} more", names=text, more=more)
        yield (
            message(
                "{address} would be allowed what it is not now: {rest}.",
                address=address,
                rest=text,
            ),
            False,
        )


def _more_trust(
    address: str, before: Any, document: Any, after: Values, *, created: bool
) -> Iterator[tuple[Message, bool]]:
    added = principals(document) - principals(before)
    if "*" in added:
        yield message("{address} could be assumed by everybody.", address=address), True
    own = ACCOUNT.search(str(after.get("arn") or ""))
    for principal in sorted(added):
        account = ACCOUNT.search(principal)
        if account is None or (own and own[1] in account.groups()) or (created and own is None):
            continue
        yield (
            message(
                "{address} could be assumed from the account {account}.",
                address=address,
                account=account[1] or account[2],
            ),
            True,
        )


def _parts(principal: Any) -> list[Any]:
    return list(principal.values()) if isinstance(principal, dict) else [principal]
