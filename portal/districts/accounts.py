"""The only writer of AWS accounts that districts can be placed in."""

from __future__ import annotations

import re

from django.db import transaction

from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.districts.models import AwsAccount

ACCOUNT_ID = re.compile(r"[0-9]{12}")


class AccountRefused(Exception):  # noqa: N818 - it is an answer, named as callers read it
    """The account cannot be added."""

    code = "account_refused"


@transaction.atomic
def add_account(*, name: str, account_id: str, actor: User | None) -> AwsAccount:
    """Return the account, made unless its id is known.

    Raises NotAllowed, or AccountRefused for an id without 12 digits.
    """
    require_role(actor, Role.ADMINISTRATOR)
    if not ACCOUNT_ID.fullmatch(account_id):
        raise AccountRefused("An AWS account id has 12 digits.")
    account, created = AwsAccount.objects.get_or_create(account_id=account_id, defaults={"name": name})
    if created:
        record(
            action=AuditAction.ACCOUNT_CREATED,
            actor=actor,
            subject_kind="account",
            subject_id=account_id,
            message=f"The AWS account {name} ({account_id}) was added.",
        )
    return account
