"""``homeroom freeze``."""

from __future__ import annotations

from typing import Annotated

import typer

from homeroom_cli.inputs import api, number
from homeroom_cli.output import AsJson, Limit, print_facts, print_rows

app = typer.Typer(no_args_is_help=True, help="Freezes: times in which no apply starts.")
COLUMNS = {
    "number": "FREEZE",
    "district": "DISTRICT",
    "account_id": "ACCOUNT",
    "reason": "REASON",
    "starts_at": "FROM",
    "ends_at": "UNTIL",
    "is_in_force": "IN FORCE",
}
FACTS = ("number", "district", "account_id", "reason", "starts_at", "ends_at", "is_in_force", "created_by", "ended_at")
FreezeArgument = Annotated[str, typer.Argument(metavar="FREEZE", help="A freeze's number, or - for JSON on stdin.")]


@app.command("list")
def list_freezes(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List freezes, the newest first."""
    print_rows(api().all("/freezes", limit), COLUMNS, as_json=as_json)


@app.command()
def create(
    reason: Annotated[str, typer.Option(help="Why; every run that is held shows it.")],
    starts: Annotated[str, typer.Option("--from", help="A moment with its offset, as 2026-04-13T08:00:00-05:00.")],
    ends: Annotated[str, typer.Option("--until", help="A moment with its offset.")],
    district: Annotated[str, typer.Option(help="A district's suffix; without it, and an account, the fleet.")] = "",
    account: Annotated[str, typer.Option(help="An AWS account's id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let no apply start from one moment to another."""
    body = {"reason": reason, "starts_at": starts, "ends_at": ends, "district": district, "account_id": account}
    print_facts(api().post("/freezes", body), FACTS, as_json=as_json)


@app.command()
def end(freeze: FreezeArgument, as_json: AsJson = False) -> None:
    """End a freeze before its time; what it holds goes on."""
    print_facts(api().post(f"/freezes/{number(freeze)}/end"), FACTS, as_json=as_json)
