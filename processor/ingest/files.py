"""The table of files: one row for each version of each object, written only through here."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from processor.ingest.states import ENDED, FileState
from processor.problems import FileProblemError
from processor.reading.objects import ObjectAt

CLAIM = 7_301
"""The first half of the advisory lock on a file, held by its worker's connection: it ends with the process."""


@dataclass(frozen=True)
class Claim:
    """What came of asking for a file."""

    file_id: int
    free: bool
    state: FileState


def claim(connection: psycopg.Connection, which: ObjectAt) -> Claim:
    """Register the file unless it is known, and take it unless another worker has it, or it is done with."""
    connection.execute(
        "INSERT INTO homeroom.file (bucket, object_key, object_version, size_bytes, uploaded_at, state) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (bucket, object_key, object_version) DO NOTHING",
        (which.bucket, which.key, which.version, which.size, which.uploaded_at, FileState.RECEIVED),
    )
    row = connection.execute(
        "SELECT file_id, pg_try_advisory_lock(%s, file_id::int) FROM homeroom.file "
        "WHERE (bucket, object_key, object_version) = (%s, %s, %s)",
        (CLAIM, which.bucket, which.key, which.version),
    ).fetchone()
    if row is None:
        raise RuntimeError("A file that was just registered is not there.")
    # The state is read with the lock in hand: its last holder may have ended the file a moment ago.
    state = FileState(_state(connection, row[0]))
    return Claim(row[0], row[1], state)


def release(connection: psycopg.Connection, file_id: int) -> None:
    """Give a file back."""
    connection.execute("SELECT pg_advisory_unlock(%s, %s::int)", (CLAIM, file_id))


def begin(connection: psycopg.Connection, file_id: int) -> None:
    """Say that the file is being read, once more if it was before."""
    connection.execute(
        "UPDATE homeroom.file SET state = %s, started_at = now(), attempts = attempts + 1, problem_code = NULL, "
        "problem = NULL, remedy = NULL WHERE file_id = %s AND state <> ALL (%s)",
        (FileState.READING, file_id, list(ENDED)),
    )


def locked_unmerged(connection: psycopg.Connection, file_id: int) -> bool:
    """Within the merge's transaction: lock the file's row, and say whether it is still to be merged."""
    row = connection.execute("SELECT state FROM homeroom.file WHERE file_id = %s FOR UPDATE", (file_id,)).fetchone()
    return row is not None and row[0] not in ENDED


def end(
    connection: psycopg.Connection, file_id: int, state: FileState, problem: FileProblemError | None = None
) -> None:
    """Say how the file ended where nothing was merged."""
    details = (problem.code, problem.sentence, problem.remedy) if problem else (None, None, None)
    connection.execute(
        "UPDATE homeroom.file SET state = %s, finished_at = now(), problem_code = %s, problem = %s, remedy = %s "
        "WHERE file_id = %s AND state <> ALL (%s)",
        (state, *details, file_id, list(ENDED)),
    )


def _state(connection: psycopg.Connection, file_id: int) -> str:
    row = connection.execute("SELECT state FROM homeroom.file WHERE file_id = %s", (file_id,)).fetchone()
    return str(row[0]) if row else FileState.FAILED
