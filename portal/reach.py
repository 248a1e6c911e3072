"""The rows that somebody reaches, for every face: lists show them alone, and what is beyond is not there.

What belongs to no district, such as the record of sign-ins, is reached by whoever reaches all districts alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from provisioning.models import RemovalCertificate, Rollout, RolloutMember, Run
from registry.accounts.acts import Act
from registry.accounts.reach import EVERYWHERE, Reach
from registry.accounts.rights import Rights
from registry.audit.models import AuditEvent
from registry.districts.models import AwsAccount, District
from registry.districts.reach import accounts_within, without_others

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Within:
    """What a person sees, and of that what a token lets through."""

    rights: Rights
    token: Reach = EVERYWHERE

    @property
    def is_narrow(self) -> bool:
        """Return whether any district is beyond it."""
        return self.token.is_narrow or self.rights.is_narrow

    def where(self, prefix: str = "") -> Q:
        """Return the condition on rows whose district stands behind `prefix`."""
        return self.rights.where(Act.SEE, prefix) & self.token.where(prefix)

    def of(self, rows: QuerySet[Row], prefix: str = "district__") -> QuerySet[Row]:
        """Return those of the rows whose district is within reach."""
        return rows.filter(self.where(prefix)) if self.is_narrow else rows

    def districts(self) -> QuerySet[District]:
        """Return the districts within reach."""
        return self.of(District.objects.all(), "")

    def runs(self) -> QuerySet[Run]:
        """Return the runs of districts within reach."""
        return self.of(Run.objects.all())

    def certificates(self) -> QuerySet[RemovalCertificate]:
        """Return the certificates of districts within reach."""
        return self.of(RemovalCertificate.objects.all())

    def events(self) -> QuerySet[AuditEvent]:
        """Return the audit events about districts within reach; those about no district to whoever reaches all."""
        return self.of(AuditEvent.objects.all())

    def rollouts(self) -> QuerySet[Rollout]:
        """Return the rollouts of which every district is within reach."""
        rows = Rollout.objects.all()
        if not self.is_narrow:
            return rows
        beyond = RolloutMember.objects.filter(rollout=OuterRef("pk")).exclude(district__in=self.districts())
        return rows.exclude(Exists(beyond))

    def accounts(self) -> QuerySet[AwsAccount]:
        """Return the accounts that a reach names, or those of the districts within it."""
        rows = accounts_within(self.rights, Act.SEE)
        if self.token.account_ids:
            return rows.filter(account_id__in=self.token.account_ids)
        return rows.filter(pk__in=self.districts().values("account")) if self.token.is_narrow else rows

    def calendar(self) -> Q:
        """Return which freezes and windows reach a district within reach: its own, its account's and the fleet's."""
        if not self.is_narrow:
            return Q()
        own = Q(district__in=self.districts()) | Q(account__in=self.accounts())
        return own | Q(account=None, district=None)

    def without_others(self, problems: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return sentences by field, those that name a district beyond reach without its name."""
        if not self.is_narrow:
            return {field: list(sentences) for field, sentences in problems.items()}
        return without_others(problems, self.where())
