"""Reads a made-up file with the mappings, and tells what would be stored: the reading half, without a database."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from processor.formats.base import Reading
from processor.ingest.preview import Collected, row_of
from processor.ingest.reading import Outcome, read_upload
from processor.ingest.report import Report
from processor.mappings.recognition import Recognition
from processor.problems import RefusedCell
from processor.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms({"pseudonym_key": "a key that never leaves the secret"})


@dataclass
class Read:
    """What came of reading."""

    outcome: Outcome
    sink: Collected
    refused: list[RefusedCell]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the results as a person reads them."""
        return [row_of(self.sink, result) for result in self.sink.results]

    @property
    def formats(self) -> set[str]:
        """Return the names of the mappings, without their versions."""
        return {name.partition(" (")[0] for name in self.outcome.formats}


def read(
    content: bytes | str,
    name: str = "results.csv",
    recognition: Recognition | None = None,
    district_ids: frozenset[str] = frozenset(),
) -> Read:
    """Read a file as the worker does."""
    data = content.encode() if isinstance(content, str) else content
    sink, report = Collected(), Report()
    try:
        outcome = read_upload(
            io.BytesIO(data),
            name=name,
            size=len(data),
            reading=Reading(PSEUDONYMS, datetime(2026, 8, 1, tzinfo=UTC), district_ids),
            staging=sink,  # type: ignore[arg-type]
            report=report,
            recognition=recognition,
        )
        return Read(outcome, sink, list(report.kept))
    finally:
        report.close()


def table(*rows: dict[str, str], delimiter: str = ",", titles: tuple[str, ...] = ()) -> str:
    """Return a CSV of rows by column, below title lines where there are any."""
    out = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    out.writelines(f"{line}\n" for line in titles)
    written = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator="\n", restval="")
    written.writeheader()
    written.writerows(rows)
    return out.getvalue()
