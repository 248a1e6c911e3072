"""``homeroom run``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from homeroom_cli.inputs import RunArgument, api, number
from homeroom_cli.output import AsJson, Limit, print_facts, print_rows
from homeroom_cli.watching import watch

app = typer.Typer(no_args_is_help=True, help="Runs: followed, decided on, canceled and retried.")
COLUMNS = {
    "number": "RUN",
    "district": "DISTRICT",
    "kind": "KIND",
    "state": "STATE",
    "requested_by": "BY",
    "created_at": "ASKED",
}
FACTS = (
    *("number", "district", "kind", "state", "reason", "requested_by", "created_at", "started_at", "finished_at"),
    *("add_count", "change_count", "remove_count", "approval_reasons", "decision", "decided_by", "change"),
    *("error_summary", "error_remedy"),
)
SHORT = ("number", "district", "kind", "state", "reason")
Comment = Annotated[str, typer.Option("--comment", "-m", help="What to say about it.")]
Watched = Annotated[bool, typer.Option("--watch", help="Follow the run; the exit status tells how it stands.")]
Timeout = Annotated[int, typer.Option(min=0, help="Seconds after which to stop following; 0 is never.")]


@app.command("list")
def list_runs(
    district: Annotated[str, typer.Option(help="Of a district, by its suffix.")] = "",
    state: Annotated[str, typer.Option(help="In a state, such as failed.")] = "",
    kind: Annotated[str, typer.Option(help="apply, plan, destroy or drift.")] = "",
    active: Annotated[bool, typer.Option("--active", help="Those that have not ended.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List runs, the newest first."""
    which = "active" if active else ""
    rows = api().all("/runs", limit, district=district, state=state, kind=kind, which=which)
    print_rows(rows, COLUMNS, as_json=as_json)


@app.command()
def show(run: RunArgument, as_json: AsJson = False) -> None:
    """Show a run."""
    print_facts(api().get(f"/runs/{number(run)}"), FACTS, as_json=as_json)


@app.command("watch")
def watch_run(run: RunArgument, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Follow a run live until it ends or waits for an approval; the exit status tells how it stands."""
    raise typer.Exit(watch(api(), number(run), as_json=as_json, timeout=timeout))


@app.command()
def changes(run: RunArgument, limit: Limit = 200, as_json: AsJson = False) -> None:
    """Show what a run's plan changes, value by value."""
    rows = api().all(f"/runs/{number(run)}/changes", limit)
    print_rows(rows, {"action": "ACTION", "address": "ADDRESS", "values": "VALUES"}, as_json=as_json)


@app.command()
def approve(
    run: RunArgument, comment: Comment = "", watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False
) -> None:
    """Approve the plan that waits; a worker applies this very plan."""
    _act(run, "approve", {"comment": comment}, watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def discard(run: RunArgument, comment: Comment = "", as_json: AsJson = False) -> None:
    """Discard the plan that waits; nothing of it is applied."""
    _act(run, "discard", {"comment": comment}, as_json=as_json)


@app.command()
def cancel(run: RunArgument, as_json: AsJson = False) -> None:
    """Ask a run to stop; Terraform finishes the resources in hand."""
    _act(run, "cancel", as_json=as_json)


@app.command()
def apply(run: RunArgument, watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Have the plan of a plan-only run applied as it is."""
    _act(run, "apply", watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def retry(run: RunArgument, watched: Watched = False, timeout: Timeout = 0, as_json: AsJson = False) -> None:
    """Start a new run in the place of one that failed, was canceled or discarded."""
    _act(run, "retry", watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def comment(
    run: RunArgument, text: Annotated[str, typer.Argument(help="What to say.")], as_json: AsJson = False
) -> None:
    """Say something about a run; it stays on record."""
    entry = api().post(f"/runs/{number(run)}/comments", {"comment": text})
    print_facts(entry, ("at", "by", "comment"), as_json=as_json)


def shown(run: dict[str, Any], *, watched: bool = False, timeout: int = 0, as_json: bool) -> None:
    """Print a run that was asked for, or follow it."""
    if watched:
        raise typer.Exit(watch(api(), run["number"], as_json=as_json, timeout=timeout))
    print_facts(run, SHORT, as_json=as_json)


def _act(
    run: str,
    act: str,
    body: dict[str, Any] | None = None,
    *,
    watched: bool = False,
    timeout: int = 0,
    as_json: bool,
) -> None:
    answer = api().post(f"/runs/{number(run)}/{act}", body)
    shown(answer, watched=watched, timeout=timeout, as_json=as_json)
