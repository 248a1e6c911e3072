"""One object's whole way: claimed, read into staging, merged in one transaction, reported.

It may die anywhere: until the merge commits nothing has happened that is not done again the same, and after that its
row says so. The report is written before the commit, under a name of its own, so that a merged file always has one.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, cast

import psycopg

from processor.access import Access, Scope, close_access, open_access
from processor.faults import reach
from processor.formats.base import Reading
from processor.formats.values import year_in_path
from processor.ingest import choices, crosswalk, files, merge_results, other_child, staging, trial, versions
from processor.ingest.merge import LOCK, ensure_years, forget_others, merge_small
from processor.ingest.read_file import Merged, ReadFile, finish
from processor.ingest.reading import Outcome, not_all_told, read_upload
from processor.ingest.report import Report, report_key
from processor.ingest.states import ENDED, FileState
from processor.mappings.recognition import Recognition
from processor.mappings.saved import saved
from processor.model import RESULT
from processor.problems import FileProblemError, ObjectReplacedError, RefusedCell
from processor.pseudonyms import Pseudonyms
from processor.reading.objects import ObjectAt, ObjectStream
from processor.sources import store as sources
from processor.tracing import Kind, Tracing

logger = logging.getLogger("processor.ingest")
BUFFER = 1024 * 1024
ACTOR = "ingest worker"
UNEXPECTED = FileProblemError(
    "unexpected",
    "Working on the file failed; it is tried again, and its message then goes to the dead letters.",
    "Nothing is to be sent again: the operators see the cause.",
)


class Ended(StrEnum):
    """What came of a message's object."""

    MERGED = "merged"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    KNOWN = "known"
    BUSY = "busy"
    TRIED = "tried"


@dataclass(frozen=True)
class Result:
    """How it ended, with the numbers for logs and metrics."""

    ended: Ended
    file_id: int = 0
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    held: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Ingest:
    """What every object is processed with."""

    storage: Any
    pseudonyms: Pseudonyms
    district: str
    district_ids: frozenset[str]
    tracing: Tracing = field(default_factory=Tracing)

    def process(self, connection: psycopg.Connection, which: ObjectAt, *, request: str) -> Result:
        """Bring one object's rows into the tables; the connection is the writer's, in autocommit mode."""
        with self.tracing.span("ingest file", Kind.CONSUMER) as span:
            span.tell(request=request)
            result = self._process(connection, which, request)
            span.tell(
                file=result.file_id,
                ended=result.ended.value,
                rows=result.rows,
                accepted=result.accepted,
                rejected=result.rejected,
                held=result.held,
            )
        return result

    def _process(self, connection: psycopg.Connection, which: ObjectAt, request: str) -> Result:
        started = time.monotonic()
        claimed = files.claim(connection, which)
        try:
            if claimed.state in ENDED:
                return Result(Ended.KNOWN, claimed.file_id)
            if not claimed.free:
                return Result(Ended.BUSY, claimed.file_id)
            reach("file claimed")
            files.begin(connection, claimed.file_id)
            result = self._read_and_merge(connection, which, claimed.file_id, request)
            return Result(**{**vars(result), "seconds": time.monotonic() - started})
        except FileProblemError as problem:
            files.end(connection, claimed.file_id, FileState.REJECTED, problem)
            return Result(Ended.REJECTED, claimed.file_id, seconds=time.monotonic() - started)
        except ObjectReplacedError:
            files.end(connection, claimed.file_id, FileState.SUPERSEDED)
            return Result(Ended.SUPERSEDED, claimed.file_id)
        except Exception:
            with contextlib.suppress(psycopg.Error):
                files.end(connection, claimed.file_id, FileState.FAILED, UNEXPECTED)
            raise
        finally:
            if claimed.free and not connection.closed:
                files.release(connection, claimed.file_id)

    def _read_and_merge(self, connection: psycopg.Connection, which: ObjectAt, file_id: int, request: str) -> Result:
        report = Report()
        try:
            staging.create(connection)
            staged = staging.Staging(connection)
            reading = Reading(
                self.pseudonyms,
                which.uploaded_at,
                self.district_ids,
                school_year=year_in_path(which.key),
                tests=known_tests(connection),
                class_subjects=known_subjects(connection),
                session_years=other_child.known_years(connection, which.key),
                choices=choices.chosen(connection),
            )
            recognition = Recognition(saved(connection))
            raw = Hashing(self.storage, which)
            reads = self.tracing.span("read and stage")
            with reads, raw, io.BufferedReader(raw, BUFFER) as stream, staged.sending():
                name = which.key.rpartition("/")[2]
                outcome = read_upload(
                    cast(BinaryIO, stream),
                    name=name,
                    size=which.size,
                    reading=reading,
                    staging=staged,
                    report=report,
                    recognition=recognition,
                )
                outcome.methods = reading.methods
            reach("all rows staged")
            # What was read is all of the object, and what the database has taken is all that was handed to it.
            if (outcome.whole and raw.digest() is None) or staged.sent != staged.stored:
                raise not_all_told(name)
            read = ReadFile(which, file_id, request, outcome, frozenset(staged.used), report, raw.digest())
            if trial.is_trial(which.key):
                return self._try(connection, read)
            with self.tracing.span("merge"):
                return self._merge(connection, read)
        finally:
            report.close()

    def _merge(self, connection: psycopg.Connection, read: ReadFile) -> Result:
        """Merge what is staged; all of it, its record of access and the file's new state, or nothing."""
        report = read.report
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            if not files.locked_unmerged(connection, read.file_id):
                return Result(Ended.KNOWN, read.file_id)
            opened = open_access(connection, self._access("processing of uploaded results", read))
            merge_results.prepare(connection)
            matches = _resolved(connection, read)
            record_students(connection, opened, read.used)
            changed, held = self._merge_staged(connection, read)
            choices.note_methods(connection, read.outcome.methods)
            versions.prune(connection)
            reach("rows merged")
            key = report_key(read.which.key, read.which.version)
            report.upload(self.storage, read.which.bucket, key)
            reach("report written")
            accepted = read.accepted(held)
            finish(connection, read, Merged(accepted, held, changed, matches), key)
            sources.stored(connection, read.which.key)
            close_access(connection, opened, accepted + held)
        reach("merge committed")
        return Result(Ended.MERGED, read.file_id, read.outcome.rows, accepted, report.lines, held)

    def _merge_staged(self, connection: psycopg.Connection, read: ReadFile) -> tuple[int, int]:
        """Merge what is staged and may be merged, and return how many rows changed, and how many wait."""
        file_id, used, report = read.file_id, read.used, read.report
        held = 0
        for place in merge_results.other_scales(connection) if RESULT.name in used else ():
            report.note(_cell(read.outcome, place))
        for place in merge_results.refuse_before(connection):
            report.add(_cell(read.outcome, place))
        ensure_years(connection, used)
        versions.keep_small(connection, used, file_id)
        changed = merge_small(connection, used, file_id)
        forget_others(connection, used)
        if RESULT.name in used:
            changed += merge_results.merge_results(connection, file_id)
        changed += merge_results.fill_schools(connection, used, file_id)
        changed += merge_results.order_levels(connection, used)
        if RESULT.name in used:
            for place in merge_results.held(connection):
                held += 1
                report.add(_cell(read.outcome, place), counts=False)
        return changed, held

    def _try(self, connection: psycopg.Connection, read: ReadFile) -> Result:
        """Merge what is staged, look at it, and roll it back; what was found stands with the file."""
        report = read.report
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            merge_results.prepare(connection)
            matches = _resolved(connection, read)
            findings = trial.look(connection, read.used)
            _, held = self._merge_staged(connection, read)
        accepted = read.accepted(held)
        with connection.transaction():
            if not files.locked_unmerged(connection, read.file_id):
                return Result(Ended.KNOWN, read.file_id)
            opened = open_access(connection, self._access("trial of an upload", read))
            key = report_key(read.which.key, read.which.version)
            report.upload(self.storage, read.which.bucket, key)
            finish(connection, read, Merged(accepted, held, 0, matches, findings), key)
            sources.stored(connection, read.which.key)
            close_access(connection, opened, 0)
        return Result(Ended.TRIED, read.file_id, read.outcome.rows, accepted, report.lines, held)

    def _access(self, purpose: str, read: ReadFile) -> Access:
        return Access(ACTOR, self.district, purpose, Scope.INGEST, f"file {read.file_id}", read.request)


def record_students(connection: psycopg.Connection, opened: int, used: frozenset[str]) -> None:
    """Put every student of the staged rows into the record of access, and those whose results are deleted."""
    staged = [
        f"SELECT student FROM pg_temp.stage_{name} WHERE student IS NOT NULL"
        for name in ("result", "student", "student_name", "student_subgroup", "enrolment", "result_school")
        if name in used
    ]
    if RESULT.name in used:
        # A deletion names a result: whose it is stands with what is deleted.
        staged.append(
            "SELECT r.student FROM homeroom.result r JOIN pg_temp.stage_result s USING (record_id) WHERE s.deleted"
        )
    if staged:
        connection.execute(
            # In order, so that the indexes grow at one place instead of at every one.
            "INSERT INTO homeroom.access_student SELECT %s::bigint, student "
            f"FROM ({' UNION ALL '.join(staged)}) AS everyone GROUP BY student ORDER BY student",
            (opened,),
        )


def known_subjects(connection: psycopg.Connection) -> dict[str, str]:
    """Return the subjects of OneRoster's classes, by their ids, as COPY takes them."""
    rows = connection.execute("SELECT class_id, subject FROM homeroom.class WHERE subject IS NOT NULL AND NOT deleted")
    return {class_id: subject.replace("\\", "\\\\") for class_id, subject in rows}


def known_tests(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    """Return the plain CSV's tests: by title, by subject in small letters, their ids."""
    tests: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT assessment_id, coalesce(lower(subject), '') FROM homeroom.assessment "
        "WHERE starts_with(assessment_id, 'pl:') AND NOT deleted ORDER BY 1"
    )
    for assessment, subject in rows:
        subject_key = " ".join(subject.split())
        base = assessment.removesuffix(f"|{subject_key}") if subject_key else assessment
        tests.setdefault(base, {})[subject_key] = assessment
    return tests


def _resolved(connection: psycopg.Connection, read: ReadFile) -> crosswalk.Matches:
    """Let the staged rows name the children whose ids they have, and note what is doubtful."""
    origin = other_child.origin_of(read.which.key, read.outcome.system)
    connection.execute("UPDATE homeroom.file SET origin = %s WHERE file_id = %s", (origin, read.file_id))
    for place in other_child.refuse(connection, read.used, read.file_id, origin):
        read.report.add(_cell(read.outcome, place))
    matches = crosswalk.resolve(connection, read.used, read.file_id)
    for doubt in matches.doubts:
        read.report.note(RefusedCell(read.outcome.parts[doubt.part], doubt.line, "", doubt.code, doubt.reason))
    return matches


def _cell(outcome: Outcome, place: merge_results.Place) -> RefusedCell:
    return RefusedCell(outcome.parts[place.part], place.line, "", place.code, place.reason)


class Hashing(ObjectStream):
    """An object's bytes, and their SHA-256 where they were read from the first to the last, as an archive is not."""

    def __init__(self, client: Any, which: ObjectAt) -> None:
        super().__init__(client, which)
        self._hash, self._hashed, self._size = hashlib.sha256(), 0, which.size

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, and take what is new into the hash."""
        at = self.tell()
        count = super().readinto(buffer)
        if at <= self._hashed < at + count:
            self._hash.update(memoryview(buffer)[self._hashed - at : count])
            self._hashed = at + count
        return count

    def digest(self) -> bytes | None:
        """Return the hash, or nothing where bytes were passed over."""
        return self._hash.digest() if self._hashed == self._size else None
