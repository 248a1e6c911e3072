"""What the data office does with sources: list and add them, enter their secret, pause, resume, try, pull, remove.

An id and a secret go to Secrets Manager and are never read here: this process may write them and not read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from processor import aws
from processor.access import Access
from processor.api.services import Services
from processor.ingest.worker import ROLE as WRITER
from processor.sources import credentials, store
from processor.sources.address import Reach
from processor.sources.client import Credentials
from processor.sources.model import Kind, Source, State, Wish
from processor.sources.problems import SourceProblemError

NO_WAY_OUT = "none"
LONGEST_CREDENTIAL = 1000
LIST = """
    SELECT s.source_id, s.kind, s.name, s.address, s.token_address, s.every_minutes, s.state, s.added_by, s.added_at,
           s.wish, s.asked_at, s.pulled_at, s.tested_at, s.found, s.failures, s.problem_code, s.problem, s.remedy,
           s.credential_version IS NOT NULL AS has_credentials,
           CASE WHEN s.state = 'active' THEN s.next_pull_at END AS next_pull_at,
           (SELECT coalesce(sum(c.rows), 0)::bigint FROM homeroom.source_cursor c
            WHERE c.source_id = s.source_id) AS rows
    FROM homeroom.source s WHERE s.state <> 'removed'
"""
CURSORS = """
    SELECT resource, position, rows, moved_at FROM homeroom.source_cursor WHERE source_id = %s ORDER BY resource
"""
BATCHES = """
    SELECT b.resource, b.rows, b.is_trial, b.pulled_at, f.file_id, f.state, f.rows_accepted, f.rows_rejected,
           f.rows_held, f.problem FROM homeroom.source_batch b
    LEFT JOIN homeroom.file f ON f.object_key = b.object_key WHERE b.source_id = %s ORDER BY b.pulled_at DESC LIMIT 50
"""


@dataclass(frozen=True)
class Wanted:
    """A source as a person enters it."""

    kind: Kind
    name: str
    address: str
    token_address: str
    every_minutes: int
    client_id: str
    client_secret: str

    def source(self) -> Source:
        """Return it without its secret."""
        return Source(
            0, self.kind, self.name.strip(), self.address, self.token_address, self.every_minutes, State.PAUSED
        )


def obstacle(services: Services) -> str:
    """Return why no source can be had here; nothing where they can."""
    if not services.settings.sources_secret:
        return "This district's stack has no place for the secrets of sources yet: it has to be updated first."
    if services.settings.way_out == NO_WAY_OUT:
        return (
            "This district's tasks have no way out to the internet, so that no source can be reached. Upload its "
            "files instead, or ask whoever runs Homeroom for NAT egress."
        )
    return ""


def listed(services: Services) -> list[dict[str, Any]]:
    """Return every source that was not removed, without anything secret."""
    with services.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"{LIST} ORDER BY lower(s.name)").fetchall()


def find_source(services: Services, source_id: int) -> dict[str, Any] | None:
    """Return a source with how far each resource was pulled, its latest batches and what became of each."""
    with services.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(f"{LIST} AND s.source_id = %s", (source_id,)).fetchone()
        if row is None:
            return None
        return {
            **row,
            "cursors": cursor.execute(CURSORS, (source_id,)).fetchall(),
            "batches": cursor.execute(BATCHES, (source_id,)).fetchall(),
        }


def added(services: Services, wanted: Wanted, access: Access) -> int:
    """Add a source with its secret, and return its number; raises SourceProblemError."""
    if why := obstacle(services):
        raise SourceProblemError("not_here", why, "Nothing was added.")
    _checked(wanted)
    with _writing(services) as connection:
        reach = Reach(services.settings.sources_let_in)
        source_id = store.add(connection, wanted.source(), reach, access)
        _keep(services, connection, source_id, wanted.client_id, wanted.client_secret, access)
    _notify_worker(services, source_id)
    return source_id


def given_credentials(services: Services, source_id: int, client_id: str, secret: str, access: Access) -> None:
    """Put another id and secret in place of a source's; raises SourceProblemError, NoSourceError."""
    _checked(Wanted(Kind.EDFI, "", "", "", 0, client_id, secret))
    if find_source(services, source_id) is None:
        raise store.NoSourceError("There is no such source.")
    with _writing(services) as connection:
        _keep(services, connection, source_id, client_id, secret, access)
    _notify_worker(services, source_id)


def changed(services: Services, source_id: int, state: State, access: Access) -> None:
    """Pause, resume or remove a source; with a removed one its secret goes. Raises NoSourceError."""
    with _writing(services) as connection:
        version = store.change(connection, source_id, state, access)
    if state == State.REMOVED and version is not None:
        manager = aws.client("secretsmanager")
        credentials.forget(manager, services.settings.sources_secret, source_id, version)
    _notify_worker(services, source_id)


def wished(services: Services, source_id: int, wanted: Wish, access: Access) -> None:
    """Ask the worker to pull, try or test a source now; raises NoSourceError."""
    with _writing(services) as connection:
        store.wish(connection, source_id, wanted, access)
    _notify_worker(services, source_id)


def begun_anew(services: Services, source_id: int, access: Access) -> None:
    """Ask the worker to pull all of a source once more; raises NoSourceError."""
    with _writing(services) as connection:
        store.begin_anew(connection, source_id, access)
    _notify_worker(services, source_id)


def _writing(services: Services) -> Any:
    return services.connections.opened(WRITER, autocommit=True)


def _checked(wanted: Wanted) -> None:
    for credential in (wanted.client_id, wanted.client_secret):
        if not credential or len(credential) > LONGEST_CREDENTIAL or not credential.isprintable():
            raise SourceProblemError("credentials", "A source needs a client id and a client secret.", "Enter both.")


def _keep(
    services: Services, connection: psycopg.Connection, source_id: int, client_id: str, secret: str, access: Access
) -> None:
    source_credentials = Credentials(client_id, secret)
    manager = aws.client("secretsmanager")
    version = credentials.write(manager, services.settings.sources_secret, source_id, source_credentials)
    store.credentials_written(connection, source_id, version, access)


def _notify_worker(services: Services, source_id: int) -> None:
    """Tell the worker by the queue, which the bucket writes to: it need not ask the database again and again."""
    services.s3.put_object(Bucket=services.settings.bucket, Key=f"{store.PULLED}{source_id}/{store.CALL}", Body=b"")
    if services.sender is not None:
        services.sender.used()
