"""The only writer of AWS accounts that districts can be placed in."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction

from infra.spec_values import ACCOUNT_ID, BOUNDARY, EXTERNAL_ID, ROLE
from registry.accounts.models import User
from registry.accounts.roles import Role, require_role
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import AwsAccount


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
        found = {}
        for name, pattern, what in (("role_arn", ROLE, "role"), ("permissions_boundary_arn", BOUNDARY, "policy")):
            arn = getattr(self, name)
            shape = pattern.fullmatch(arn) if arn else None
            if arn and (shape is None or shape[1] != account_id):
                found[name] = f"Give the ARN of a {what} in the account {account_id}."
        if self.external_id and not EXTERNAL_ID.fullmatch(self.external_id):
            found["external_id"] = "An external id has 2 to 1224 letters, digits and signs of + = , . @ : / - _."
        elif bool(self.external_id) != bool(self.role_arn):
            found["external_id"] = "A role and its external id go together."
        return found


@transaction.atomic
def add_account(*, name: str, account_id: str, actor: User | None, access: Access | None = None) -> AwsAccount:
    """Return the account, made unless its id is known.

    Raises NotAllowedError, or AccountRefusedError for an id without 12 digits and for a role that is not the account's.
    """
    require_role(actor, Role.ADMINISTRATOR)
    access = access or Access()
    if not ACCOUNT_ID.fullmatch(account_id):
        raise AccountRefusedError("An AWS account id has 12 digits.")
    if problems := access.problems(account_id):
        raise AccountRefusedError(" ".join(problems.values()))
    account, created = AwsAccount.objects.get_or_create(
        account_id=account_id, defaults={"name": name, **asdict(access)}
    )
    if created:
        record(
            action=AuditAction.ACCOUNT_CREATED,
            actor=actor,
            subject_kind="account",
            subject_id=account_id,
            message=f"The AWS account {name} ({account_id}) was added.",
            after={"role_arn": access.role_arn, "permissions_boundary_arn": access.permissions_boundary_arn},
        )
    return account
