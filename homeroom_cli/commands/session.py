"""``homeroom sign-in``, ``login``, ``logout`` and ``whoami``."""

from __future__ import annotations

import getpass
import re
import socket
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom_cli import credentials
from homeroom_cli.api import Api
from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.inputs import api
from homeroom_cli.output import AsJson, err, print_facts, safe

WHO = ("username", "role", "is_service", "token")
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LONGEST_NAME = 40
SLOWER = 5
"""Seconds more between two questions, each time that the portal says so (RFC 8628, 3.5)."""


def sign_in(
    url: Annotated[str, typer.Option(envvar=credentials.URL, help="The portal's address.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What the token is for; several times for several. Operate unless given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign in by a browser: confirm the code that is shown; the token comes by itself and is kept for its owner."""
    place = credentials.checked_url(url)
    portal = Api(credentials.Credentials(place, ""))
    try:
        request = {"client_id": own_name(), "scopes": scope or ["operate"]}
        authorization, _code = portal.ask("/device/authorize", request)
        err().print(f"Open  {safe(authorization['verification_uri_complete'])}", markup=False)
        err().print(f"Code  {safe(authorization['user_code'])}", markup=False)
        token = _polled(portal, authorization)
    finally:
        portal.close()
    _keep(credentials.Credentials(place, token), as_json=as_json)


def own_name() -> str:
    """Return what the person is told asks: this machine's name, as far as it is one."""
    host = re.sub(r"[^A-Za-z0-9._-]", "", socket.gethostname())
    return f"homeroom-{host}"[:LONGEST_NAME].rstrip("._-")


def _polled(portal: Api, authorization: dict[str, Any]) -> str:
    """Return the token once the code was confirmed; raises CommandError when it was refused or has expired."""
    interval = int(authorization["interval"])
    ends = time.monotonic() + int(authorization["expires_in"])
    while time.monotonic() < ends:
        time.sleep(interval)
        answer, code = portal.ask("/device/token", {"grant_type": GRANT, "device_code": authorization["device_code"]})
        if answer:
            return str(answer["access_token"])
        interval += SLOWER if code == "slow_down" else 0
    raise CommandError(Exit.NOT_SIGNED_IN, "The code has expired. Sign in again.")


def login(
    url: Annotated[str, typer.Option(envvar=credentials.URL, help="The portal's address.")],
    token_file: Annotated[Path | None, typer.Option(help="A file with the token; stdin unless given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sign in by an API token, which is read from stdin or a file and kept for its owner alone."""
    try:
        text = token_file.read_text() if token_file else _typed()
    except OSError as error:
        raise CommandError(Exit.USAGE, f"The token cannot be read: {error}.") from error
    entered = credentials.Credentials(credentials.checked_url(url), text.strip())
    if not entered.token.isascii() or not entered.token.isprintable() or not entered.token:
        raise CommandError(Exit.USAGE, "This is no token. Make one in the console, under API tokens.")
    _keep(entered, as_json=as_json)


def _keep(entered: credentials.Credentials, *, as_json: bool) -> None:
    """Keep a token that the portal takes, and show who it comes in as."""
    portal = Api(entered)
    try:
        me = portal.get("/me")
    finally:
        portal.close()
    credentials.save(entered)
    print_facts(me, WHO, as_json=as_json)


def logout() -> None:
    """Forget the token that is kept; revoke it in the console."""
    credentials.forget()


def whoami(as_json: AsJson = False) -> None:
    """Show who the token comes in as, and how far it goes."""
    print_facts(api().get("/me"), WHO, as_json=as_json)


def _typed() -> str:
    return getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.read()
