"""Puts failed sign-ins on record. A name that nobody has may be a password in the wrong field: it is kept nowhere."""

from __future__ import annotations

from messages.message import Message, message
from registry.accounts import throttle
from registry.accounts.keyed import keyed_digest
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record

BY_PASSKEY = "passkey:unknown"


def password_failed(typed: str) -> None:
    """Record that somebody tried a password."""
    user = _known(typed)
    _record(
        _subject(user, typed),
        message("A sign-in as {username} failed.", username=user.get_username())
        if user is not None
        else message("A sign-in failed: nobody has the user name that was given."),
    )


def password_throttled(typed: str) -> None:
    """Record that no password is looked at any more, for an account or from an address, until the window ends."""
    user = _known(typed)
    _record(
        _subject(user, typed),
        message("A sign-in as {username} was refused: too many tries.", username=user.get_username())
        if user is not None
        else message("A sign-in was refused: too many tries."),
    )


def passkey_failed() -> None:
    """Record a passkey that let nobody in; whose it was meant to be, nobody has shown."""
    _record(BY_PASSKEY, message("A sign-in by a passkey failed."))


def passkey_alone(user: User) -> None:
    """Record a passkey of somebody who comes in by the organization's provider, and not by that alone."""
    name = user.get_username()
    _record(
        name, message("{username} comes in by the organization's provider, and not by a passkey alone.", username=name)
    )


def factor_failed(user: User) -> None:
    """Record a wrong code or passkey, so many in a window: whoever sent it had the password."""
    if throttle.count(keyed_digest("factor.failed", str(user.pk)), throttle.WINDOW)[0] > throttle.PER_ACCOUNT:
        factor_throttled(user)
        return
    sentence = message("The second factor of {username} was wrong.", username=user.get_username())
    _record(user.get_username(), sentence, user)


def factor_throttled(user: User) -> None:
    """Record, once in a window, that no code or passkey is looked at any more."""
    if throttle.count(keyed_digest("factor.throttled", str(user.pk)), throttle.WINDOW)[0] == 1:
        sentence = message("{username} had too many tries at a second factor.", username=user.get_username())
        _record(user.get_username(), sentence, user)


def _known(typed: str) -> User | None:
    return User.objects.filter(username=typed).first() if "\x00" not in typed else None


def _subject(user: User | None, typed: str) -> str:
    return user.get_username() if user is not None else f"unknown:{keyed_digest('sign-in.name', typed)}"


def _record(subject: str, sentence: Message, actor: User | None = None) -> None:
    record(
        action=AuditAction.USER_SIGN_IN_FAILED,
        actor=actor,
        subject_kind="user",
        subject_id=subject,
        message=sentence,
        outcome="refused",
    )
