"""AWS accounts as administrators see them, whether AWS lets the portal in, and how much room is left."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from pydantic import Field

from infra.account_template import cloudformation, terraform
from portal.api.schemas.base import RequestBody, ResponsePart
from provisioning.models import AccountAccess, AccountQuota
from registry.districts.models import AwsAccount

PRINCIPAL = "arn:aws:iam::<portal's account>:role/homeroom-worker"
"""Stands in a template where its owner writes the worker's own role."""
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Arn = Annotated[str, Field(max_length=600)]
COPIED = ("account_id", "name", "role_arn", "external_id", "permissions_boundary_arn", "retired_at")


class AccountDetail(ResponsePart):
    """An account with how it is entered, and what its owner makes there."""

    account_id: str
    name: str
    role_arn: str
    external_id: str = Field(description="What the role's trust asks for.")
    permissions_boundary_arn: str
    retired_at: datetime | None
    cloudformation: str = Field(description="The deploy role's template; empty without an external id.")
    terraform: str

    @property
    def etag(self) -> str:
        """Changes with what a PATCH changes."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]


class AccountIn(RequestBody):
    """An account that is to hold districts; an external id is made at random."""

    account_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    name: Name


class AccountChange(RequestBody):
    """What of an account is to be otherwise; what is left out stays."""

    name: Name | None = None
    role_arn: Arn | None = None
    external_id: Annotated[str, Field(max_length=1224)] | None = None
    permissions_boundary_arn: Arn | None = None


class AccessOut(ResponsePart):
    """What AWS answered to who the portal is in an account."""

    account_id: str
    asked_at: datetime
    checked_at: datetime | None
    is_under_way: bool
    arn: str
    problem: str
    remedy: str
    detail: str


class LimitIn(RequestBody):
    """A limit that counts in the place of the one that is read; null lets that one count again."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", max_length=32)]
    code: Annotated[str, Field(max_length=16)]
    limit: Annotated[float, Field(ge=0, lt=1e9, strict=False)] | None


class QuotaOut(ResponsePart):
    """One quota of an account in a region."""

    region: str
    code: str
    name: str
    limit: float
    used: float | None
    source: str
    set_limit: float | None = Field(description="An administrator's own, which goes before.")
    read_at: datetime | None


class QuotasOut(ResponsePart):
    """The quotas of an account that were read or set."""

    items: list[QuotaOut]


def account_detail(account: AwsAccount) -> AccountDetail:
    """Return an account with its templates."""
    arguments = (account.account_id, account.external_id, PRINCIPAL)
    return AccountDetail(
        **{name: getattr(account, name) for name in COPIED},
        cloudformation=cloudformation(*arguments) if account.external_id else "",
        terraform=terraform(*arguments) if account.external_id else "",
    )


def access_out(row: AccountAccess) -> AccessOut:
    """Return a look at an account's door."""
    copied = ("asked_at", "checked_at", "is_under_way", "arn", "problem", "remedy", "detail")
    return AccessOut(account_id=row.account.account_id, **{name: getattr(row, name) for name in copied})


def quota_out(row: AccountQuota) -> QuotaOut:
    """Return a quota."""
    return QuotaOut(**{name: getattr(row, name) for name in QuotaOut.model_fields})
