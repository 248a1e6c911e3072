"""Where a preflight looks, and by whose rights: an account and region, entered once for all checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.aws.clients import DeployRole, client, session_in
from engine.aws.identity import Identity
from engine.settings import EngineSettings

Make = Callable[[str], Any]
SUFFIX = "preflight-sbx"
"""The district that calls are simulated for; none is ever made with it."""


@dataclass(frozen=True)
class Wanted:
    """What districts of this place need, beyond what every stack does."""

    needs: Mapping[str, float] = field(default_factory=dict)
    """How much of each quota, by its code, one more district takes."""
    free: Mapping[str, float] = field(default_factory=dict)
    """Limits that an administrator has set, by code: they go before the ones that are read."""
    certificates: tuple[str, ...] = ()
    """The certificates' ARNs that districts of this place name."""
    snapshot_key: str = ""
    """The key under which final snapshots are kept; empty for the account's own."""


@dataclass(frozen=True)
class Place:
    """One account in one region."""

    settings: EngineSettings
    account: str
    region: str
    role: DeployRole | None = None
    wanted: Wanted = field(default_factory=Wanted)

    @cached_property
    def session(self) -> Any:
        """A session behind the role, or with the worker's own credentials; raises AwsUnavailableError."""
        return session_in(self.settings, self.region, self.role, anew=True)

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def make(self, service: str) -> Any:
        """Return the client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = client(self.settings, service, self.region, self.session)
        return self._clients[service]

    def pages(self, service: str, operation: str, collection: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return what a call lists, of all its pages."""
        pages = self.make(service).get_paginator(operation).paginate(**parameters)
        return [part for page in pages for part in page[collection]]

    def policy_source(self, identity: Identity) -> str:
        """Return whose policies decide: the ARN of a role or user; empty for who is neither, as root.

        A role's path is not in its session's ARN, so the role that is assumed is named by its own one (IAM User Guide,
        "IAM identifiers"; SimulatePrincipalPolicy takes no session).
        """
        if self.role is not None:
            return self.role.arn
        kind, _, name = identity.arn.partition(":")[2].rpartition(":")[2].partition("/")
        if kind == "assumed-role":
            return f"arn:aws:iam::{identity.account}:role/{name.partition('/')[0]}"
        return identity.arn if kind == "user" and ":iam:" in identity.arn else ""
