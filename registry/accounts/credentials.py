"""Records who gave whom a password, a link to one or a role, tells the person, and says who may have acted as whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone

from messages.message import Message, message, word
from registry.accounts.acts import acts_of
from registry.accounts.models import Credential, CredentialChange, User
from registry.accounts.roles import Role
from registry.accounts.tokens.service import revoke_all
from registry.audit.actions import AuditAction
from registry.audit.services import record

credential_changed = Signal()
"""Sent with `change` and its `sentence` in the transaction of the change: who sends notices listens."""
ACTIONS = {
    Credential.PASSWORD: AuditAction.PASSWORD_SET,
    Credential.LINK: AuditAction.USER_INVITED,
    Credential.ROLE: AuditAction.USER_SET,
    Credential.ADDRESS: AuditAction.USER_SET,
}
TOLD_FOR = timedelta(days=7)
"""So long each sign-in of the person says what somebody else has changed."""


@transaction.atomic
def password_set(user: User, by: User | None) -> None:
    """Record that a person was given a password, or chose one."""
    sentence = (
        message("{username} chose a new password.", username=user.get_username())
        if by is not None and by.pk == user.pk
        else message("{username} was given a new password by {name}.", username=user.get_username(), name=_name(by))
    )
    _keep(user, by, Credential.PASSWORD, sentence)


@transaction.atomic
def link_made(user: User, by: User | None) -> None:
    """Record that somebody was given a link to a password: whoever made it can use it."""
    sentence = message("{username} was given a link to choose a password.", username=user.get_username())
    _keep(user, by, Credential.LINK, sentence)


@transaction.atomic
def link_used(user: User, by: User | None, sentence: Message, action: AuditAction) -> None:
    """Record what a link was used for: as who made it may have done it, it counts as done by them."""
    _keep(user, by, Credential.LINK, sentence, action=action, recorded_as=user)


@transaction.atomic
def role_set(user: User, by: User | None, role: str | None, *, before: Iterable[Role] = ()) -> None:
    """Record which role a person has now, alone, and whether they may come in; `before` are all that they had.

    Sessions of before end with the roles of before, and with the right to come in; API tokens end with what is lost
    of all that the roles let through, and with that right.
    """
    held, had = [Role(role)] if role else [], list(before)
    if not user.is_active or set(held) != set(had):
        end_sessions(user)
    if not user.is_active or acts_of(had) - acts_of(held):
        revoke_all(user, by)
    role_name: str = word(role, "Role") if role else "none"
    sentence = (
        message("{username} has the role {role}.", username=user.get_username(), role=role_name)
        if user.is_active
        else message("{username} has the role {role}, inactive.", username=user.get_username(), role=role_name)
    )
    _keep(user, by, Credential.ROLE, sentence, {"role": role, "active": user.is_active})


@transaction.atomic
def address_set(user: User, by: User) -> None:
    """Record that somebody was given an e-mail address: whoever reads there can ask for a new password."""
    sentence = message(
        "{username} was given an e-mail address by {name}.", username=user.get_username(), name=by.get_username()
    )
    _keep(user, by, Credential.ADDRESS, sentence)


@transaction.atomic
def grant_set(
    user: User,
    by: User | None,
    action: AuditAction,
    sentence: Message,
    after: dict[str, Any],
    recorded_as: User | None = None,
) -> None:
    """Record that a grant was given or ended; who gave it could act through its person, as with a role.

    `recorded_as` is whose act it is, where that is another than who gave it.
    """
    _keep(user, by, Credential.GRANT, sentence, after, action, recorded_as)


def end_sessions(user: User) -> None:
    """End every session of a person at once, whichever browser or process has it."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])


def role_given_by(user: User) -> User | None:
    """Return who gave the person the role of today; nobody, where it was a command on the server."""
    last = user.credential_changes.filter(what=Credential.ROLE).select_related("by").first()
    return last.by if last is not None else None


def changed_by_others(user: User) -> list[CredentialChange]:
    """Return what somebody else, or a command, has lately changed of a person, the newest first."""
    lately = user.credential_changes.filter(at__gte=timezone.now() - TOLD_FOR).select_related("by")
    return [change for change in lately if change.by_id != user.pk]


def changes_since(since: datetime) -> list[CredentialChange]:
    """Return who was given a password, a link to one or a role by a person since then, in order."""
    return list(CredentialChange.objects.filter(at__gte=since, by__isnull=False).select_related("by").order_by("id"))


def within_reach(
    people: Iterable[int], since: datetime, known: Iterable[CredentialChange] | None = None
) -> dict[int, CredentialChange]:
    """Return whom these people, by their ids, could have acted as: by whom each was given a password or role since.

    Somebody who was given a password by them may have given one to somebody else: that person is within reach as well.
    `known` are changes that were read already, of a time that goes back as far.
    """
    reached: dict[int, CredentialChange] = {}
    able = set(people)
    changes = changes_since(since) if known is None else [change for change in known if change.at >= since]
    grew = True
    while grew:
        grew = False
        for change in changes:
            if change.by_id in able and change.user_id not in able:
                able.add(change.user_id)
                reached[change.user_id] = change
                grew = True
    return reached


def _keep(
    user: User,
    by: User | None,
    what: Credential,
    sentence: Message,
    after: dict[str, Any] | None = None,
    action: AuditAction | None = None,
    recorded_as: User | None = None,
) -> None:
    record(
        action=action or ACTIONS[what],
        actor=recorded_as or by,
        subject_kind="user",
        subject_id=user.get_username(),
        message=sentence,
        after=after,
    )
    change = CredentialChange.objects.create(user=user, by=by, what=what.value)
    credential_changed.send(sender=CredentialChange, change=change, sentence=sentence)


def _name(by: User | None) -> str:
    return by.get_username() if by is not None else message("a command on the server")
