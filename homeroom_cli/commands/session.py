"""``homeroom login``, ``logout`` and ``whoami``."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from homeroom_cli import credentials
from homeroom_cli.api import Api
from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.inputs import api
from homeroom_cli.output import AsJson, print_facts

WHO = ("username", "role", "is_service", "token")


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
    given = credentials.Credentials(credentials.checked_url(url), text.strip())
    if not given.token.isascii() or not given.token.isprintable() or not given.token:
        raise CommandError(Exit.USAGE, "This is no token. Make one in the console, under API tokens.")
    me = Api(given).get("/me")
    credentials.save(given)
    print_facts(me, WHO, as_json=as_json)


def logout() -> None:
    """Forget the token that is kept; revoke it in the console."""
    credentials.forget()


def whoami(as_json: AsJson = False) -> None:
    """Show who the token comes in as, and how far it goes."""
    print_facts(api().get("/me"), WHO, as_json=as_json)


def _typed() -> str:
    return getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.read()
