"""A file as it was read into staging, and how it ended: what merge and trial hand on, and its row at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from processor.ingest.crosswalk import Matches
from processor.ingest.reading import Outcome, not_all_told
from processor.ingest.report import Report
from processor.ingest.states import FileState
from processor.reading.objects import ObjectAt


@dataclass(frozen=True)
class ReadFile:
    """One object whose rows are staged, and all that was learned while it was read."""

    which: ObjectAt
    file_id: int
    request: str
    outcome: Outcome
    used: frozenset[str]
    """The tables that have staged rows."""
    report: Report
    digest: bytes | None
    """SHA-256 of its bytes; None where not all of them were read, as of an archive."""

    def accepted(self, held: int) -> int:
        """Return how many rows count; raises FileProblemError where more were refused and held than there are."""
        accepted = self.outcome.rows - self.report.lines - held
        if accepted < 0:
            raise not_all_told(self.which.key.rpartition("/")[2])
        return accepted


@dataclass(frozen=True)
class Merged:
    """What came of the staged rows; `found` is what a trial has seen, and None where they were merged for good."""

    accepted: int
    held: int
    changed: int
    matches: Matches
    found: dict[str, Any] | None = None


def finish(connection: psycopg.Connection, read: ReadFile, merged: Merged, report_key: str) -> None:
    """Write how the file ended: merged, or tried where something was found."""
    file_id, outcome, report = read.file_id, read.outcome, read.report
    connection.execute("DELETE FROM homeroom.rejected_row WHERE file_id = %s", (file_id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO homeroom.rejected_row (file_id, number, part, line, field, code, reason) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            list(report.kept_rows(file_id)),
        )
    connection.execute("DELETE FROM homeroom.report_student WHERE file_id = %s", (file_id,))
    connection.execute(
        "INSERT INTO homeroom.report_student SELECT DISTINCT %s::bigint, unnest(%s::uuid[])",
        (file_id, sorted(report.students)),
    )
    if merged.changed:
        connection.execute("UPDATE homeroom.data_version SET version = version + 1, changed_at = now()")
    fields = {
        "state": FileState.MERGED if merged.found is None else FileState.TRIED,
        "format": ", ".join(sorted(outcome.formats)),
        "encoding": ", ".join(sorted(outcome.encodings)),
        "rows_read": outcome.rows,
        "rows_accepted": merged.accepted,
        "rows_rejected": report.lines,
        "rows_held": merged.held,
        "report_key": report_key,
        "digest": read.digest,
        "lines_read": outcome.lines,
        "files_ignored": outcome.ignored,
        "notes": report.notes,
        "students_named": merged.matches.named,
        "students_matched": merged.matches.matched,
        "found": Jsonb(merged.found) if merged.found is not None else None,
    }
    columns = ", ".join(f"{name} = %({name})s" for name in fields)
    connection.execute(
        f"UPDATE homeroom.file SET finished_at = now(), {columns}, "
        "data_version = (SELECT version FROM homeroom.data_version) WHERE file_id = %(file_id)s",
        {**fields, "file_id": file_id},
    )
