"""How often a sign-in may be tried: counted by account and by address, before a password is looked at.

Each try is counted in one statement, so that many at once are as many. An account that does not exist is counted like
one that does: the answer tells nobody which it is. Source: NIST SP 800-63B, 5.2.2 ("Rate Limiting (Throttling)").
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import ngettext

from registry.accounts.keyed import keyed_digest
from registry.accounts.models import SignInCount

WINDOW = timedelta(minutes=15)
"""Tries are counted for so long; a limit that is reached holds until the window ends."""
PER_ACCOUNT = 10
PER_ADDRESS = 50
HOST_BITS = 64
"""Of an IPv6 address the network is counted: one subscriber has all of it."""
FORGOTTEN_AT_ONCE = 100


class TooManyTriesError(ValidationError):
    """A sign-in is refused before the password is looked at; a form shows it as its own error."""

    code = "too_many_tries"

    def __init__(self, until: datetime, *, is_first: bool) -> None:
        self.is_first = is_first
        """Whether it is the first refusal of a window: one of them is put on record."""
        self.seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
        minutes = math.ceil(self.seconds / 60)
        sentence = ngettext(
            "Too many tries to sign in. Try again in %(minutes)s minute.",
            "Too many tries to sign in. Try again in %(minutes)s minutes.",
            minutes,
        )
        super().__init__(sentence, code=self.code, params={"minutes": minutes})


def count_try(username: str, address: str | None) -> None:
    """Count a try; raises TooManyTriesError where the account or the address has had all of its own."""
    _forget_old()
    limits = [(account_key(username), PER_ACCOUNT)]
    if address:
        limits.append((address_key(address), PER_ADDRESS))
    refused, is_first = [], False
    for key, most in sorted(limits):
        tries, until = count(key, WINDOW)
        if tries > most:
            refused.append(until)
            is_first = is_first or tries == most + 1
    if refused:
        raise TooManyTriesError(max(refused), is_first=is_first)


def forget(username: str) -> None:
    """Count an account's tries anew: after a sign-in that went well, and where somebody was given a password."""
    SignInCount.objects.filter(key=account_key(username)).delete()


def account_key(username: str) -> str:
    """Return the key under which an account's tries are counted."""
    return keyed_digest("sign-in.account", username)


def address_key(address: str) -> str:
    """Return the key under which an address's tries are counted."""
    parsed = ip_address(address)
    network = ip_network((parsed, HOST_BITS), strict=False) if isinstance(parsed, IPv6Address) else parsed
    return keyed_digest("sign-in.address", str(network))


def count(key: str, window: timedelta) -> tuple[int, datetime]:
    """Count one more of a key; return how many that are since its window began, and when the window ends."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_signincount AS c (key, tries, until) VALUES (%(key)s, 1, %(until)s) "
            "ON CONFLICT (key) DO UPDATE SET "
            "tries = CASE WHEN c.until <= %(now)s THEN 1 ELSE c.tries + 1 END, "
            "until = CASE WHEN c.until <= %(now)s THEN EXCLUDED.until ELSE c.until END "
            "RETURNING tries, until",
            {"key": key, "now": now, "until": now + window},
        )
        tries, until = cursor.fetchone()
    return int(tries), until


def _forget_old() -> None:
    """Delete what is over, a little with each try; rows that another try holds are left to it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_signincount WHERE key IN (SELECT key FROM accounts_signincount WHERE until <= %s "
            "ORDER BY until LIMIT %s FOR UPDATE SKIP LOCKED)",
            [timezone.now() - WINDOW, FORGOTTEN_AT_ONCE],
        )
