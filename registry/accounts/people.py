"""What administrators do about people: invite, give a role, let in and keep out, end sessions. Each act is an event.

An administrator cannot take the role or the entry from oneself, nor from the last administrator: nobody would be left
to give them back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from messages.message import message
from registry.accounts.acts import Act
from registry.accounts.asking import asking_as
from registry.accounts.credentials import end_sessions, link_made, link_used, role_given_by, role_set
from registry.accounts.grants import keep_role
from registry.accounts.models import User
from registry.accounts.names import check_username
from registry.accounts.rights import require
from registry.accounts.roles import Role, role_of, roles_of
from registry.audit.actions import AuditAction
from registry.audit.services import record

INVITED_FOR = timedelta(days=3)
SALT = "homeroom.invitation"


@transaction.atomic
def invite(*, username: str, email: str, role: Role | None, actor: User | None) -> User:
    """Make an account without a password; `invitation` gives the link by which its person chooses one.

    Without a role it waits for a grant.

    Raises NotAllowedError, or ValidationError for a name that could be taken for another, and for no address.
    """
    require(actor, Act.ADMINISTER)
    check_username(username)
    if email:
        validate_email(email)
    user = User(username=username, email=email)
    user.set_unusable_password()
    _flag(user, role)
    with asking_as(actor):
        user.save()
    user.groups.set([] if role is None else [Group.objects.get(name=role.value)])
    role_set(user, actor, role.value if role else None)
    return user


@transaction.atomic
def invitation(user: User, *, actor: User | None, first_alone: bool = False) -> str:
    """Return what a link to a first password, or to a new one, is made of; it holds once, and for `INVITED_FOR`.

    With `first_alone`, for programs, somebody who has come in before is refused: whoever has a link to a new password
    is that person.

    Raises NotAllowedError, or ValidationError for that, for who signs in by the organization's provider, and for who
    may not come in.
    """
    require(actor, Act.ADMINISTER)
    if not user.is_active or user.is_service or SocialAccount.objects.filter(user=user).exists():
        raise ValidationError(_("This person has no use for a link."), code="no_link")
    if first_alone and (user.has_usable_password() or user.last_login is not None):
        raise ValidationError(
            _("This person has come in before: an administrator makes the link in the console."), code="came_in_before"
        )
    link_made(user, actor)
    by = actor.pk if actor is not None else None
    return signing.dumps({"user": user.pk, "by": by, "state": _state(user)}, salt=SALT)


def invited(token: str) -> User | None:
    """Return whose link this is, while it holds."""
    payload = read_invitation(token)
    return _invited(payload, User.objects.all()) if payload is not None else None


def read_invitation(token: str) -> dict[str, Any] | None:
    """Return what a link is made of, which is no secret and lets nobody in by itself; None after its time."""
    try:
        payload: dict[str, Any] = signing.loads(token, salt=SALT, max_age=INVITED_FOR)
    except signing.BadSignature:
        return None
    return payload


@transaction.atomic
def choose_password(token: str, password: str) -> User | None:
    """Give whose link this is the password that they chose, and end the link; None where it does not hold any more."""
    payload = read_invitation(token)
    if payload is None or (user := _invited(payload, User.objects.select_for_update())) is None:
        return None
    user.set_password(password)
    # It is on record here, with who made the link.
    user.password_was_set = False
    user.save()
    sentence = message("{username} chose a password by a link.", username=user.get_username())
    link_used(user, _maker(payload), sentence, AuditAction.PASSWORD_SET)
    return user


@transaction.atomic
def accept_invitation(payload: dict[str, Any]) -> User | None:
    """Return whose link this is, and end it: its person comes in by the organization's provider from now on.

    The role that an administrator has given stays, as a grant beside what the provider's groups say at each sign-in.
    None where the link does not hold any more, or somebody comes in as that person by the provider already.
    """
    user = _invited(payload, User.objects.select_for_update())
    if user is None or user.is_service or SocialAccount.objects.filter(user=user).exists():
        return None
    end_sessions(user)
    sentence = message("{username} comes in by the organization's provider from now on.", username=user.get_username())
    link_used(user, _maker(payload), sentence, AuditAction.USER_JOINED_PROVIDER)
    if (role := role_of(user)) is not None:
        keep_role(user, role, given_by=role_given_by(user))
    return user


@transaction.atomic
def give_role(user: User, role: Role | None, *, actor: User | None) -> None:
    """Give a person this role alone, or none; sessions end with a role that changes."""
    require(actor, Act.ADMINISTER)
    row = _locked(user)
    before = roles_of(row)
    if set(before) == ({role} if role is not None else set()) and row.groups.count() == len(before):
        return
    if Role.ADMINISTRATOR in before and role is not Role.ADMINISTRATOR:
        _keep_one(row, actor)
    _flag(row, role)
    with asking_as(actor):
        row.save()
    row.groups.set([] if role is None else [Group.objects.get(name=role.value)])
    role_set(row, actor, role.value if role else None, before=before)


@transaction.atomic
def let_in(user: User, *, active: bool, actor: User | None) -> None:
    """Let a person come in, or keep them out: then all their sessions end at once."""
    require(actor, Act.ADMINISTER)
    row = _locked(user)
    if row.is_active == active:
        return
    before = roles_of(row)
    if not active and Role.ADMINISTRATOR in before:
        _keep_one(row, actor)
    if not active and actor is not None and actor.pk == row.pk:
        raise ValidationError(_("You cannot do this to yourself."), code="oneself")
    row.is_active = active
    with asking_as(actor):
        row.save()
    role = role_of(row)
    role_set(row, actor, role.value if role else None, before=before)


@transaction.atomic
def end_all_sessions(user: User, *, actor: User | None) -> None:
    """End every session of a person at once."""
    require(actor, Act.ADMINISTER)
    for session in UserSession.objects.filter(user=user):
        session.end()
    end_sessions(user)
    sentence = message("All sessions of {username} were ended.", username=user.get_username())
    record(
        action=AuditAction.SESSION_REVOKED,
        actor=actor,
        subject_kind="user",
        subject_id=user.get_username(),
        message=sentence,
    )


def _locked(user: User) -> User:
    """Return the person's row, locked until the end together with all administrators', in one order.

    Two who take each other's role at the same moment wait for one another in turn, and the second finds the last one.
    """
    rows = User.objects.select_for_update().filter(Q(pk=user.pk) | Q(is_superuser=True)).order_by("pk")
    return {row.pk: row for row in rows}[user.pk]


def _keep_one(user: User, actor: User | None) -> None:
    """Raise ValidationError for oneself, and for the last administrator; the others' rows are locked by `_locked`."""
    if actor is not None and actor.pk == user.pk:
        raise ValidationError(_("You cannot do this to yourself."), code="oneself")
    if not User.objects.filter(is_active=True, is_superuser=True).exclude(pk=user.pk).exists():
        raise ValidationError(_("Nobody else is an administrator."), code="last")


def _flag(user: User, role: Role | None) -> None:
    """Set the flags that Django's admin asks for."""
    user.is_staff = role in {Role.OPERATOR, Role.ADMINISTRATOR}
    user.is_superuser = role is Role.ADMINISTRATOR


def _invited(payload: dict[str, Any], rows: QuerySet[User]) -> User | None:
    user = rows.filter(pk=payload["user"], is_active=True).first()
    return user if user is not None and payload["state"] == _state(user) else None


def _maker(payload: dict[str, Any]) -> User | None:
    """Return who made a link; nobody, where it was a command on the server."""
    by = payload.get("by")
    return User.objects.filter(pk=by).first() if by is not None else None


def _state(user: User) -> str:
    """Return a digest of what a link's use changes: it holds once, and until the next one is used."""
    return salted_hmac(SALT, f"{user.password}:{user.sessions_ended}", algorithm="sha256").hexdigest()[:32]


def administrator_names(most: int) -> list[str]:
    """Return the names of up to so many of those who give roles, in order."""
    people = User.objects.filter(is_active=True, is_superuser=True, is_service=False)
    return list(people.order_by("username").values_list("username", flat=True)[:most])
