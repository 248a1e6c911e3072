"""Drift, certificates, the audit record, accounts and people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.schemas.base import MESSAGES, RequestBody, ResponsePart, Telling
from provisioning.drift.removal import can_be_removed
from provisioning.models import DriftItem, Preflight, PreflightVerdict, RemovalCertificate
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import Scope
from registry.audit.models import AuditEvent
from registry.districts.statuses import DriftStatus


class DriftItemOut(ResponsePart):
    """One attribute that AWS has otherwise than the stack; a sensitive one has no values."""

    number: int
    address: str
    type: str
    path: str
    before: Any
    after: Any
    sensitive: bool
    gone: bool
    foreign: bool
    repairable: bool
    removable: bool = Field(description="Whether a worker can remove what somebody added, by consent.")
    removal_asked_at: datetime | None
    removal_problem: str


class RefusalOut(Telling):
    """Why a part of the drift cannot become a setting."""

    address: str
    path: str
    sentence: str


class DriftOut(ResponsePart):
    """How AWS differs from the stack, and what accepting it would change."""

    drift: DriftStatus
    checked_at: datetime | None
    items: list[DriftItemOut]
    acceptable: dict[str, Any]
    refusals: list[RefusalOut]


class CertificateOut(Telling):
    """A certificate of removal."""

    number: int
    district: str
    run: int
    issued_at: datetime
    sha256: str
    key_id: str
    problem: str = Field(description="What is wrong with what is stored; empty for a genuine one.")


class CertificatePage(ResponsePart):
    """Some certificates, the newest first; whether they are genuine is told one by one."""

    items: list[CertificateOut]
    next: str | None


class SignatureOut(ResponsePart):
    """By what a document is signed."""

    algorithm: str
    key_id: str
    public_key: str
    value: str


class CertificateFile(ResponsePart):
    """The signed file, to be kept and verified without the portal."""

    document: dict[str, Any]
    sha256: str
    signature: SignatureOut


class AuditEventOut(Telling):
    """One event of the audit record."""

    id: int
    at: datetime
    actor: str
    action: str
    outcome: str
    subject_kind: str
    subject_id: str
    district: str | None
    run: int | None
    message: str
    before: Any
    after: Any
    request_id: str
    remote_addr: str | None


class AuditPage(ResponsePart):
    """Some events, the newest first."""

    items: list[AuditEventOut]
    next: str | None


class VerificationOut(Telling):
    """What a look at the whole chain found."""

    intact: bool
    events: int
    head: str = Field(description="Keep it elsewhere: sent as `expected` it shows a chain that was cut.")
    problem: str
    at: datetime | None


class VerifyIn(RequestBody):
    """A hash that was noted before and has to be in the chain."""

    expected: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class AccountOut(ResponsePart):
    """An AWS account that districts are placed in."""

    account_id: str
    name: str
    role_arn: str
    permissions_boundary_arn: str


class AccountsOut(ResponsePart):
    """The accounts within reach."""

    items: list[AccountOut]


class FindingOut(Telling):
    """One check of a preflight."""

    check: str
    verdict: PreflightVerdict
    told: str
    remedy: str
    detail: str


class PreflightOut(ResponsePart):
    """A look at an account in a region before runs go there."""

    account_id: str
    region: str
    asked_at: datetime
    checked_at: datetime | None
    is_under_way: bool
    is_right: bool
    findings: list[FindingOut]


class PreflightsOut(ResponsePart):
    """The last look at each region of an account."""

    items: list[PreflightOut]


class PreflightIn(RequestBody):
    """Where to look."""

    region: Annotated[str, Field(max_length=32)]


class PersonOut(ResponsePart):
    """A person or a service account."""

    username: str
    role: Role | None
    is_active: bool
    is_service: bool
    has_second_factor: bool
    last_sign_in: datetime | None
    tokens: int = Field(description="API tokens that hold.")


class PeoplePage(ResponsePart):
    """Some people, the newest first."""

    items: list[PersonOut]
    next: str | None


class ReachOut(ResponsePart):
    """Which districts a token is for: those in every list that is not empty."""

    environments: list[str]
    account_ids: list[str]
    districts: list[str]


class TokenOut(ResponsePart):
    """The token that asks."""

    name: str
    scopes: list[Scope]
    reach: ReachOut
    expires_at: datetime
    last_used_on: date | None


class MeOut(ResponsePart):
    """Who asks."""

    username: str
    role: Role | None
    is_service: bool
    token: TokenOut


def drift_item_out(item: DriftItem) -> DriftItemOut:
    """Return a drifted attribute."""
    copied = DriftItemOut.model_fields.keys() - {"number", "removable"}
    values = {name: getattr(item, name) for name in copied}
    return DriftItemOut(number=item.pk, removable=can_be_removed(item), **values)


def certificate_out(certificate: RemovalCertificate, problem: str = "") -> CertificateOut:
    """Return a certificate."""
    return CertificateOut(
        number=certificate.number,
        district=certificate.district.suffix,
        run=certificate.run_id,
        issued_at=certificate.issued_at,
        sha256=certificate.sha256,
        key_id=certificate.key_id,
        problem=problem,
    )


def audit_event_out(event: AuditEvent) -> AuditEventOut:
    """Return an event of the audit record."""
    copied = ("at", "action", "outcome", "subject_kind", "subject_id", "message", "before", "after")
    return AuditEventOut(
        id=event.pk,
        actor=event.actor_name,
        district=event.district.suffix if event.district else None,
        run=event.run_number,
        **{name: getattr(event, name) for name in (*copied, "request_id", "remote_addr")},
    )


def preflight_out(row: Preflight) -> PreflightOut:
    """Return a preflight."""
    return PreflightOut(
        account_id=row.account.account_id,
        region=row.region,
        asked_at=row.asked_at,
        checked_at=row.checked_at,
        is_under_way=row.is_under_way,
        is_right=row.is_right,
        findings=[
            FindingOut(**{name: finding[name] for name in FindingOut.model_fields if name != MESSAGES})
            for finding in row.findings
        ],
    )
