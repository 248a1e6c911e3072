"""Where the portal is and the token for it: from the environment, or from a file that its owner alone can read."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from homeroom_cli.exits import CommandError, Exit

URL, TOKEN = "HOMEROOM_URL", "HOMEROOM_TOKEN"
SIGN_IN = "Sign in by `homeroom sign-in` or `homeroom login`, or set HOMEROOM_URL and HOMEROOM_TOKEN."


@dataclass(frozen=True)
class Credentials:
    """A portal and a token."""

    url: str
    token: str


def path() -> Path:
    """Return the file (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "homeroom" / "credentials.json"


def load() -> Credentials:
    """Return what the environment says, or else the file; raises CommandError."""
    url, token = os.environ.get(URL, ""), os.environ.get(TOKEN, "")
    if not (url and token) and path().exists():
        stored = _read(path())
        url, token = url or stored.url, token or (stored.token if url in {"", stored.url} else "")
    if not url or not token:
        raise CommandError(Exit.NOT_SIGNED_IN, f"You are not signed in. {SIGN_IN}")
    return Credentials(checked_url(url), token.strip())


def save(credentials: Credentials) -> Path:
    """Write the file, readable by its owner alone from its first byte on."""
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = place.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": credentials.url, "token": credentials.token}, file)
    fresh.replace(place)
    return place


def forget() -> bool:
    """Delete the file; false where there is none."""
    existed = path().exists()
    path().unlink(missing_ok=True)
    return existed


def checked_url(url: str) -> str:
    """Return a portal's address without a slash at its end; raises CommandError where a token would go in the clear."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise CommandError(Exit.USAGE, f"{url} is no address of a portal. Write it as https://homeroom.example.org.")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise CommandError(Exit.USAGE, f"{url} would send the token in the clear. Write https:// in its place.")
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(place: Path) -> Credentials:
    if stat.S_IMODE(place.stat().st_mode) & 0o077:
        raise CommandError(Exit.NOT_SIGNED_IN, f"Others can read {place}. Call `chmod 600 {place}`, or sign in again.")
    try:
        payload = json.loads(place.read_text())
        return Credentials(str(payload["url"]), str(payload["token"]))
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(Exit.NOT_SIGNED_IN, f"{place} cannot be read. {SIGN_IN}") from error
