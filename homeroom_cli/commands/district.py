"""``homeroom district``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom_cli.commands.run import Timeout, Watched, shown
from homeroom_cli.inputs import DistrictArgument, Settings, api, object_of, settings_of, suffix
from homeroom_cli.output import AsJson, Limit, err, print_facts, print_json, print_rows
from homeroom_cli.watching import watch

app = typer.Typer(no_args_is_help=True, help="Districts: registered, planned, deployed, changed and destroyed.")
COLUMNS = {
    "suffix": "DISTRICT",
    "name": "NAME",
    "environment": "ENVIRONMENT",
    "region": "REGION",
    "size": "SIZE",
    "health": "HEALTH",
    "operation": "OPERATION",
    "drift": "DRIFT",
    "latest_run": "RUN",
}
FACTS = (
    *(
        "suffix",
        "name",
        "health",
        "operation",
        "status",
        "drift",
        "environment",
        "region",
        "size",
        "account_id",
        "cidr",
        "time_zone",
    ),
    *("registered_by", "registered_at", "live_at", "removed_at", "resources", "monthly_cost_usd", "active_run"),
    *("latest_run", "certificate", "outputs"),
)
RESOURCES = {"service": "SERVICE", "type": "TYPE", "address": "ADDRESS", "provider_id": "ID"}
PIPELINE = (
    *("watched", "measured_at", "rows_accepted", "rows_rejected", "oldest_message_seconds", "cache_hit_percent"),
    *("problem", "remedy"),
)
Reason = Annotated[str, typer.Option(help="Why; goes to the audit log.")]


@app.command("list")
def list_districts(
    q: Annotated[str, typer.Option("--search", help="A part of the name or suffix.")] = "",
    health: Annotated[str, typer.Option(help="Such as live or needs_attention.")] = "",
    status: Annotated[str, typer.Option(help="The stored state, such as provisioning.")] = "",
    drift: Annotated[str, typer.Option(help="in_sync, drifted or not_checked.")] = "",
    environment: Annotated[str, typer.Option(help="sandbox, staging or production.")] = "",
    region: Annotated[str, typer.Option(help="An AWS region.")] = "",
    size: Annotated[str, typer.Option(help="S, M or L.")] = "",
    account: Annotated[str, typer.Option(help="An AWS account's id.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List districts, the newest first."""
    query = {"q": q, "health": health, "status": status, "drift": drift, "environment": environment, "region": region}
    print_rows(api().all("/districts", limit, **query, size=size, account=account), COLUMNS, as_json=as_json)


@app.command()
def register(
    name: Annotated[str, typer.Option(help="The district's full name.")] = "",
    account: Annotated[str, typer.Option(help="The AWS account's id.")] = "",
    environment: Annotated[str, typer.Option(help="sandbox, staging or production.")] = "",
    size: Annotated[str, typer.Option(help="S, M or L.")] = "",
    region: Annotated[str, typer.Option(help="An AWS region.")] = "",
    slug: Annotated[str, typer.Option(help="Part of every name in AWS; made from the name unless given.")] = "",
    first: Annotated[str, typer.Option(help="The first run: deploy, plan, or nothing for a draft.")] = "deploy",
    file: Annotated[Path | None, typer.Option(help="A registration as a JSON object, - for stdin.")] = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    watched: Watched = False,
    timeout: Timeout = 0,
    as_json: AsJson = False,
) -> None:
    """Register a district and ask for its first run."""
    named = {"name": name, "account_id": account, "environment": environment, "size": size, "region": region}
    fields = {field: value for field, value in (named | {"slug": slug, "first": first}).items() if value}
    portal = api()
    district = portal.post("/districts", (object_of(file) if file else {}) | fields | settings_of(settings))
    if watched and district["active_run"]:
        raise typer.Exit(watch(portal, district["active_run"], as_json=as_json, timeout=timeout))
    print_facts(district, ("suffix", "name", "health", "operation", "cidr", "active_run"), as_json=as_json)


@app.command()
def show(district: DistrictArgument, as_json: AsJson = False) -> None:
    """Show a district with its outputs."""
    print_facts(api().get(f"/districts/{suffix(district)}"), FACTS, as_json=as_json)


@app.command()
def resources(district: DistrictArgument, limit: Limit = 200, as_json: AsJson = False) -> None:
    """List what exists in AWS of a district's stack."""
    print_rows(api().all(f"/districts/{suffix(district)}/resources", limit), RESOURCES, as_json=as_json)


@app.command()
def pipeline(district: DistrictArgument, as_json: AsJson = False) -> None:
    """Show what a district's pipeline is doing: rows, the queue's age, the cache's hit rate."""
    print_facts(api().get(f"/districts/{suffix(district)}/pipeline"), PIPELINE, as_json=as_json)


@app.command()
def plan(
    district: DistrictArgument,
    reason: Reason = "",
    watched: Watched = False,
    timeout: Timeout = 0,
    as_json: AsJson = False,
) -> None:
    """Ask for a plan: what would change, without changing it."""
    _request_run(district, "plan", {"reason": reason}, watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def deploy(
    district: DistrictArgument,
    reason: Reason = "",
    watched: Watched = False,
    timeout: Timeout = 0,
    as_json: AsJson = False,
) -> None:
    """Ask for an apply: bring AWS to what the stack says."""
    _request_run(district, "deploy", {"reason": reason}, watched=watched, timeout=timeout, as_json=as_json)


@app.command()
def settings(
    district: DistrictArgument,
    changed: Settings = [],  # noqa: B006 - Typer copies it
    file: Annotated[Path | None, typer.Option(help="Settings as a JSON object, - for stdin.")] = None,
    watched: Watched = False,
    timeout: Timeout = 0,
    as_json: AsJson = False,
) -> None:
    """Show the settings; with --set or --file, ask for the run that changes them, where they differ."""
    portal, path = api(), f"/districts/{suffix(district)}/settings"
    now, tag = portal.get_with_tag(path)
    changes = (object_of(file) if file else {}) | settings_of(changed)
    if not changes:
        print_facts(now, tuple(now), as_json=as_json)
        return
    if all(name in now and now[name] == value for name, value in changes.items()):
        # What a script asks for twice is done once: nothing is left to change.
        err().print("The district has these settings.")
        if as_json:
            print_json(None)
        return
    run = portal.patch(path, changes, tag)
    shown(run, watched=watched, timeout=timeout, as_json=as_json)


@app.command("time-zone")
def time_zone(
    district: DistrictArgument,
    zone: Annotated[str, typer.Argument(metavar="TIME-ZONE", help="Such as America/Chicago.")],
    as_json: AsJson = False,
) -> None:
    """Give a district another time zone: its own windows and last days follow."""
    changed = api().post(f"/districts/{suffix(district)}/time-zone", {"time_zone": zone})
    print_facts(changed, ("time_zone", "windows"), as_json=as_json)


@app.command()
def destroy(
    district: DistrictArgument,
    confirm: Annotated[str, typer.Option(help="The environment's full name once more, such as lakeside-sbx.")],
    reason: Annotated[str, typer.Option(help="Why; goes to the audit log.")],
    snapshot: Annotated[
        bool | None, typer.Option("--snapshot/--no-snapshot", help="Keep a final snapshot of the database.")
    ] = None,
    watched: Watched = False,
    timeout: Timeout = 0,
    as_json: AsJson = False,
) -> None:
    """Ask for the end of a district's environment."""
    body = {"confirm": confirm, "reason": reason, "final_snapshot": snapshot}
    _request_run(district, "destroy", body, watched=watched, timeout=timeout, as_json=as_json)


def _request_run(district: str, act: str, body: dict[str, Any], *, watched: bool, timeout: int, as_json: bool) -> None:
    run = api().post(f"/districts/{suffix(district)}/{act}", body)
    shown(run, watched=watched, timeout=timeout, as_json=as_json)
