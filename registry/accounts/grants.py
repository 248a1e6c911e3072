"""The only writer of grants: gives a role for a part of the districts, or for a time, and takes it back."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messages.message import Message, beside_fields, listed, message, sentences, word
from registry.accounts.acts import Act
from registry.accounts.credentials import end_sessions, grant_set
from registry.accounts.models import Grant, User
from registry.accounts.reach import Reach, reach_of, reach_problems
from registry.accounts.rights import require
from registry.accounts.roles import Role
from registry.accounts.tokens.service import revoke_all
from registry.audit.actions import AuditAction

MOST = 50
"""Grants of one person that hold at a time."""


class GrantRefusedError(Exception):
    """A grant cannot be given: for each field, what is wrong and what to do."""

    code = "grant_refused"

    def __init__(self, problems: dict[str, list[str]]) -> None:
        self.problems = problems
        super().__init__(beside_fields(problems))


@transaction.atomic
def give_grant(
    user: User, *, role: Role, reach: Reach, expires_at: datetime | None = None, actor: User | None
) -> Grant:
    """Give a person a role for the districts within reach, until a moment or for good.

    Raises NotAllowedError, ValidationError for oneself, or GrantRefusedError with the sentences per field.
    """
    require(actor, Act.ADMINISTER)
    owner = _locked(user, actor)
    if problems := _problems(owner, reach, expires_at):
        raise GrantRefusedError(problems)
    grant = Grant.objects.create(
        user=owner,
        role=word(role.value, "Role"),
        environments=sorted(set(reach.environments)),
        account_ids=sorted(set(reach.account_ids)),
        suffixes=sorted(set(reach.suffixes)),
        expires_at=expires_at,
        granted_by=actor,
    )
    _flag(owner, user)
    sentence = message(
        "{username} was granted the role {role} {told}.",
        username=owner.get_username(),
        role=word(role.value, "Role"),
        told=scope_message(grant),
    )
    grant_set(owner, actor, AuditAction.GRANT_GIVEN, sentence, _data(grant))
    return grant


@transaction.atomic
def keep_role(user: User, role: Role, *, given_by: User | None) -> Grant:
    """Make the role that an invitation gave a grant for all districts: the groups of a provider say the other one.

    Both together are what the person may do, and the grant stays until somebody ends it. It counts as given by whoever
    invited, and is on record as an act of the person who joined.
    """
    grant = Grant.objects.create(user=user, role=role.value, granted_by=given_by)
    _flag(user, user)
    sentence = message(
        "{username} keeps the role {role} of the invitation, {told}.",
        username=user.get_username(),
        role=word(role.value, "Role"),
        told=scope_message(grant),
    )
    grant_set(user, given_by, AuditAction.GRANT_GIVEN, sentence, _data(grant), recorded_as=user)
    return grant


@transaction.atomic
def end_grant(grant: Grant, *, actor: User | None) -> Grant:
    """End a grant at once, and with it the person's sessions and tokens; asking twice is fine.

    Raises NotAllowedError, or ValidationError for one's own.
    """
    require(actor, Act.ADMINISTER)
    owner = _locked(grant.user, actor)
    row = Grant.objects.select_for_update().get(pk=grant.pk)
    if row.ended_at is not None:
        return row
    was_live = row.is_live
    row.ended_at, row.ended_by = timezone.now(), actor
    row.save(update_fields=["ended_at", "ended_by"])
    _flag(owner, grant.user)
    if was_live:
        end_sessions(owner)
        revoke_all(owner, actor)
    sentence = message(
        "The role {role} of {username} {told} was ended.",
        role=word(row.role, "Role"),
        username=owner.get_username(),
        told=scope_message(row),
    )
    grant_set(owner, actor, AuditAction.GRANT_ENDED, sentence, _data(row))
    return row


def scope_message(grant: Grant) -> Message:
    """Return in English how far a grant goes and until when, as the record says it."""
    parts = [
        listed((kind, ", ".join(values)), between=" ")
        for kind, values in (
            (message("the environments"), grant.environments),
            (message("the AWS accounts"), grant.account_ids),
            (message("the districts"), grant.suffixes),
        )
        if values
    ]
    places = listed(parts, between=" and ") or message("all districts")
    expires_at = f"{grant.expires_at:%Y-%m-%d %H:%M}" if grant.expires_at else ""
    until = message("until {expires_at} UTC", expires_at=expires_at) if expires_at else ""
    return sentences(message("for {places}", places=places), until)


def _locked(user: User, actor: User | None) -> User:
    """Return the person's row, locked: what they hold is written by one at a time."""
    if actor is not None and actor.pk == user.pk:
        raise ValidationError(_("You cannot do this to yourself."), code="oneself")
    return User.objects.select_for_update().get(pk=user.pk)


def _flag(owner: User, user: User) -> None:
    """Keep whether the person has grants at all: of who has none they are never read."""
    has_grants = Grant.objects.filter(user=owner, ended_at=None).exists()
    User.objects.filter(pk=owner.pk).update(has_grants=has_grants)
    owner.has_grants = user.has_grants = has_grants


def _data(grant: Grant) -> dict[str, object]:
    reach = reach_of(grant)
    return {
        "grant": grant.pk,
        "role": grant.role,
        "environments": list(reach.environments),
        "account_ids": list(reach.account_ids),
        "districts": list(reach.suffixes),
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
    }


def _problems(user: User, reach: Reach, expires_at: datetime | None) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = defaultdict(list, reach_problems(reach))
    if not user.is_active:
        problems["role"].append(message("This person may not come in. Let them in first."))
    if expires_at is not None and expires_at <= timezone.now():
        problems["expires_at"].append(message("Let it hold until a day to come."))
    if Grant.objects.filter(user=user, ended_at=None).count() >= MOST:
        problems["role"].append(message("There are {most} grants already. End one that nobody needs.", most=MOST))
    return dict(problems)
