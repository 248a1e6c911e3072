"""Puts the commands together, and turns every error into one clear line and an exit status."""

from __future__ import annotations

import functools
import sys
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from homeroom_cli.commands import district, drift, evidence, freeze, records, rollout, run, session, sessions
from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.inputs import close_all
from homeroom_cli.output import err, safe

USAGE_OF_TYPER = 2

app = typer.Typer(
    name="homeroom",
    no_args_is_help=True,
    help="Homeroom's command line: districts, runs and records of a portal, for people and pipelines.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("sign-in")(session.sign_in)
app.command()(session.login)
app.command()(session.logout)
app.command()(session.whoami)
app.add_typer(sessions.app, name="sessions")
app.add_typer(district.app, name="district")
app.add_typer(run.app, name="run")
app.add_typer(rollout.app, name="rollout")
app.add_typer(drift.app, name="drift")
app.add_typer(freeze.app, name="freeze")
app.add_typer(records.audit, name="audit")
app.add_typer(evidence.app, name="evidence")
app.add_typer(records.certificates, name="certificate")
app.add_typer(records.account, name="account")
# The three that are typed most, without the word before them.
app.command()(run.approve)
app.command()(run.discard)
app.command()(run.cancel)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Carry out a command line and end the process with its status."""
    sys.exit(status_of(sys.argv[1:] if arguments is None else arguments))


@functools.cache
def command() -> Any:
    """Return the command of all commands; making it takes longer than most of them, and it keeps nothing of a call."""
    return typer.main.get_command(app)


def status_of(arguments: list[str]) -> int:
    """Carry out a command line; return its exit status."""
    try:
        result = command().main(arguments, prog_name="homeroom", standalone_mode=False)
    except CommandError as error:
        err().print(f"homeroom: {safe(error.sentence)}", markup=False, style="red")
        for line in error.more:
            err().print(f"  {safe(line)}", markup=False)
        return error.status
    except TyperException as error:
        getattr(error, "show", lambda: None)()
        return Exit.USAGE if getattr(error, "exit_code", USAGE_OF_TYPER) == USAGE_OF_TYPER else Exit.REFUSED
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        # Whoever read along has had enough, as `head` does.
        sys.stderr.close()
        return Exit.SUCCEEDED
    finally:
        close_all()
    return int(result) if isinstance(result, int) else Exit.SUCCEEDED
