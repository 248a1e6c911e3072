"""Reads the portal's settings out of environment variables, with an error that names the variable and the remedy.

Never has defaults for secrets.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return the variable ``HOMEROOM_<name>``; raises ImproperlyConfigured where it is missing and has no default."""
    value = os.environ.get(f"HOMEROOM_{name}", default)
    if value is None:
        raise ImproperlyConfigured(f"Set HOMEROOM_{name}; docs/operations.md says what it holds.")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Return the variable as a boolean: 1, true, yes or on are true."""
    return text(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Return the variable as a whole number above 0; raises ImproperlyConfigured for anything else."""
    value = text(name, str(default)).strip()
    if not (value.isascii() and value.isdigit()) or int(value) == 0:
        raise ImproperlyConfigured(f"HOMEROOM_{name} must be a whole number above 0, not {value!r}.")
    return int(value)


def items(name: str, default: str = "") -> list[str]:
    """Return the variable's comma-separated items."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def pairs(name: str) -> dict[str, str]:
    """Return the variable's comma-separated `key=value` pairs; raises ImproperlyConfigured for anything else."""
    entries = dict(item.rpartition("=")[::2] for item in items(name))
    if not all(key.strip() and value.strip() for key, value in entries.items()):
        raise ImproperlyConfigured(f"HOMEROOM_{name} must hold pairs such as platform-team=Operator.")
    return {key.strip(): value.strip() for key, value in entries.items()}


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the variable's comma-separated networks or addresses; raises ImproperlyConfigured for anything else."""
    try:
        return [ip_network(item) for item in items(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"HOMEROOM_{name} must hold networks such as 10.0.0.0/24: {error}.") from error


def choice(name: str, default: str, among: Iterable[str]) -> str:
    """Return the variable, one of several words; raises ImproperlyConfigured for any other."""
    value = text(name, default).strip().lower()
    if value not in (choices := sorted(among)):
        raise ImproperlyConfigured(f"HOMEROOM_{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def password_in(url: str) -> str:
    """Return the password that stands in an address, empty for none."""
    return unquote(urlsplit(url).password or "")


def webhook(name: str) -> str:
    """Return the variable as an address to POST to, empty for none; raises ImproperlyConfigured unless it is HTTPS.

    Plain HTTP is taken for this machine alone: what is told names districts.
    """
    value = text(name, "")
    parts = urlsplit(value)
    is_local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
    if value and not (is_local or (parts.scheme == "https" and parts.hostname)):
        raise ImproperlyConfigured(f"HOMEROOM_{name} must be an https:// address.")
    return value


def beside(name: str, other: object) -> str:
    """Return a variable that is needed where another is set, else empty; raises ImproperlyConfigured without it."""
    value = text(name, "")
    if other and not value:
        raise ImproperlyConfigured(f"Set HOMEROOM_{name}; docs/operations.md says what it holds.")
    return value if other else ""


def file(name: str) -> str:
    """Return what stands in the file that the variable names, empty for none; raises ImproperlyConfigured."""
    place = text(name, "")
    try:
        return Path(place).read_text(encoding="utf-8") if place else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"HOMEROOM_{name} must name a file that the portal can read.") from error


def mail(name: str) -> dict[str, Any]:
    """Return Django's e-mail settings for ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://`` (TLS, 465).

    Raises ImproperlyConfigured for anything else: mail never leaves without TLS.
    """
    parts = urlsplit(text(name))
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(f"HOMEROOM_{name} must look like smtps://user:password@host:465.")
    over_tls = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if over_tls else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": over_tls,
        "EMAIL_USE_TLS": not over_tls,
        "EMAIL_TIMEOUT": 10,
    }


CONNECT_SECONDS = 5
LOCK_SECONDS = 10
IDLE_SECONDS = 60
"""How long a connection may take, a statement wait for a lock, and a transaction stand idle: nothing of ours needs
longer, and whoever takes longer holds locks that all others wait for."""
SILENT_MILLISECONDS = 30_000
"""After how long a peer that acknowledges nothing is taken for gone."""
KEEPALIVE = {"idle": 10, "interval": 5, "count": 4}


def database(url: str, *, statement_seconds: int) -> dict[str, Any]:
    """Return Django's settings for a ``postgresql://user:password@host:port/name`` URL, with a limit for every wait.

    The first group is this side's, against a server that vanishes; the second is the server's, which ends the session
    of a client that vanishes, and with it its locks. A statement takes at most `statement_seconds`.
    Sources: PostgreSQL, "Database Connection Control Functions" (connect_timeout, keepalives, tcp_user_timeout) and
    "Client Connection Defaults", "Connections and Authentication" (statement_timeout and the others).

    Raises ImproperlyConfigured for any other database: constraints and concurrency are PostgreSQL's own.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("HOMEROOM_DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            "keepalives": 1,
            **{f"keepalives_{name}": value for name, value in KEEPALIVE.items()},
            "tcp_user_timeout": SILENT_MILLISECONDS,
            "options": " ".join(f"-c {name}={value}" for name, value in server_limits(statement_seconds).items()),
        },
    }


def server_limits(statement_seconds: int) -> dict[str, str]:
    """Return the limits that the server keeps for a session of ours, by the names of its parameters."""
    return {
        "statement_timeout": f"{statement_seconds}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        **{f"tcp_keepalives_{name}": str(value) for name, value in KEEPALIVE.items()},
        "tcp_user_timeout": f"{SILENT_MILLISECONDS}ms",
    }
