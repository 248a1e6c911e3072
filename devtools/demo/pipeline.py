"""What the demo does with the deployed stack's own pipeline: files in, analytics out, a rotation under load."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx

from devtools.demo import pulled
from devtools.demo.expected import MadeUp, differences, known
from devtools.demo.issuer import Issuer
from devtools.demo.office import ENDED, Office, OfficeError
from devtools.demo.rotation import errors_under_load
from devtools.demo.vendors import write_vendors
from devtools.demo.watching import Say
from devtools.services.portal import Portal
from processor.data.write import write_all

if TYPE_CHECKING:
    from registry.districts.models import District

AUTHORITY = Path("sandbox", "processes", "authority.pem")
"""In the portal's folder: who has signed the certificates of the embedded AWS (docs/sandbox.md)."""
READY_SECONDS, FILES_SECONDS, FIGURES_SECONDS = 180.0, 600.0, 240.0
LOOK_SECONDS, SAY_EVERY_SECONDS = 0.5, 10.0


@dataclass(frozen=True)
class RowCounts:
    """What the pipeline said about the files: rows by what became of them."""

    accepted: int
    rejected: int
    held: int

    def __add__(self, other: RowCounts) -> RowCounts:
        """Return both together."""
        return RowCounts(self.accepted + other.accepted, self.rejected + other.rejected, self.held + other.held)


def outputs(district: District) -> dict[str, str]:
    """Return the stack's outputs that are single texts."""
    rows = district.outputs.filter(sensitive=False).values_list("name", "value")
    return {name: value for name, value in rows if isinstance(value, str)}


def client(service: str, region: str) -> Any:
    """Return a client of the embedded AWS."""
    session: Any = boto3
    return session.client(service, region_name=region, endpoint_url=os.environ["HOMEROOM_AWS_ENDPOINT_URL"])


def until(condition: Callable[[], bool], portal: Portal, *, seconds: float, what: str, say: Say) -> None:
    """Wait for a condition; raises OfficeError when time is up, ServiceFailedError when a process died."""
    started = said_at = time.monotonic()
    pause = threading.Event()
    while not condition():
        for service in portal.services.values():
            if not service.is_running:
                raise service.failure(f"{service.name} ended")
        now = time.monotonic()
        if now - started > seconds:
            raise OfficeError(f"{what} did not come in {seconds:.0f} s.", remedy="Read the log groups of the stack.")
        if now - said_at >= SAY_EVERY_SECONDS:
            say(f"{now - started:5.0f} s  {what} ...")
            said_at = now
        pause.wait(LOOK_SECONDS)


def send_results(office: Office, portal: Portal, folder: Path, dataset: MadeUp, say: Say) -> RowCounts:
    """Upload every made-up file and wait for its end; raises OfficeError where one's rows are not as they were made."""
    expected = write_all(folder, rows=dataset.rows, seed=dataset.seed, year=dataset.year)
    roster, *others = sorted(expected)
    keys: dict[str, str] = {}
    # First the export with the roster, as a school does: rows whose student nobody knows would wait for it.
    for part in ([roster], others):
        keys |= {office.upload(folder / name): name for name in part}
        is_done = partial(all_ended, office, dict(keys))
        until(is_done, portal, seconds=FILES_SECONDS, what="The files' end", say=say)
    files = office.files()
    for key, name in keys.items():
        row, wanted = files[key], expected[name]
        counts = {"rows": row["rows_read"], "rejected": row["rows_rejected"]}
        if row["state"] != "merged" or counts != wanted:
            raise OfficeError(f"{name} is {row['state']} with {counts}, not {wanted}.", remedy="Read its report.")
        say(f"{name}: {row['rows_accepted']} rows accepted, {row['rows_rejected']} rejected")
    return taken_of([files[key] for key in keys])


def send_vendors(office: Office, portal: Portal, folder: Path, dataset: MadeUp, say: Say) -> RowCounts:
    """Upload a vendor's and a state's file, which mappings read; raises OfficeError where a row is missing."""
    expected = write_vendors(folder, dataset.seed)
    keys = {office.upload(folder / name): name for name in expected}
    until(partial(all_ended, office, keys), portal, seconds=FILES_SECONDS, what="The vendors' files", say=say)
    files = office.files()
    for key, name in keys.items():
        row = files[key]
        if row["state"] != "merged" or row["rows_accepted"] != expected[name]:
            raise OfficeError(f"{name} is {row['state']}, {row['rows_accepted']} rows.", remedy="Read its report.")
        say(f"{name}: {row['rows_accepted']} rows accepted, read as {row['format']}")
    return taken_of([files[key] for key in keys])


def pull_source(office: Office, portal: Portal, port: int, say: Say) -> RowCounts:
    """Add a OneRoster service as a source, and wait until all of it is stored; raises OfficeError."""
    with pulled.adding(office, port) as fetch:
        until(lambda: pulled.is_stored(fetch()), portal, seconds=FILES_SECONDS, what="The source's rows", say=say)
        source = fetch()
    if source is None:
        say("No source is pulled: this stack has no way out to the internet")
        return RowCounts(0, 0, 0)
    say(f"{pulled.NAME}: {source['rows']} rows pulled")
    return taken_of(source["batches"])


def taken_of(rows: Iterable[Mapping[str, Any]]) -> RowCounts:
    """Return the sums of files' rows."""
    listed = list(rows)
    return RowCounts(
        *(sum(int(row[f"rows_{word}"] or 0) for row in listed) for word in ("accepted", "rejected", "held"))
    )


def all_ended(office: Office, keys: Mapping[str, str]) -> bool:
    """Return whether nothing more will happen to these files."""
    files = office.files()
    return all(key in files and files[key]["state"] in ENDED for key in keys)


def wrong_answers(office: Office, dataset: MadeUp) -> list[str]:
    """Compare every occasion's answer by school with what the generator knows; nothing where all are right."""
    expected, errors = known(dataset), []
    occasions = {(row["assessment"], row["year"], row["period"]) for row in office.get("/v1/occasions")["rows"]}
    if occasions != set(expected):
        errors.append(f"The occasions are {sorted(occasions)}, not {sorted(expected)}.")
    for assessment, year, period in sorted(set(expected) & occasions):
        answer = office.get("/v1/aggregates", assessment=assessment, year=year, period=period, by="school")
        problems = differences(expected[assessment, year, period], answer["rows"])
        errors += [f"{assessment}, {period}: {problem}." for problem in problems]
    if "<svg" not in office.page("/results"):
        errors.append("The page of results has no chart.")
    return errors


def question(office: Office, dataset: MadeUp) -> Callable[[], httpx.Response]:
    """Return a question whose every answer writes a record of access to the database."""
    assessment, year, period = sorted(known(dataset))[0]
    return lambda: office.ask("/v1/aggregates", assessment=assessment, year=year, period=period, by="grade")


def shown_figures(district: District, portal: Portal, taken: RowCounts, say: Say) -> float:
    """Wait until the district's page shows what was taken in, as a worker read it from CloudWatch; return the hit rate.

    Raises OfficeError where the page's figures never come to what the API said.
    """
    from provisioning.health.pipeline_metrics import figures_of

    def is_told() -> bool:
        latest = figures_of(district)
        return (
            latest is not None
            and (latest.rows_accepted, latest.rows_rejected) == (taken.accepted, taken.rejected)
            and None not in (latest.cache_hit_percent, latest.oldest_message_seconds)
        )

    until(is_told, portal, seconds=FIGURES_SECONDS, what="The page's figures", say=say)
    figures = figures_of(district)
    assert figures is not None
    assert figures.cache_hit_percent is not None
    say(
        f"{figures.rows_accepted} rows accepted, {figures.rows_rejected} rejected, the oldest message waits "
        f"{figures.oldest_message_seconds} s, {figures.cache_hit_percent} % of questions answered by the cache"
    )
    return figures.cache_hit_percent


def show_pipeline(
    district: District,
    portal: Portal,
    issuer: Issuer,
    folder: Path,
    say: Say,
    dataset: MadeUp | None = None,
    source_port: int = 0,
) -> dict[str, int | float | bool]:
    """Do all of it with a district that is live, and return the figures; raises OfficeError."""
    dataset = dataset or MadeUp()
    stack_outputs = outputs(district)
    with Office(stack_outputs["service_url"], issuer.token(), folder / AUTHORITY) as office:
        until(office.is_ready, portal, seconds=READY_SECONDS, what="The service", say=say)
        taken = send_results(office, portal, folder / "data", dataset, say)
        problems = wrong_answers(office, dataset)
        for problem in problems:
            say(problem)
        say("The analytics say what the generator knows" if not problems else "The analytics are wrong")
        mapped = send_vendors(office, portal, folder / "vendors", dataset, say)
        from_source = pull_source(office, portal, source_port, say)
        taken += mapped + from_source
        failed, total = errors_under_load(
            client("secretsmanager", district.region), stack_outputs["database_secret_arn"], question(office, dataset)
        )
        say(f"The application's secret was rotated twice under {total} requests: {failed} failed")
    say("What the district's page shows")
    hit_rate = shown_figures(district, portal, taken, say)
    return {
        "rows_accepted": taken.accepted,
        "rows_rejected": taken.rejected,
        "rows_held": taken.held,
        "rows_mapped": mapped.accepted,
        "rows_pulled": from_source.accepted,
        "analytics_ok": not problems,
        "rotation_under_load_errors": failed,
        "cache_hit_percent": hit_rate,
    }
