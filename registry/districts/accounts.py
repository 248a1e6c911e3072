"""The only writer of AWS accounts that districts can be placed in."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from infra.spec_values import ACCOUNT_ID, BOUNDARY, EXTERNAL_ID, ROLE
from messages.message import message, sentences
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus


class AccountRefusedError(Exception):
    """The account cannot be added."""

    code = "account_refused"


@dataclass(frozen=True, kw_only=True)
class Access:
    """How the portal's worker comes into an account: by its own credentials, or by a role with an external id."""

    role_arn: str = ""
    external_id: str = ""
    permissions_boundary_arn: str = ""

    def problems(self, account_id: str) -> dict[str, str]:
        """Return what is wrong, per field."""
        problems: dict[str, str] = {}
        for name, pattern, what in (("role_arn", ROLE, "role"), ("permissions_boundary_arn", BOUNDARY, "policy")):
            arn = getattr(self, name)
            shape = pattern.fullmatch(arn) if arn else None
            if arn and (shape is None or shape[1] != account_id):
                problems[name] = message(
                    "Give the ARN of a {what} in the account {account_id}.", what=what, account_id=account_id
                )
        if self.external_id and not EXTERNAL_ID.fullmatch(self.external_id):
            problems["external_id"] = message(
                "An external id has 2 to 1224 letters, digits and signs of + = , . @ : / - _."
            )
        elif bool(self.external_id) != bool(self.role_arn):
            problems["external_id"] = message("A role and its external id go together.")
        return problems


@transaction.atomic
def add_account(*, name: str, account_id: str, actor: User | None, access: Access | None = None) -> AwsAccount:
    """Return the account, made unless its id is known.

    Raises NotAllowedError, or AccountRefusedError for an id without 12 digits and for a role that is not the account's.
    """
    require(actor, Act.ADMINISTER)
    access = access or Access()
    if not ACCOUNT_ID.fullmatch(account_id):
        raise AccountRefusedError(message("An AWS account id has 12 digits."))
    if problems := access.problems(account_id):
        raise AccountRefusedError(sentences(*problems.values()))
    account, created = AwsAccount.objects.get_or_create(
        account_id=account_id, defaults={"name": name, **asdict(access)}
    )
    if created:
        record(
            action=AuditAction.ACCOUNT_CREATED,
            actor=actor,
            subject_kind="account",
            subject_id=account_id,
            message=message("The AWS account {name} ({account_id}) was added.", name=name, account_id=account_id),
            after={"role_arn": access.role_arn, "permissions_boundary_arn": access.permissions_boundary_arn},
        )
    return account


def new_external_id() -> str:
    """Return an external id that nobody can guess (IAM, "The confused deputy problem")."""
    return secrets.token_hex(16)


@transaction.atomic
def change_account(*, account: AwsAccount, name: str, access: Access, actor: User | None) -> None:
    """Give an account another name or way in; its districts' next runs go by that.

    Raises NotAllowedError, or AccountRefusedError for a name that is taken and for a role that is not the account's.
    """
    require(actor, Act.ADMINISTER)
    row = AwsAccount.objects.select_for_update().get(pk=account.pk)
    if problems := access.problems(row.account_id):
        raise AccountRefusedError(sentences(*problems.values()))
    if not name.strip() or AwsAccount.objects.filter(name=name.strip()).exclude(pk=row.pk).exists():
        raise AccountRefusedError(message("Give a name that no other account has."))
    before = {"name": row.name, "role_arn": row.role_arn, "permissions_boundary_arn": row.permissions_boundary_arn}
    row.name = name.strip()
    for field, value in asdict(access).items():
        setattr(row, field, value)
    row.save()
    record(
        action=AuditAction.ACCOUNT_CHANGED,
        actor=actor,
        subject_kind="account",
        subject_id=row.account_id,
        message=message("The AWS account {name} ({account_id}) was changed.", name=row.name, account_id=row.account_id),
        before=before,
        after={"name": row.name, "role_arn": row.role_arn, "permissions_boundary_arn": row.permissions_boundary_arn},
    )


@transaction.atomic
def retire_account(*, account: AwsAccount, actor: User | None) -> None:
    """Take no further district into an account; raises NotAllowedError, or AccountRefusedError while it has one."""
    require(actor, Act.ADMINISTER)
    row = AwsAccount.objects.select_for_update().get(pk=account.pk)
    if row.retired_at is not None:
        return
    if District.objects.filter(account=row).exclude(status=DistrictStatus.REMOVED.value).exists():
        raise AccountRefusedError(message("The account has districts. Tear them down first."))
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    record(
        action=AuditAction.ACCOUNT_RETIRED,
        actor=actor,
        subject_kind="account",
        subject_id=row.account_id,
        message=message("The AWS account {name} ({account_id}) was retired.", name=row.name, account_id=row.account_id),
    )
