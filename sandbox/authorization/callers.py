"""Who holds an access key, with their secret and all policies that go with them, as moto keeps them.

Source: IAM User Guide, "IAM identifiers" (unique identifiers, ARNs of sessions), "AWS global condition context keys".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.authorization.documents import Document, read
from sandbox.authorization.identities import EVERYTHING, Caller, Kind
from sandbox.authorization.kept import MEMBER_ROLE, PARTITION
from sandbox.authorization.keys import Key

ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Known:
    """A caller with what their signature is checked by."""

    caller: Caller
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: dt.datetime | None = None


class Callers:
    """Everybody who has a key. The administrator's is made at the start; all others moto keeps."""

    def __init__(self, key: Key, account: str) -> None:
        self._key, self._account = key, account

    def holder_of(self, key_id: str) -> Known | None:
        """Return who holds a key, or nothing; its caller holds moto's lock."""
        if key_id == self._key.id:
            return Known(self.administrator, self._key.secret)
        return _session(key_id) or _user(key_id)

    @property
    def administrator(self) -> Caller:
        """A user of the embedded AWS's own account who may do everything, as whoever opens an account has."""
        arn = f"arn:aws:iam::{self._account}:user/{ADMINISTRATOR}"
        facts = (("aws:userid", "AIDAADMINISTRATOR0000"), ("aws:username", ADMINISTRATOR))
        return Caller(Kind.USER, arn, self._account, policies=EVERYTHING, facts=facts)


def role_session(role_arn: str, session: str, *, policy: str = "") -> Caller:
    """Return a session of a role: with the role's policies as they are now, and none where there is no such role."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role = role_of(role_arn)
    policies: Document = EVERYTHING if name == MEMBER_ROLE else ()
    boundary = None
    facts = [("aws:userid", f"{getattr(role, 'id', name)}:{session}")]
    if role is not None:
        policies = tuple(_statements(role, account))
        if role.permissions_boundary_arn:
            boundary = _managed(account, role.permissions_boundary_arn)
        facts += [(f"aws:principaltag/{tag['Key']}".lower(), tag["Value"]) for tag in role.tags or []]
    return Caller(
        Kind.SESSION,
        f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        account,
        role_arn,
        policies,
        boundary,
        read(policy, "the session's policy") if policy else None,
        tuple(facts),
    )


def role_of(arn: str) -> Any:
    """Return moto's role, or nothing."""
    from moto.iam.models import iam_backends

    account = arn.split(":")[4]
    return next((role for role in iam_backends[account][PARTITION].roles.values() if role.arn == arn), None)


def _session(key_id: str) -> Known | None:
    from moto.sts.models import sts_backends

    for _, partitions in list(sts_backends.items()):
        for session in reversed(partitions[PARTITION].assumed_roles):
            if session.access_key_id == key_id:
                caller = role_session(session.role_arn, session.session_name, policy=session.policy or "")
                return Known(caller, session.secret_access_key, session.session_token, session.expiration)
    return None


def _user(key_id: str) -> Known | None:
    from moto.iam.models import iam_backends

    for account, partitions in list(iam_backends.items()):
        for user in partitions[PARTITION].users.values():
            for key in user.access_keys:
                if key.access_key_id == key_id and key.status == "Active":
                    return Known(caller_of(user, account), key.secret_access_key)
    return None


def caller_of(user: Any, account: str) -> Caller:
    """Return a user of moto's as one who calls, with the policies of this moment."""
    facts = (("aws:userid", user.id), ("aws:username", user.name))
    boundary = getattr(user, "permissions_boundary_arn", None)
    return Caller(
        Kind.USER,
        user.arn,
        account,
        policies=tuple(_statements(user, account)),
        boundary=_managed(account, boundary) if boundary else None,
        facts=facts,
    )


def _statements(holder: Any, account: str) -> Iterator[Any]:
    for name, text in holder.policies.items():
        yield from read(text, f"policy {name} of {holder.name}")
    for arn in holder.managed_policies:
        yield from _managed(account, arn) or ()


def _managed(account: str, arn: str) -> Document:
    """Return a managed policy's default version; one that is gone allows nothing."""
    from moto.iam.models import iam_backends

    policy = iam_backends[account][PARTITION].managed_policies.get(arn)
    if policy is None:
        return ()
    text = next(version.document for version in policy.versions if version.version_id == policy.default_version_id)
    return read(text, f"policy {policy.name}")
