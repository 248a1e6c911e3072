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


def number(argument: str) -> int:
    """Return a run's or a rollout's number."""
    text = argument
    if argument == STDIN:
        payload = piped()
        value = next(
            (payload[name] for name in ("number", "run", "active_run", "latest_run") if payload.get(name)), None
        )
        if value is None:
            raise CommandError(Exit.USAGE, "The JSON on stdin names no run.")
        text = str(value)
    return _number(text)


def certificate_number(argument: str) -> int:
    """Return a certificate's number, out of a certificate or of a district that has one."""
    text = argument
    if argument == STDIN:
        payload = piped()
        value = payload.get("certificate") or (payload.get("number") if "key_id" in payload else None)
        if value is None:
            raise CommandError(Exit.USAGE, "The JSON on stdin names no certificate.")
        text = str(value)
    return _number(text)


def suffix(argument: str) -> str:
    """Return a district's suffix."""
    if argument == STDIN:
        payload = piped()
        value = payload.get("suffix") or payload.get("district")
        if not isinstance(value, str):
            raise CommandError(Exit.USAGE, "The JSON on stdin names no district.")
        argument = value
    if not argument.replace("-", "").isalnum() or not argument.isascii():
        raise CommandError(Exit.USAGE, f"{argument[:40]} is no suffix of a district.")
    return argument


def piped() -> dict[str, Any]:
    """Return the JSON object that another command has printed, or the only one of a list."""
    try:
        payload = json.loads(sys.stdin.read())
    except ValueError as error:
        raise CommandError(Exit.USAGE, "There is no JSON on stdin. Give the other command --json.") from error
    if isinstance(payload, list):
        if len(payload) != 1:
            choose = "" if not payload else " Choose one of it, as jq '.[0]' does."
            raise CommandError(Exit.USAGE, f"The JSON on stdin is a list of {len(payload)}.{choose}")
        (payload,) = payload
    if not isinstance(payload, dict):
        raise CommandError(Exit.USAGE, "The JSON on stdin is no object.")
    return payload


def settings_of(pairs: list[str]) -> dict[str, Any]:
    """Return settings that were given as NAME=VALUE."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise CommandError(Exit.USAGE, f"{pair[:60]} is no setting. Write it as NAME=VALUE.")
        settings[name] = text if name in TEXTS else _value(text)
    return settings


def object_of(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, - for stdin."""
    if str(path) == STDIN:
        return piped()
    try:
        payload = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(Exit.USAGE, f"{path} cannot be read: {error}.") from error
    if not isinstance(payload, dict):
        raise CommandError(Exit.USAGE, f"{path} holds no JSON object.")
    return payload


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
