"""``homeroom drift``."""

from __future__ import annotations

import typer

from homeroom_cli.commands.run import Timeout, Watched, shown
from homeroom_cli.inputs import DistrictArgument, api, suffix
from homeroom_cli.output import AsJson, err, print_json, print_rows

app = typer.Typer(no_args_is_help=True, help="Drift of a district: what it is, and what is done about it.")
COLUMNS = {"address": "ADDRESS", "path": "ATTRIBUTE", "before": "EXPECTED", "after": "ACTUAL", "gone": "GONE"}


@app.command()
def show(district: DistrictArgument, as_json: AsJson = False) -> None:
    """Show how AWS differs from the stack, by the last check."""
    drift = api().get(f"/districts/{suffix(district)}/drift")
    if as_json:
        print_json(drift)
        return
    err().print(f"{drift['drift'].replace('_', ' ')}, checked {drift['checked_at'] or 'never'}", markup=False)
    print_rows(drift["items"], COLUMNS, as_json=False)


@app.command()
def check(district: DistrictArgument, watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Ask for a check now."""
    _request_run(district, "check", watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def plan(district: DistrictArgument, watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Ask for the plan of a repair."""
    _request_run(district, "plan", watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def repair(district: DistrictArgument, watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Ask for the run that brings AWS back to what the stack says."""
    _request_run(district, "repair", watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def accept(district: DistrictArgument, watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Ask for the run that takes the drift over into the settings."""
    _request_run(district, "accept", watched=watched, timeout=timeout, as_json=as_json)


def _request_run(district: str, act: str, *, watched: bool, timeout: int, as_json: bool) -> None:
    run = api().post(f"/districts/{suffix(district)}/drift/{act}")
    shown(run, watched=watched, timeout=timeout, as_json=as_json)
