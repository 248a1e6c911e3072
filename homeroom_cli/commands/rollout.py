"""``homeroom rollout``."""

from __future__ import annotations

from typing import Annotated

import typer

from homeroom_cli.inputs import RolloutArgument, Settings, api, number, settings_of
from homeroom_cli.output import AsJson, Limit, print_facts, print_rows

app = typer.Typer(no_args_is_help=True, help="Rollouts: one change of many districts, in waves.")
COLUMNS = {"number": "ROLLOUT", "state": "STATE", "what": "WHAT", "wave": "WAVE", "standings": "DISTRICTS"}
FACTS = (
    *("number", "state", "what", "reason", "requested_by", "waves", "wave", "at_once", "halt_percent"),
    *("halt_failures", "halt_reason", "standings", "created_at", "finished_at"),
)


@app.command("list")
def list_rollouts(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List rollouts, the newest first."""
    print_rows(api().all("/rollouts", limit), COLUMNS, as_json=as_json)


@app.command()
def start(
    reason: Annotated[str, typer.Option(help="Why; goes to each run and to the audit log.")],
    change: Settings = [],  # noqa: B006 - Typer copies it
    district: Annotated[list[str], typer.Option(help="A suffix. Can be given often.")] = [],  # noqa: B006
    environment: Annotated[list[str], typer.Option(help="All of an environment. Can be given often.")] = [],  # noqa: B006
    region: Annotated[list[str], typer.Option(help="All of a region. Can be given often.")] = [],  # noqa: B006
    size: Annotated[list[str], typer.Option(help="All of a size. Can be given often.")] = [],  # noqa: B006
    waves: Annotated[str, typer.Option(help="How many districts are reached after each.")] = "2, 10%, 50%, 100%",
    at_once: Annotated[int, typer.Option(help="Runs at a time.")] = 5,
    halt_failures: Annotated[int, typer.Option(help="Failed runs that halt it.")] = 3,
    halt_percent: Annotated[int, typer.Option(help="Percent of failed runs above which it halts.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Start a rollout; without --set the latest stack is applied."""
    body = {
        "reason": reason,
        "change": settings_of(change),
        "districts": district,
        "environments": environment,
        "regions": region,
        "sizes": size,
        "waves": waves,
        "at_once": at_once,
        "halt_failures": halt_failures,
        "halt_percent": halt_percent,
    }
    print_facts(api().post("/rollouts", body), FACTS, as_json=as_json)


@app.command()
def show(rollout: RolloutArgument, as_json: AsJson = False) -> None:
    """Show a rollout."""
    print_facts(api().get(f"/rollouts/{number(rollout)}"), FACTS, as_json=as_json)


@app.command()
def districts(rollout: RolloutArgument, limit: Limit = 200, as_json: AsJson = False) -> None:
    """List a rollout's districts, each with its run."""
    columns = {"district": "DISTRICT", "wave": "WAVE", "standing": "STANDING", "run": "RUN", "skipped": "LEFT OUT"}
    print_rows(api().all(f"/rollouts/{number(rollout)}/districts", limit), columns, as_json=as_json)


@app.command()
def pause(rollout: RolloutArgument, as_json: AsJson = False) -> None:
    """Start no further run; those that run go on."""
    _act(rollout, "pause", as_json=as_json)


@app.command()
def resume(rollout: RolloutArgument, as_json: AsJson = False) -> None:
    """Go on; after a halt the failures so far are accepted."""
    _act(rollout, "resume", as_json=as_json)


@app.command()
def abort(rollout: RolloutArgument, as_json: AsJson = False) -> None:
    """End a rollout for good."""
    _act(rollout, "abort", as_json=as_json)


def _act(rollout: str, act: str, *, as_json: bool) -> None:
    print_facts(api().post(f"/rollouts/{number(rollout)}/{act}"), FACTS, as_json=as_json)
