"""The district's own mappings in its database: read by whoever reads files, saved by a person, never changed."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from processor.mappings.model import Mapping

logger = logging.getLogger("processor.mappings")
LOCK = 7_301_004
MOST_SAVED = 500
NEWEST = (
    "SELECT DISTINCT ON (name) name, version, content, withdrawn, saved_by, saved_at FROM homeroom.mapping "
    "ORDER BY name, version DESC"
)


class TooManyMappingsError(RuntimeError):
    """So many mappings are saved that reading a file would have to ask them all."""


def saved(connection: psycopg.Connection) -> tuple[Mapping, ...]:
    """Return the newest version of each that was not withdrawn; one that this program cannot read is passed over."""
    mappings = []
    for name, version, content, withdrawn, *_ in connection.execute(NEWEST).fetchall():
        if withdrawn:
            continue
        try:
            mappings.append(Mapping.model_validate({**content, "version": version, "origin": "saved"}))
        except ValidationError:
            logger.warning("A saved mapping cannot be read.", extra={"facts": {"mapping": name, "version": version}})
    return tuple(mappings)


def save(connection: psycopg.Connection, mapping: Mapping, by: str) -> Mapping:
    """Save a mapping as the next version of its name, and return it; raises TooManyMappingsError."""
    return _write(connection, mapping.name, mapping.model_dump(mode="json", exclude_defaults=True), by, gone=False)


def withdraw(connection: psycopg.Connection, name: str, by: str) -> Mapping | None:
    """Say that a mapping is no longer used; what was read with it stays. Returns it, or nothing where there is none."""
    mapping = next((candidate for candidate in saved(connection) if candidate.name == name), None)
    if mapping is None:
        return None
    return _write(connection, name, mapping.model_dump(mode="json", exclude_defaults=True), by, gone=True)


def _write(connection: psycopg.Connection, name: str, content: dict[str, Any], by: str, *, gone: bool) -> Mapping:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        names = connection.execute("SELECT count(DISTINCT name) FROM homeroom.mapping WHERE name <> %s", (name,))
        row = names.fetchone()
        if row is not None and row[0] >= MOST_SAVED:
            raise TooManyMappingsError(f"{MOST_SAVED} mappings can be saved.")
        written = connection.execute(
            "INSERT INTO homeroom.mapping (name, version, content, withdrawn, saved_by) "
            "SELECT %(name)s, coalesce(max(version), 0) + 1, %(content)s, %(gone)s, %(by)s FROM homeroom.mapping "
            "WHERE name = %(name)s RETURNING version",
            {"name": name, "content": Jsonb(content), "gone": gone, "by": by},
        ).fetchone()
    version = written[0] if written else 1
    return Mapping.model_validate({**content, "version": version, "origin": "saved"})
