"""Mapping a file, trying it, sending it again and taking it back: what routes and pages ask, in one place."""

from __future__ import annotations

import io
import secrets
import uuid
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from botocore.exceptions import ClientError

from processor.access import Access, close_access, open_access
from processor.api import files
from processor.api.services import Services
from processor.formats.base import Reading
from processor.formats.values import year_in_path
from processor.ingest import preview
from processor.ingest.preview import Beginning, Preview
from processor.ingest.states import ENDED, FileState
from processor.ingest.undo import Undone, undo
from processor.ingest.worker import ROLE as WRITER
from processor.mappings import positions, propose
from processor.mappings.model import Mapping
from processor.mappings.recognition import Recognition
from processor.mappings.saved import save, saved, withdraw
from processor.problems import FileProblemError, ObjectReplacedError
from processor.reading.objects import ObjectAt, ObjectStream, look_up

BUFFER = 1024 * 1024
MOST_COPIED = 5 * 1024**3
"""What S3 copies in one call (CopyObject)."""


class GoneError(RuntimeError):
    """The uploaded object is no longer there."""


class NoFileError(RuntimeError):
    """There is no such file."""


@dataclass(frozen=True)
class Mapped:
    """A file's beginning beside a mapping: what was found, what is missing, and what the rows would become."""

    columns: list[str]
    titles: list[str]
    recognized: str
    """The title of the mapping or format that reads the file as it is; nothing where none does."""
    missing: list[propose.Missing]
    mapping: Mapping | None
    choices: dict[str, propose.Choice]
    base: str
    shown: Preview
    problem: str
    records: list[str] = field(default_factory=list)
    """The shape of the first records, of a file that is no table that is known."""
    positions: str = ""
    """Where a record's fields stand, as a person writes it."""


def recognition(services: Services) -> Recognition:
    """Return all mappings as files are read with them."""
    with services.pool.connection() as connection:
        return Recognition(saved(connection))


def beginning_of(services: Services, file_id: int, using: Recognition) -> tuple[Beginning, ObjectAt]:
    """Return the first lines of a file; raises NoFileError, GoneError, or FileProblemError where it has no table."""
    which = object_of(services, file_id)
    raw = ObjectStream(services.s3, which)
    name = which.key.rpartition("/")[2]
    try:
        with raw, io.BufferedReader(raw, BUFFER) as stream:
            beginning = preview.beginning(cast(BinaryIO, stream), name=name, size=which.size, recognition=using)
    except ObjectReplacedError as error:
        raise GoneError("The uploaded file is no longer there. Upload it again.") from error
    return beginning, which


def object_of(services: Services, file_id: int) -> ObjectAt:
    """Return which object a file is; raises NoFileError or GoneError."""
    with services.pool.connection() as connection:
        row = connection.execute(
            "SELECT bucket, object_key, object_version FROM homeroom.file WHERE file_id = %s", (file_id,)
        ).fetchone()
    if row is None:
        raise NoFileError("There is no such file.")
    bucket, key, version = row
    version_id, etag = ("", version[5:]) if version.startswith("etag:") else (version, "")
    try:
        return look_up(services.s3, bucket, key, version_id, etag)
    except (ObjectReplacedError, ClientError) as error:
        raise GoneError("The uploaded file is no longer there. Upload it again.") from error


def mapped(services: Services, access: Access, file_id: int, requested: Mapping | None = None) -> Mapped:
    """Return a file's beginning beside a mapping: the one that is told, the one that fits, or a proposal.

    The students of the rows that are shown go on the record of access. Raises as `beginning_of` does.
    """
    using = recognition(services)
    own = preview.only(requested) if requested is not None else using
    beginning, which = beginning_of(services, file_id, own)
    title = which.key.rpartition("/")[2].rsplit(".", 1)[0][:100]
    recognized = own.table(beginning.header, beginning.titles, beginning.part)
    mapping, base = requested, ""
    if requested is None and recognized is None:
        near = propose.nearest_mapping(using.all, beginning.header)
        if near is not None:
            base = near.name
            mapping = propose.adapted(near, beginning.header, propose.slug(title), title)
    elif requested is None:
        mapping = getattr(recognized, "mapping", None)
    choices = (
        propose.choices(mapping, beginning.header)
        if mapping is not None
        else propose.guessed(using.ours, beginning.header, title)
    )
    if mapping is None and recognized is None:
        mapping = _made_if_whole(choices, beginning.header, title)
    missing = []
    if requested is not None or base:
        missing = propose.missing(
            requested or next(candidate for candidate in using.all if candidate.name == base), beginning.header
        )
    rows, problem = _shown(
        services, access, beginning, mapping, recognized is not None and requested is None, using, which.key
    )
    return Mapped(
        beginning.header,
        beginning.titles,
        recognized.title if recognized is not None else "",
        missing,
        mapping,
        choices,
        base,
        rows,
        problem,
        [] if recognized is not None else positions.shapes(beginning.lines),
    )


def _made_if_whole(choices: dict[str, propose.Choice], header: list[str], title: str) -> Mapping | None:
    """Return the mapping of a guess; nothing where a field that is needed was not guessed."""
    try:
        return propose.mapping_of(choices, header, name=propose.slug(title), title=title or "Mapping")
    except ValueError:
        return None


def _reading(services: Services, key: str) -> Reading:
    """Return what the worker would read the object of this key with, now."""
    pseudonyms = services.pseudonyms()
    with services.pool.connection() as connection:
        row = connection.execute("SELECT now()").fetchone()
    if row is None:
        raise RuntimeError("The database tells no time.")
    return Reading(pseudonyms, row[0], services.settings.district_ids, school_year=year_in_path(key))


def _shown(
    services: Services,
    access: Access,
    beginning: Beginning,
    mapping: Mapping | None,
    recognized: bool,
    using: Recognition,
    key: str,
) -> tuple[Preview, str]:
    if mapping is None and not recognized:
        return Preview(), ""
    reading = _reading(services, key)
    try:
        shown = preview.shown(beginning, reading, using if recognized else preview.only(cast(Mapping, mapping)))
    except FileProblemError as problem:
        return Preview(), f"{problem.sentence} {problem.remedy}"
    with services.pool.connection() as connection, connection.transaction():
        opened = open_access(connection, access, [uuid.UUID(student) for student in shown.students])
        close_access(connection, opened, len(shown.rows))
    return shown, ""


def saved_as(services: Services, mapping: Mapping, by: str) -> Mapping:
    """Save a mapping for next time; raises TooManyMappingsError."""
    with services.connections.opened(WRITER, autocommit=True) as connection:
        return save(connection, mapping, by)


def withdrawn(services: Services, name: str, by: str) -> Mapping | None:
    """Withdraw a saved mapping; nothing where there is none of that name."""
    with services.connections.opened(WRITER, autocommit=True) as connection:
        return withdraw(connection, name, by)


def sent_again(services: Services, file_id: int) -> str:
    """Send a file's object in anew, under a folder of its own, and return its key: the worker reads it once more.

    One that was tried is stored by this. Raises NoFileError, GoneError, or ValueError for one that is being read.
    """
    file = files.file(services.pool, file_id)
    if file is None:
        raise NoFileError("There is no such file.")
    if file["state"] not in (*ENDED, FileState.FAILED):
        raise ValueError("The file is being read. Wait until that has ended.")
    if file["state"] == FileState.MERGED:
        raise ValueError("The file is stored already. Take it back first.")
    which = object_of(services, file_id)
    if which.size > MOST_COPIED:
        raise ValueError("The file is too large to be sent again from here. Upload it.")
    name, year = which.key.rpartition("/")[2], year_in_path(which.key)
    # The folder may have told the school year, which the file's own name does not.
    folder = f"SY{year}/" if year and not year_in_path(name) else ""
    key = f"{files.INCOMING}{secrets.token_hex(8)}/{folder}{name}"
    source = {"Bucket": which.bucket, "Key": which.key}
    if which.version_id:
        source["VersionId"] = which.version_id
    services.s3.copy_object(Bucket=which.bucket, Key=key, CopySource=source)
    return key


def taken_back(services: Services, file_id: int, access: Access) -> Undone:
    """Take a stored file back; raises NotUndoableError."""
    with services.connections.opened(WRITER, autocommit=True) as connection:
        done = undo(connection, file_id, access)
    if services.sender is not None:
        services.sender.used()
    return done
