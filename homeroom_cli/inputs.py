"""Reads what is given: numbers and suffixes, also out of JSON that another command has printed, and settings."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom_cli.api import Api
from homeroom_cli.credentials import load
from homeroom_cli.exits import CommandError, Exit

STDIN = "-"
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's number, or - for JSON on stdin.")]
DistrictArgument = Annotated[str, typer.Argument(metavar="DISTRICT", help="A suffix, or - for JSON on stdin.")]
CertificateArgument = Annotated[
    str, typer.Argument(metavar="CERTIFICATE", help="A certificate's number, or - for JSON on stdin.")
]
RolloutArgument = Annotated[str, typer.Argument(metavar="ROLLOUT", help="A rollout's number, or - for JSON on stdin.")]
Settings = Annotated[
    list[str],
    typer.Option("--set", metavar="NAME=VALUE", help="A setting; lists and tags as JSON. Can be given often."),
]
TEXTS = {
    *("size", "egress", "image", "postgres_version", "cache_version", "oidc_issuer", "oidc_audience", "oidc_keys"),
    "oidc_client_id",
    *(
        "certificate_arn",
        "hosted_zone_id",
        "domain_name",
        "name",
        "account_id",
        "slug",
        "environment",
        "region",
        "cidr",
    ),
    *("state_code", "nces_id", "contact_name", "contact_email", "time_zone", "note", "first"),
}
"""Fields whose values are texts, also where they look like numbers."""


_open: list[Api] = []
"""What this command line has opened."""


def api() -> Api:
    """Return the API of the portal that one is signed in to; `close_all` ends its connections."""
    _open.append(Api(load()))
    return _open[-1]


def close_all() -> None:
    """End the connections of a command line that is over."""
    while _open:
        _open.pop().close()


def number(given: str) -> int:
    """Return a run's or a rollout's number."""
    text = given
    if given == STDIN:
        told = piped()
        found = next((told[name] for name in ("number", "run", "active_run", "latest_run") if told.get(name)), None)
        if found is None:
            raise CommandError(Exit.USAGE, "The JSON on stdin names no run.")
        text = str(found)
    return _number(text)


def certificate_number(given: str) -> int:
    """Return a certificate's number, out of a certificate or of a district that has one."""
    text = given
    if given == STDIN:
        told = piped()
        found = told.get("certificate") or (told.get("number") if "key_id" in told else None)
        if found is None:
            raise CommandError(Exit.USAGE, "The JSON on stdin names no certificate.")
        text = str(found)
    return _number(text)


def suffix(given: str) -> str:
    """Return a district's suffix."""
    if given == STDIN:
        told = piped()
        found = told.get("suffix") or told.get("district")
        if not isinstance(found, str):
            raise CommandError(Exit.USAGE, "The JSON on stdin names no district.")
        given = found
    if not given.replace("-", "").isalnum() or not given.isascii():
        raise CommandError(Exit.USAGE, f"{given[:40]} is no suffix of a district.")
    return given


def piped() -> dict[str, Any]:
    """Return the JSON object that another command has printed, or the only one of a list."""
    try:
        told = json.loads(sys.stdin.read())
    except ValueError as error:
        raise CommandError(Exit.USAGE, "There is no JSON on stdin. Give the other command --json.") from error
    if isinstance(told, list):
        if len(told) != 1:
            choose = "" if not told else " Choose one of it, as jq '.[0]' does."
            raise CommandError(Exit.USAGE, f"The JSON on stdin is a list of {len(told)}.{choose}")
        (told,) = told
    if not isinstance(told, dict):
        raise CommandError(Exit.USAGE, "The JSON on stdin is no object.")
    return told


def settings_of(given: list[str]) -> dict[str, Any]:
    """Return settings that were given as NAME=VALUE."""
    found: dict[str, Any] = {}
    for one in given:
        name, sign, text = one.partition("=")
        if not sign or not name:
            raise CommandError(Exit.USAGE, f"{one[:60]} is no setting. Write it as NAME=VALUE.")
        found[name] = text if name in TEXTS else _value(text)
    return found


def object_of(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, - for stdin."""
    if str(path) == STDIN:
        return piped()
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(Exit.USAGE, f"{path} cannot be read: {error}.") from error
    if not isinstance(told, dict):
        raise CommandError(Exit.USAGE, f"{path} holds no JSON object.")
    return told


def text_of(path: Path) -> str:
    """Return what a file of text holds."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(Exit.USAGE, f"{path} cannot be read: {error}.") from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise CommandError(Exit.USAGE, f"{text[:40]} is no number.")
    return int(text)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
