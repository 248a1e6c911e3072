"""Who calls, and the rows that they reach: every operation reads through these, and none of its own.

A token's reach is a list of environments, accounts and districts, and never goes further than that of its person
(`registry.accounts.rights`). What belongs to no district, such as the record of sign-ins, is reached by who reaches
all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from django.db.models import Q, QuerySet

from messages.message import message
from portal.api.problems import ProblemError, or_not_found
from portal.reach import Within
from provisioning.models import RemovalCertificate, Rollout, Run
from registry.accounts.acts import Act
from registry.accounts.models import ApiToken, User
from registry.accounts.reach import reach_of
from registry.accounts.rights import enter, require, rights_of
from registry.accounts.tokens.scopes import ACTS, Scope
from registry.audit.models import AuditEvent
from registry.districts.models import AwsAccount, District
from registry.districts.selectors import by_suffix


@dataclass(frozen=True)
class Caller:
    """A token and whose it is."""

    token: ApiToken

    @property
    def user(self) -> User:
        """Who acts: as whom services check rights and write the record."""
        return self.token.user

    @cached_property
    def within(self) -> Within:
        """The rows within the reach of the token and of its person."""
        return Within(rights_of(self.user), reach_of(self.token))

    @property
    def is_narrow(self) -> bool:
        """Return whether any district is beyond reach."""
        return self.within.is_narrow

    def require(self, scope: Scope, *besides: Scope) -> None:
        """Raise ProblemError where the token has none of these, NotAllowedError for what its person may do nowhere."""
        granted = next((candidate for candidate in (scope, *besides) if candidate.value in self.token.scopes), None)
        if granted is None:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "scope_missing",
                message("This token lacks the scope {scope}. Create one with it.", scope=scope.value),
            )
        enter(self.within.rights, ACTS[granted])

    def require_whole(self) -> None:
        """Raise ProblemError unless all districts are within reach."""
        if self.is_narrow:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "reach_narrow",
                message("This is about all districts, and the token reaches some alone."),
            )

    def require_of_all(self, act: Act) -> None:
        """Raise ProblemError unless all districts are within reach, NotAllowedError for what its person may not do."""
        self.require_whole()
        require(self.user, act)

    def districts(self) -> QuerySet[District]:
        """Return the districts within reach."""
        return self.within.districts()

    def runs(self) -> QuerySet[Run]:
        """Return the runs of districts within reach."""
        return self.within.runs()

    def certificates(self) -> QuerySet[RemovalCertificate]:
        """Return the certificates of districts within reach."""
        return self.within.certificates()

    def events(self) -> QuerySet[AuditEvent]:
        """Return the audit events about districts within reach; those about no district to whoever reaches all."""
        return self.within.events()

    def rollouts(self) -> QuerySet[Rollout]:
        """Return the rollouts of which every district is within reach."""
        return self.within.rollouts()

    def accounts(self) -> QuerySet[AwsAccount]:
        """Return the accounts that a reach names, or those of the districts within it."""
        return self.within.accounts()

    def calendar(self) -> Q:
        """Return which freezes and windows reach a district within reach: its own, its account's and the fleet's."""
        return self.within.calendar()

    def district(self, suffix: str) -> District:
        """Return the district in use that has the suffix, or else the newest that had it; raises ProblemError."""
        rows = self.districts().select_related("account", "created_by", "state_lock")
        return or_not_found(
            by_suffix(rows, suffix), message("This token reaches no district with the suffix {suffix}.", suffix=suffix)
        )

    def run(self, number: int) -> Run:
        """Return the run; raises ProblemError."""
        rows = self.runs().select_related("district", "district__account", "requested_by", "decided_by")
        return or_not_found(
            rows.filter(pk=number).first(), message("This token reaches no run #{number}.", number=number)
        )

    def rollout(self, number: int) -> Rollout:
        """Return the rollout; raises ProblemError."""
        rows = self.rollouts().select_related("requested_by")
        return or_not_found(
            rows.filter(pk=number).first(), message("This token reaches no rollout #{number}.", number=number)
        )

    def certificate(self, number: int) -> RemovalCertificate:
        """Return the certificate; raises ProblemError."""
        rows = self.certificates().select_related("district", "run")
        return or_not_found(
            rows.filter(pk=number).first(), message("This token reaches no certificate {number}.", number=number)
        )

    def account(self, account_id: str) -> AwsAccount:
        """Return the account; raises ProblemError."""
        return or_not_found(
            self.accounts().filter(account_id=account_id).first(),
            message("This token reaches no account {account_id}.", account_id=account_id),
        )

    def admits(self, district: District) -> None:
        """Raise ProblemError for a district, just made, that the token does not reach."""
        if not self.districts().filter(pk=district.pk).exists():
            raise self.beyond()

    def check_place(self, environment: str, account_id: str) -> None:
        """Raise ProblemError for a place where no district of the token's can be, before anything is looked at."""
        for allowed, value in ((self.token.environments, environment), (self.token.account_ids, account_id)):
            if allowed and value not in allowed:
                raise self.beyond()

    def without_others(self, problems: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return sentences by field, those that name a district beyond reach without its name."""
        return self.within.without_others(problems)

    def beyond(self) -> ProblemError:
        """Return the refusal of a district beyond reach."""
        return ProblemError(
            HTTPStatus.FORBIDDEN, "beyond_reach", message("This district would be beyond the token's reach.")
        )
