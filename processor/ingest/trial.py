"""What storing a staged file would change, as counts; a trial asks before it merges and rolls everything back."""

from __future__ import annotations

from typing import Any

import psycopg

from processor.formats.base import NOT_TESTED
from processor.ingest.staging import stage
from processor.model import RESULT

TRIALS = "incoming/trial/"
"""Objects below this are tried: read, checked, merged and rolled back."""
STAGE = stage(RESULT).as_string(None)
COMPARED = ("scale_score", "performance_level", "taken_on", "school_id", "grade", "administration_id", "status")


def is_trial(key: str) -> bool:
    """Return whether an object is only to be tried."""
    return key.startswith(TRIALS)


def look(connection: psycopg.Connection, used: frozenset[str]) -> dict[str, Any]:
    """Return what is new, changed, the same and older, and how many students nobody knows yet; within the merge."""
    counts: dict[str, Any] = {"students": 0, "new_students": 0, "results": 0, "new_results": 0, "changed_results": 0,
                             "same_results": 0, "older_results": 0, "deleted_results": 0, "changed": {}}  # fmt: skip
    staged = [
        f"SELECT student FROM pg_temp.stage_{name} WHERE student IS NOT NULL{of_it}"
        for name, of_it in (("result", " AND NOT deleted"), ("student", ""))
        if name in used
    ]
    if staged:
        counts["students"], counts["new_students"] = _counts(
            connection,
            f"SELECT count(*), count(*) FILTER (WHERE t.student IS NULL) FROM ({' UNION '.join(staged)}) s "
            "LEFT JOIN homeroom.student t ON t.student = s.student AND NOT t.deleted",
        )
    if RESULT.name not in used:
        return counts
    # A school that an association has given is none of the result's own.
    stored = {name: f"r.{name}" for name in COMPARED} | {"school_id": "CASE WHEN NOT r.is_placed THEN r.school_id END"}
    differs = " OR ".join(f"{expression} IS DISTINCT FROM s.{name}" for name, expression in stored.items())
    column_counts = ", ".join(
        f"count(*) FILTER (WHERE r.record_id IS NOT NULL AND s.modified_at >= r.modified_at "
        f"AND {expression} IS DISTINCT FROM s.{name})"
        for name, expression in stored.items()
    )
    row = _counts(
        connection,
        "SELECT count(*) FILTER (WHERE NOT s.deleted), "
        "count(*) FILTER (WHERE NOT s.deleted AND r.record_id IS NULL), "
        f"count(*) FILTER (WHERE NOT s.deleted AND s.modified_at >= r.modified_at AND ({differs})), "
        f"count(*) FILTER (WHERE NOT s.deleted AND r.record_id IS NOT NULL AND NOT ({differs})), "
        f"count(*) FILTER (WHERE NOT s.deleted AND s.modified_at < r.modified_at AND ({differs})), "
        # Of a student who was not tested only a result that is there is taken out.
        f"count(*) FILTER (WHERE s.deleted AND (s.status IS DISTINCT FROM '{NOT_TESTED}' OR r.record_id IS NOT NULL)), "
        f"{column_counts} FROM {STAGE} s "
        "LEFT JOIN homeroom.result r ON r.record_id = s.record_id AND r.standard = coalesce(s.standard, '')",
    )
    names = ("results", "new_results", "changed_results", "same_results", "older_results", "deleted_results")
    counts.update(zip(names, row, strict=False))
    counts["changed"] = {name: count for name, count in zip(COMPARED, row[len(names) :], strict=True) if count}
    return counts


def _counts(connection: psycopg.Connection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(map(int, row)) if row else ()
