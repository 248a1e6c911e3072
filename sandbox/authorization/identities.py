"""Who makes a call, with all the policies that go with them. Values alone; `callers` finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from sandbox.authorization.documents import ANYBODY, Document, Principals, statements

EVERYTHING = statements({"Effect": "Allow", "Action": "*", "Resource": "*"}, "AdministratorAccess")


class Kind(Enum):
    """What a caller is (IAM JSON policy elements: Principal)."""

    USER = "user"
    SESSION = "session"
    SERVICE = "service"
    ANYBODY = "anybody"


class Grant(Enum):
    """How near a resource's policy names a caller; what follows from an Allow depends on it."""

    NONE = 0
    ACCOUNT = 1
    """It names the caller's account, which then has to allow the call itself."""
    ROLE = 2
    """It names the role of a session, or everybody: boundary and session policy have to allow the call too."""
    ITSELF = 3
    """It names the user, the session or the service: nothing else has to allow the call."""


@dataclass(frozen=True)
class Caller:
    """A principal."""

    kind: Kind
    arn: str
    account: str
    role_arn: str = ""
    """A session's role."""
    policies: Document = field(default=(), repr=False)
    boundary: Document | None = field(default=None, repr=False)
    session: Document | None = field(default=None, repr=False)
    facts: tuple[tuple[str, str], ...] = ()
    """Condition keys that go with the caller, such as ``aws:userid``, in lower case."""

    @property
    def principal_arn(self) -> str:
        """What ``aws:PrincipalArn`` says: for a session, its role."""
        return self.role_arn or self.arn

    def named_by(self, principals: Principals | None) -> Grant:
        """Return how near a statement's principals come to this caller."""
        if principals is None:
            return Grant.NONE
        grant = self._service(principals) if self.kind is Kind.SERVICE else self._aws(principals)
        if principals.negated:
            return Grant.ROLE if grant is Grant.NONE else Grant.NONE
        return grant

    def _service(self, principals: Principals) -> Grant:
        named = self.arn in principals.of("Service") or ANYBODY in principals.of("AWS")
        return Grant.ITSELF if named else Grant.NONE

    def _aws(self, principals: Principals) -> Grant:
        names = principals.of("AWS")
        if self.kind is Kind.ANYBODY:
            return Grant.ITSELF if ANYBODY in names else Grant.NONE
        if self.arn in names:
            return Grant.ITSELF
        if self.role_arn in names or ANYBODY in names:
            return Grant.ROLE
        whole = f"arn:aws:iam::{self.account}:root"
        return Grant.ACCOUNT if self.account in names or whole in names else Grant.NONE


def service(principal: str) -> Caller:
    """Return an AWS service that calls for itself, such as ``s3.amazonaws.com``."""
    return Caller(Kind.SERVICE, principal, account="")


def anybody() -> Caller:
    """Return who has signed nothing."""
    return Caller(Kind.ANYBODY, "anonymous", account="")
