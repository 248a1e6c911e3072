"""Reads the portal's settings out of environment variables, with an error that names the variable and the remedy.

Never has defaults for secrets.
"""

from __future__ import annotations

import os
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


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a ``postgresql://user:password@host:port/name`` URL.

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
    }
