"""``homeroom evidence``: packages for auditors, asked for, taken, and verified without the portal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom_cli.api import Api
from homeroom_cli.evidence_package import anchors_in, verified_package
from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.genuine import NotGenuineError
from homeroom_cli.inputs import DistrictArgument, api, number, suffix, text_of
from homeroom_cli.output import AsJson, Limit, print_facts, print_not_genuine, print_rows

app = typer.Typer(no_args_is_help=True, help="Packages of evidence for auditors.")
COLUMNS = {"number": "PACKAGE", "since": "FROM", "until": "UNTIL", "made_at": "MADE", "sha256": "SHA-256"}
FACTS = (*COLUMNS, "requested_by", "requested_at", "size", "problem", "has_file")
STREAMS = {
    "destination": "DESTINATION",
    "position": "LINK",
    "moved_at": "MOVED",
    "failing_since": "FAILING SINCE",
    "last_error": "ERROR",
}
DRILLS = {
    "district": "DISTRICT",
    "day": "DAY",
    "minutes": "MINUTES",
    "succeeded": "SUCCEEDED",
    "recovery_point": "FROM",
}
LOOK_SECONDS = 2
PackageArgument = Annotated[str, typer.Argument(metavar="PACKAGE", help="A package's number, or - for JSON on stdin.")]


@app.command("list")
def list_packages(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List packages, the newest first."""
    print_rows(api().all("/evidence", limit), COLUMNS, as_json=as_json)


@app.command()
def request(
    since: Annotated[str, typer.Option(help="The first day, such as 2026-01-01.")],
    until: Annotated[str, typer.Option(help="The last day.")],
    as_json: AsJson = False,
) -> None:
    """Have a worker make a package of the evidence of a period."""
    print_facts(api().post("/evidence", {"since": since, "until": until}), FACTS, as_json=as_json)


@app.command()
def show(package: PackageArgument, as_json: AsJson = False) -> None:
    """Show a package, and whether it is made."""
    print_facts(api().get(f"/evidence/{number(package)}"), FACTS, as_json=as_json)


@app.command()
def download(
    package: PackageArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file that is written, a ZIP archive.")],
    wait: Annotated[int, typer.Option(min=0, help="Wait so many seconds for it to be made.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write a package's archive into a file."""
    portal, package_number = api(), number(package)
    record = _wait_for_package(portal, package_number, wait)
    if portal.save(f"/evidence/{package_number}/file", output) != record["sha256"]:
        raise CommandError(Exit.NOT_GENUINE, f"{output} is not what the portal says it is. Download it again.")
    print_facts({"file": str(output), "sha256": record["sha256"]}, ("file", "sha256"), as_json=as_json)


@app.command()
def drill(
    district: DistrictArgument,
    day: Annotated[str, typer.Option(help="The day of the drill, such as 2026-03-14.")],
    source: Annotated[str, typer.Option("--from", help="The recovery point: its ARN, or its name.")],
    minutes: Annotated[int, typer.Option(min=1, help="How long it took.")],
    succeeded: Annotated[bool, typer.Option("--succeeded/--failed", help="Whether the data was there again.")] = True,
    findings: Annotated[str, typer.Option(help="What was found; needed where it failed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put on record that a restore of a district was drilled."""
    body = {"day": day, "recovery_point": source, "minutes": minutes, "succeeded": succeeded, "findings": findings}
    record = api().post(f"/districts/{suffix(district)}/restore-drills", body)
    print_facts(record, (*DRILLS, "findings", "recorded_by", "recorded_at"), as_json=as_json)


@app.command("drills")
def list_drills(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List restores that were drilled, the newest first."""
    print_rows(api().all("/restore-drills", limit), DRILLS, as_json=as_json)


@app.command()
def streams(as_json: AsJson = False) -> None:
    """Show how far each destination has the audit log."""
    print_rows(api().get("/evidence/streams")["items"], STREAMS, as_json=as_json)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The package's file.")],
    key: Annotated[
        list[Path],
        typer.Option(help="A public key of the portal, kept from its /certificates/key. Can be given often."),
    ],
    anchor: Annotated[
        list[Path] | None,
        typer.Option(help="A file with anchors that were kept elsewhere, one per line. Can be given often."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a package's file by key files, without the portal: its list, files, certificates, chain and anchors."""
    pems = [text_of(path) for path in key]
    anchors = [item for path in anchor or [] for item in anchors_in(path)]
    try:
        package = verified_package(file, pems, anchors)
    except OSError as error:
        raise CommandError(Exit.USAGE, f"{file} cannot be read: {error.strerror}.") from error
    except NotGenuineError as error:
        print_not_genuine(file, str(error), as_json=as_json)
        raise typer.Exit(Exit.NOT_GENUINE) from error
    facts = {
        "genuine": True,
        **{name: package.document.get(name) for name in ("package", "since", "until", "made_at")},
        "files": len(package.document["files"]),
        "certificates": package.certificates,
        "events": package.events,
        "anchors": package.anchors,
    }
    print_facts(facts, facts, as_json=as_json)


def _wait_for_package(portal: Api, package_number: int, wait: int) -> dict[str, Any]:
    """Return a package once it is made; raises CommandError for one that cannot be, or is not in time."""
    end = time.monotonic() + wait
    while True:
        record: dict[str, Any] = portal.get(f"/evidence/{package_number}")
        if record["has_file"]:
            return record
        if record["problem"] or record["made_at"]:
            raise CommandError(Exit.REFUSED, record["problem"] or "The file is not there. Request the package again.")
        if time.monotonic() >= end:
            raise CommandError(Exit.STILL_RUNNING, "The package is not made yet. Come again, or give --wait.")
        time.sleep(LOOK_SECONDS)
