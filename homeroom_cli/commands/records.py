"""``homeroom audit``, ``homeroom certificate`` and ``homeroom account``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.genuine import NotGenuineError, verified
from homeroom_cli.inputs import CertificateArgument, api, certificate_number, text_of
from homeroom_cli.output import AsJson, Limit, print_facts, print_json, print_not_genuine, print_rows

audit = typer.Typer(no_args_is_help=True, help="The audit log: read, handed out, and verified.")
certificates = typer.Typer(no_args_is_help=True, help="Certificates of removal.")
account = typer.Typer(no_args_is_help=True, help="AWS accounts and their preflights.")
EVENTS = {"at": "AT", "actor": "WHO", "action": "ACT", "outcome": "OUTCOME", "district": "DISTRICT", "message": "WHAT"}
CERTIFICATES = {
    "number": "CERTIFICATE",
    "district": "DISTRICT",
    "run": "RUN",
    "issued_at": "ISSUED",
    "sha256": "SHA-256",
}
ANCHORS = {"position": "LINK", "hash": "HASH", "at": "AT", "locked_until": "LOCKED UNTIL", "key": "OBJECT"}
Since = Annotated[str, typer.Option(help="From this day on, such as 2026-01-31.")]
Until = Annotated[str, typer.Option(help="To the end of this day.")]
OfDistrict = Annotated[str, typer.Option(help="A part of a district's name or suffix.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A file; stdout unless given.")]


@audit.command("list")
def list_events(
    actor: Annotated[str, typer.Option(help="A part of a user name.")] = "",
    action: Annotated[str, typer.Option(help="An act, such as run:create.")] = "",
    district: OfDistrict = "",
    since: Since = "",
    until: Until = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List events, the newest first."""
    query = {"actor": actor, "action": action, "district": district, "since": since, "until": until}
    print_rows(api().all("/audit", limit, **query), EVENTS, as_json=as_json)


@audit.command()
def export(
    output: Output = None,
    district: OfDistrict = "",
    since: Since = "",
    until: Until = "",
    as_json: AsJson = False,
) -> None:
    """Write the record as lines of JSON, the oldest first, with the hashes of its chain."""
    count = _written("/audit/export", output, district=district, since=since, until=until)
    if output is not None:
        print_facts({"file": str(output), "events": count}, ("file", "events"), as_json=as_json)


@audit.command()
def access(output: Output = None, as_json: AsJson = False) -> None:
    """Write the access review as lines of JSON: who may do what and where, since when, by whom, and when last used."""
    count = _written("/people/access/export", output)
    if output is not None:
        print_facts({"file": str(output), "rows": count}, ("file", "rows"), as_json=as_json)


@audit.command()
def anchors(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List links of the chain that lie where nobody can change them, the newest first."""
    print_rows(api().all("/audit/anchors", limit), ANCHORS, as_json=as_json)


@audit.command()
def verify(
    expected: Annotated[str, typer.Option(help="A head that was noted before and has to be in the chain.")] = "",
    as_json: AsJson = False,
) -> None:
    """Have the portal compute the whole chain anew."""
    result = api().post("/audit/verify", {"expected": expected})
    print_facts(result, ("intact", "events", "head", "problem"), as_json=as_json)
    if not result["intact"]:
        raise typer.Exit(Exit.NOT_GENUINE)


@certificates.command("list")
def list_certificates(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List certificates, the newest first."""
    print_rows(api().all("/certificates", limit), CERTIFICATES, as_json=as_json)


@certificates.command("show")
def show_certificate(certificate: CertificateArgument, as_json: AsJson = False) -> None:
    """Show a certificate."""
    facts = ("number", "district", "run", "issued_at", "sha256", "key_id", "problem")
    print_facts(api().get(f"/certificates/{certificate_number(certificate)}"), facts, as_json=as_json)


@certificates.command("download")
def download_certificate(
    certificate: CertificateArgument,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Write a certificate's signed file."""
    document = api().get(f"/certificates/{certificate_number(certificate)}/file")
    if output is None:
        print_json(document)
        return
    output.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    print_facts({"file": str(output), "sha256": document["sha256"]}, ("file", "sha256"), as_json=as_json)


@certificates.command("verify")
def verify_certificate(
    file: Annotated[Path, typer.Argument(help="The certificate's file.")],
    key: Annotated[Path, typer.Option(help="The portal's public key, kept from its /certificates/key.")],
    as_json: AsJson = False,
) -> None:
    """Verify a certificate's file by a key file, without the portal."""
    text, pem = text_of(file), text_of(key)
    try:
        document = verified(text, [pem])
    except NotGenuineError as error:
        print_not_genuine(file, str(error), as_json=as_json)
        raise typer.Exit(Exit.NOT_GENUINE) from error
    facts = {"genuine": True, "certificate": document.get("certificate"), "district": document.get("district")}
    print_facts(facts, facts, as_json=as_json)


@account.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List the AWS accounts."""
    columns = {"account_id": "ACCOUNT", "name": "NAME", "role_arn": "ROLE"}
    print_rows(api().get("/accounts")["items"], columns, as_json=as_json)


@account.command()
def preflight(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    region: Annotated[str, typer.Option(help="Have a worker look at this region now.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the last look at each region of an account; with --region, ask for one."""
    columns = {"region": "REGION", "is_under_way": "RUNNING", "is_right": "FINE", "checked_at": "CHECKED"}
    path = f"/accounts/{account_id}/preflights"
    if region:
        print_facts(api().post(path, {"region": region}), columns, as_json=as_json)
        return
    print_rows(api().get(path)["items"], columns, as_json=as_json)


def _written(path: str, output: Path | None, **query: Any) -> int:
    """Write lines into a file and return how many, or print them; raises CommandError for a file that cannot be."""
    count = 0
    with api().lines(path, **query) as lines:
        if output is None:
            for line in lines:
                typer.echo(line)
            return 0
        try:
            with output.open("w") as file:
                for line in lines:
                    file.write(f"{line}\n")
                    count += 1
        except OSError as error:
            raise CommandError(Exit.USAGE, f"{output} cannot be written: {error.strerror}.") from error
    return count
