"""A program gets its token by a person who confirms a code in a browser. Source: RFC 8628 (Device Authorization Grant).

The token is made when the program comes for it, so that its secret is kept nowhere; it is the confirming person's own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from messages.message import message
from registry.accounts import throttle
from registry.accounts.acts import Act
from registry.accounts.keyed import keyed_digest
from registry.accounts.models import ApiToken, DeviceSignIn, User
from registry.accounts.reach import EVERYWHERE, Reach, reach_of, reach_problems
from registry.accounts.rights import may_somewhere, require_somewhere
from registry.accounts.roles import NotAllowedError
from registry.accounts.tokens.scopes import ACTS, CHOSEN_BY_HAND, Scope
from registry.accounts.tokens.secrets import digest
from registry.accounts.tokens.service import TokenRefusedError, create_token, term_problems
from registry.audit.actions import AuditAction
from registry.audit.services import record

HOLDS = timedelta(minutes=10)
INTERVAL = 5
"""Seconds between two questions; each that comes too soon adds as many (RFC 8628, 3.5)."""
TOKEN_DAYS = 30
"""For how long a token holds of which the person said nothing else."""
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Of a code that is typed: no vowels, so no words (RFC 8628, 6.1)."""
LENGTH = 8
CODES_PER_ADDRESS = 30
TRIES_PER_PERSON = 20
"""Within `throttle.WINDOW`: 20 of 2.6e10 codes."""
KEPT = timedelta(hours=1)
FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True)
class Begun:
    """What a program is told at the beginning: its own code, and the one that a person types."""

    device_code: str
    user_code: str
    interval: int


class TooManyError(Exception):
    """Somebody asks too often; `seconds` says when to come again."""

    def __init__(self, until: datetime) -> None:
        self.seconds = max(1, int((until - timezone.now()).total_seconds()) + 1)
        super().__init__(message("Too many tries. Try again in {seconds} s.", seconds=self.seconds))


class CodeUnknownError(Exception):
    """Nobody waits for a code: it was never given, has expired, or was decided on."""


class NotYetError(Exception):
    """A program gets no token: `code` is that of RFC 8628, 3.5, or RFC 6749, 5.2."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(WORDS[code])


WORDS = {
    "authorization_pending": message("Nobody has confirmed the code yet. Ask again after the interval."),
    "slow_down": message("That was too soon: wait five seconds longer between two questions."),
    "access_denied": message("The person has refused, or may no longer come in."),
    "expired_token": message("The code has expired. Begin again."),
    "invalid_grant": message("Nobody has this device code, or it was used."),
}


def begin(*, client: str, scopes: Iterable[Scope], address: str | None) -> Begun:
    """Return the two codes of a new request; raises TooManyError."""
    _limit("device.begin", _network(address), CODES_PER_ADDRESS)
    device_code = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    now = timezone.now()
    old = DeviceSignIn.objects.filter(expires_at__lt=now - KEPT).order_by("expires_at")[:FORGOTTEN_AT_ONCE]
    DeviceSignIn.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    DeviceSignIn.objects.create(
        device_sha256=digest(device_code),
        user_code=user_key(letters),
        client=client,
        address=address,
        scopes=[scope.value for scope in sorted({Scope.READ, *scopes})],
        created_at=now,
        expires_at=now + HOLDS,
        interval=INTERVAL,
    )
    return Begun(device_code, f"{letters[:4]}-{letters[4:]}", INTERVAL)


def waiting(typed: str, actor: User) -> DeviceSignIn:
    """Return the request that waits for a code; raises CodeUnknownError, TooManyError, NotAllowedError."""
    require_somewhere(actor, Act.SEE)
    _limit("device.try", str(actor.pk), TRIES_PER_PERSON)
    row = DeviceSignIn.objects.filter(
        user_code=user_key(typed), is_approved=None, expires_at__gt=timezone.now()
    ).first()
    if row is None:
        raise CodeUnknownError
    return row


def grantable(row: DeviceSignIn, actor: User) -> list[Scope]:
    """Return which of the scopes that a program asks for this person can give to one that asks."""
    requested = [scope for scope in map(Scope, row.scopes) if scope not in CHOSEN_BY_HAND]
    return [scope for scope in requested if may_somewhere(actor, ACTS[scope])]


def decide(
    typed: str, *, actor: User, approved: bool, reach: Reach = EVERYWHERE, days: int = TOKEN_DAYS
) -> DeviceSignIn:
    """Approve or refuse the request of a code, once; the token gets this reach, and holds so many days.

    Raises CodeUnknownError, TooManyError, NotAllowedError, or TokenRefusedError for a reach or days that cannot be.
    """
    pending = waiting(typed, actor)
    problems = term_problems(days) | reach_problems(reach)
    if approved and problems:
        raise TokenRefusedError(problems)
    with transaction.atomic():
        row = DeviceSignIn.objects.select_for_update().get(pk=pending.pk)
        if row.is_approved is not None:
            raise CodeUnknownError
        row.is_approved, row.decided_by = approved, actor
        row.environments, row.account_ids, row.suffixes = reach.environments, reach.account_ids, reach.suffixes
        row.days = days
        row.save(update_fields=["is_approved", "decided_by", "environments", "account_ids", "suffixes", "days"])
        record(
            action=AuditAction.DEVICE_APPROVED if approved else AuditAction.DEVICE_REFUSED,
            actor=actor,
            subject_kind="user",
            subject_id=actor.get_username(),
            message=message(
                "{username} approved the sign-in of a program that calls itself {client}.",
                username=actor.get_username(),
                client=row.client,
            )
            if approved
            else message(
                "{username} refused the sign-in of a program that calls itself {client}.",
                username=actor.get_username(),
                client=row.client,
            ),
            after={
                "client": row.client,
                "address": row.address,
                "scopes": [scope.value for scope in grantable(row, actor)] if approved else [],
                "environments": sorted(reach.environments),
                "account_ids": sorted(reach.account_ids),
                "districts": sorted(reach.suffixes),
                "days": days,
            },
        )
    return row


def collect(device_code: str, *, client: str = "", address: str | None) -> tuple[ApiToken, str]:
    """Return the token of a request that was approved, and its secret, once; raises NotYetError, TooManyError.

    A `client` that is named must be the one that began (RFC 6749, 5.2: "issued to another client").
    """
    with transaction.atomic():
        row = DeviceSignIn.objects.select_for_update(of=("self",)).filter(device_sha256=digest(device_code)).first()
        if row is not None and client not in {"", row.client}:
            row = None
        answer = "invalid_grant" if row is None else _answer(row)
    if row is None:
        _limit("device.unknown", _network(address), CODES_PER_ADDRESS)
    if isinstance(answer, str):
        raise NotYetError(answer)
    return answer


def user_key(typed: str) -> str:
    """Return under which key a typed code is kept: case, blanks and dashes do not matter."""
    return keyed_digest("device.code", "".join(letter for letter in typed.upper() if letter in LETTERS))


def _answer(row: DeviceSignIn) -> tuple[ApiToken, str] | str:
    """Return the token and its secret, or the code of why there is none; notes the question."""
    now, last_asked_at = timezone.now(), row.asked_at
    if row.taken_at is not None:
        return "invalid_grant"
    if row.expires_at <= now:
        return "expired_token"
    row.asked_at = now
    too_soon = last_asked_at is not None and now - last_asked_at < timedelta(seconds=row.interval)
    if too_soon:
        row.interval += INTERVAL
    row.save(update_fields=["asked_at", "interval"])
    if too_soon:
        return "slow_down"
    if row.is_approved is None:
        return "authorization_pending"
    if not row.is_approved or row.decided_by is None:
        return "access_denied"
    try:
        issued = create_token(
            owner=row.decided_by,
            actor=row.decided_by,
            name=f"{row.client} {row.pk}",
            scopes=grantable(row, row.decided_by),
            days=row.days,
            reach=reach_of(row),
        )
    except (NotAllowedError, TokenRefusedError):
        return "access_denied"
    row.taken_at = now
    row.save(update_fields=["taken_at"])
    return issued


def _network(address: str | None) -> str:
    """Return what is counted of an address: of IPv6 its network, as at a sign-in by password."""
    return throttle.address_key(address) if address else ""


def _limit(kind: str, whose: str, most: int) -> None:
    tries, until = throttle.count(keyed_digest(kind, whose), throttle.WINDOW)
    if tries > most:
        raise TooManyError(until)
