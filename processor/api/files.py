"""What the data office asks about its files: where to upload, how far a file is, which rows were refused and why."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from processor.access import Access, close_access, open_access
from processor.ingest.trial import TRIALS

INCOMING = "incoming/"
LARGEST = 5 * 1024**3
ADDRESS_SECONDS = 3600
CHUNK = 256 * 1024
COLUMNS = (
    "file_id, object_key, size_bytes, uploaded_at, state, format, encoding, rows_read, rows_accepted, rows_rejected, "
    "rows_held, notes, lines_read, files_ignored, students_named, students_matched, "
    "problem_code, problem, remedy, report_key IS NOT NULL AS has_report, received_at, "
    "finished_at, found, undone_at, undone_by, undone_why"
)


def upload_form(s3: Any, bucket: str, redirect: str, *, trial: bool = False) -> dict[str, Any]:
    """Return where a form sends a file, and its fields: straight to the bucket, up to 5 GB, under a folder of its own.

    A file below the folder of trials is read and checked, and nothing of it is stored. The browser puts the file's name
    for `${filename}` (Amazon S3, "Browser-based uploads using POST").
    """
    folder = f"{TRIALS if trial else INCOMING}{secrets.token_hex(8)}/"
    fields = {"success_action_redirect": redirect} if redirect else {"success_action_status": "201"}
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    conditions += [["content-length-range", 1, LARGEST]]
    presigned = s3.generate_presigned_post(
        bucket, folder + "${filename}", Fields=fields, Conditions=conditions, ExpiresIn=ADDRESS_SECONDS
    )
    return {"url": presigned["url"], "fields": presigned["fields"], "folder": folder, "expires_in": ADDRESS_SECONDS}


def files(pool: ConnectionPool[psycopg.Connection], *, limit: int = 50, before: int = 2**62) -> list[dict[str, Any]]:
    """Return the newest files."""
    return _rows(
        pool,
        f"SELECT {COLUMNS} FROM homeroom.file WHERE file_id < %s ORDER BY file_id DESC LIMIT %s",
        (before, limit),
    )


def file(pool: ConnectionPool[psycopg.Connection], file_id: int) -> dict[str, Any] | None:
    """Return one file's state."""
    rows = _rows(pool, f"SELECT {COLUMNS} FROM homeroom.file WHERE file_id = %s", (file_id,))
    return rows[0] if rows else None


def newest_of(pool: ConnectionPool[psycopg.Connection], bucket: str, key: str) -> dict[str, Any] | None:
    """Return the newest version's file of an object, or nothing where the worker has not heard of it yet."""
    query = f"SELECT {COLUMNS} FROM homeroom.file WHERE (bucket, object_key) = (%s, %s) ORDER BY file_id DESC LIMIT 1"
    rows = _rows(pool, query, (bucket, key))
    return rows[0] if rows else None


def rejected(
    pool: ConnectionPool[psycopg.Connection], file_id: int, *, limit: int = 100, after: int = -1
) -> list[dict[str, Any]]:
    """Return refused rows: where and why, without their values."""
    query = (
        "SELECT number, part, line, field, code, reason FROM homeroom.rejected_row "
        "WHERE file_id = %s AND number > %s ORDER BY number LIMIT %s"
    )
    return _rows(pool, query, (file_id, after, limit))


def report(
    pool: ConnectionPool[psycopg.Connection], s3: Any, bucket: str, access: Access, file_id: int
) -> tuple[str, Iterator[bytes]] | None:
    """Return the report's name and content: it holds values of refused rows, so the download is on the record.

    The record lists the students whose values the report shows.
    """
    with pool.connection() as connection, connection.transaction():
        row = connection.execute(
            "SELECT report_key, rows_rejected + rows_held FROM homeroom.file WHERE file_id = %s", (file_id,)
        ).fetchone()
        if row is None or row[0] is None:
            return None
        body = s3.get_object(Bucket=bucket, Key=row[0])["Body"]
        listed = connection.execute(
            "SELECT student FROM homeroom.report_student WHERE file_id = %s ORDER BY 1", (file_id,)
        ).fetchall()
        close_access(connection, open_access(connection, access, [student for (student,) in listed]), row[1])
    return safe_name(row[0]), body.iter_chunks(CHUNK)


def safe_name(key: str) -> str:
    """Return the end of a key as a name that any system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", key.rsplit("/", 1)[-1])[-100:] or "report.csv"


def _rows(pool: ConnectionPool[psycopg.Connection], query: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
    with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
