"""``homeroom sessions``."""

from __future__ import annotations

from typing import Annotated

import typer

from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.inputs import api, number
from homeroom_cli.output import AsJson, print_rows

app = typer.Typer(no_args_is_help=True, help="Your own sessions in the console.")
COLUMNS = {
    "number": "SESSION",
    "began_at": "SINCE",
    "last_seen_at": "LAST SEEN",
    "address": "ADDRESS",
    "browser": "BROWSER",
}


@app.command("list")
def list_sessions(as_json: AsJson = False) -> None:
    """List the browsers that you came in with, the newest first."""
    print_rows(api().get("/me/sessions")["items"], COLUMNS, as_json=as_json)


@app.command()
def end(
    session: Annotated[
        str | None, typer.Argument(metavar="SESSION", help="A session's number, or - for JSON on stdin.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="End all of them; tokens stay.")] = False,
    as_json: AsJson = False,
) -> None:
    """End a session of yours, or all; show those that are left."""
    if (session is None) != every:
        raise CommandError(Exit.USAGE, "Give a session's number, or --all.")
    path = "/me/sessions/end" if session is None else f"/me/sessions/{number(session)}/end"
    print_rows(api().post(path)["items"], COLUMNS, as_json=as_json)
