"""Events and planned changes of ended runs in the state bucket, as compressed lines of JSON, and their one reader.

What is archived is read again and compared before any row is deleted. All of it was redacted before it was stored.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import zlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from engine.state.event_store import get_events, put_events
from messages.message import Joined, Sentence, message, verbatim
from messages.stored import loaded, stored
from provisioning.engine_settings import engine_settings
from provisioning.models import PlannedChange, Run, RunEvent
from provisioning.periodic.turns import act_on_each, in_batches
from provisioning.runs.audited import record_of_run
from provisioning.runs.planned_changes import changes_of_lines, lines_of_changes
from provisioning.states.runs import ENDED_STATES
from registry.audit.actions import AuditAction

logger = logging.getLogger(__name__)

FIELDS = ("sequence", "at", "level", "kind", "address", "action", "message", "data")
MADE_OF = "made_of"
ENDED = sorted(state.value for state in ENDED_STATES)
ARCHIVE_SECONDS = 480.0
TRIM_SECONDS = 1800.0
"""How long one call of the periodic tasks takes on further runs; what is left comes with the next."""


class ArchiveUnavailableError(Exception):
    """The archive of a run cannot be read now, or is not what was put there."""


def archive_events(run: Run, engine: EngineSettings | None = None) -> bool:
    """Put an ended run's events and planned changes into the bucket and read them back.

    False, and a warning, when that fails. Twice does no harm. A run that fails here is archived later by
    `archive_ended`.
    """
    engine = engine or engine_settings()
    texts = _texts(run)
    archive = _described(run, texts)
    try:
        for key, text in texts.items():
            put_events(engine, key, gzip.compress(text, mtime=0))
            if _read(engine, key) != text:
                raise ArchiveUnavailableError(
                    message("What was archived of run #{number} reads differently.", number=run.number)
                )
    except (AwsUnavailableError, ArchiveUnavailableError) as error:
        logger.warning("Run #%s: its events are not archived yet: %s", run.number, error)
        return False
    Run.objects.filter(pk=run.pk).update(events_archived_at=timezone.now(), events_archive=archive)
    return True


def archive_ended(now: datetime | None = None) -> list[int]:
    """Archive the events of runs whose end has passed without it; return their numbers."""
    before = (now or timezone.now()) - timedelta(minutes=1)
    waiting = Run.objects.filter(state__in=ENDED, finished_at__lt=before, events_archived_at=None)
    rows = in_batches(waiting, seconds=ARCHIVE_SECONDS)
    return [run.number for run, done in act_on_each(rows, lambda run: (run, archive_events(run))) if done]


def trim_events(now: datetime | None = None) -> list[int]:
    """Delete rows that are older than the policy and whose archive holds the same; return the runs' numbers."""
    before = (now or timezone.now()) - timedelta(days=settings.EVENTS_DAYS)
    old = Run.objects.filter(state__in=ENDED, finished_at__lt=before, events_trimmed_at=None)
    rows = in_batches(old.exclude(events_archived_at=None).select_related("district"), seconds=TRIM_SECONDS)
    return [run.number for run, done in act_on_each(rows, lambda run: (run, _trim(run))) if done]


def events_of(
    run: Run,
    *,
    after: int = 0,
    levels: Collection[str] = (),
    kinds: Collection[str] = (),
    search: str = "",
    newest: int | None = None,
    first: int | None = None,
) -> list[RunEvent]:
    """Return the run's events in order, wherever they lie: those behind `after` that the filters let through.

    With `newest`, only so many of the last ones; with `first`, of the first ones. Raises ArchiveUnavailableError.
    """
    if run.events_trimmed_at is not None:
        return _sifted(archived_events(run), after, levels, kinds, search, newest)[:first]
    rows = RunEvent.objects.filter(run=run, sequence__gt=after)
    if levels:
        rows = rows.filter(level__in=levels)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if search:
        rows = rows.filter(Q(message__icontains=search) | Q(address__icontains=search))
    if newest is None:
        return list(rows.order_by("sequence")[:first])
    return list(rows.order_by("-sequence")[:newest])[::-1]


def last_sequence(run: Run) -> int:
    """Return the number of the run's newest event, 0 before the first."""
    if run.events_trimmed_at is not None:
        return int(run.events_archive.get("last_sequence", 0))
    return RunEvent.objects.filter(run=run).order_by("-sequence").values_list("sequence", flat=True).first() or 0


def archived_events(run: Run) -> list[RunEvent]:
    """Return the archive's events as rows that are in no table; raises ArchiveUnavailableError."""
    text = _archived(run, run.events_archive)
    return [_event(run, json.loads(line)) for line in text.splitlines()]


def planned_changes_of(run: Run, *, skip: int = 0, first: int | None = None) -> tuple[list[PlannedChange], int]:
    """Return the changes of the run's plan in order, wherever they lie, and how many there are in all.

    `skip` is of how many at the beginning, `first` of how many behind these. Raises ArchiveUnavailableError.
    """
    stop = None if first is None else skip + first
    if run.events_trimmed_at is not None:
        part = run.events_archive.get("changes")
        rows = changes_of_lines(run, _archived(run, part)) if part else []
        return rows[skip:stop], len(rows)
    changes = PlannedChange.objects.filter(run=run)
    return list(changes.order_by("place")[skip:stop]), changes.count()


def lines_of(events: Iterable[RunEvent]) -> bytes:
    """Return events as lines of JSON, always the same for the same events."""
    lines = []
    for event in events:
        row = {name: getattr(event, name) for name in FIELDS} | {"at": event.at.isoformat()}
        # Beside the English text stands what it was made of; Terraform's own lines are text alone.
        if isinstance(event.message, Sentence | Joined):
            row[MADE_OF] = stored(event.message)
        lines.append(json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


def archive_key(run: Run) -> str:
    """Return where the events of a run lie in the state bucket."""
    return f"districts/{run.spec['suffix']}/runs/{run.number}/events.ndjson.gz"


def changes_key(run: Run) -> str:
    """Return where the planned changes of a run lie in the state bucket."""
    return f"districts/{run.spec['suffix']}/runs/{run.number}/changes.ndjson.gz"


def _texts(run: Run) -> dict[str, bytes]:
    """Return what is to be archived of a run, by its key: events, and the planned changes where there are some."""
    events = lines_of(RunEvent.objects.filter(run=run).order_by("sequence"))
    changes = lines_of_changes(PlannedChange.objects.filter(run=run).order_by("place"))
    return {archive_key(run): events, **({changes_key(run): changes} if changes else {})}


def _described(run: Run, texts: Mapping[str, bytes]) -> dict[str, Any]:
    events, changes = texts[archive_key(run)], texts.get(changes_key(run))
    last = events.splitlines()[-1:] if events else []
    archive = {**_part(archive_key(run), events), "last_sequence": json.loads(last[0])["sequence"] if last else 0}
    return archive if changes is None else {**archive, "changes": _part(changes_key(run), changes)}


def _part(key: str, text: bytes) -> dict[str, Any]:
    return {"key": key, "count": text.count(b"\n"), "sha256": hashlib.sha256(text).hexdigest()}


def _archived(run: Run, part: Mapping[str, Any]) -> bytes:
    """Return a part of a run's archive as it was put there; raises ArchiveUnavailableError."""
    try:
        text = _read(engine_settings(), part["key"])
    except AwsUnavailableError as error:
        sentence = message(
            "The archived log of run #{number} cannot be read now. {summary}", number=run.number, summary=error.summary
        )
        raise ArchiveUnavailableError(sentence) from error
    if hashlib.sha256(text).hexdigest() != part["sha256"]:
        raise ArchiveUnavailableError(
            message("The archived log of run #{number} is not the one that was put there.", number=run.number)
        )
    return text


def _trim(run: Run) -> bool:
    """Delete a run's rows once the archive was read and holds exactly them; a difference archives them anew."""
    texts, archived = _texts(run), run.events_archive
    parts = [archived, *([archived["changes"]] if "changes" in archived else [])]
    try:
        read = [_read(engine_settings(), part["key"]) for part in parts]
        same = read == list(texts.values()) and _described(run, texts) == archived
    except (AwsUnavailableError, ArchiveUnavailableError) as error:
        logger.warning("Run #%s: its events stay, since their archive cannot be read: %s", run.number, error)
        return False
    if not same:
        logger.warning("Run #%s: its archive differs from its events; they are archived again.", run.number)
        archive_events(run)
        return False
    with transaction.atomic():
        deleted, _ = RunEvent.objects.filter(run=run).delete()
        PlannedChange.objects.filter(run=run).delete()
        Run.objects.filter(pk=run.pk).update(events_trimmed_at=timezone.now())
        record_of_run(
            run,
            AuditAction.EVENTS_TRIMMED,
            message(
                "{deleted} events of run #{number} are in the archive only from now on.",
                deleted=deleted,
                number=run.number,
            ),
            after=run.events_archive,
        )
    return True


def _read(engine: EngineSettings, key: str) -> bytes:
    try:
        return gzip.decompress(get_events(engine, key))
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveUnavailableError(message("{key} is no compressed file.", key=key)) from error


def _event(run: Run, row: dict[str, Any]) -> RunEvent:
    made_of = row.pop(MADE_OF, None)
    message = verbatim(row["message"]) if made_of is None else loaded(made_of)
    return RunEvent(run=run, **{**row, "message": message, "at": datetime.fromisoformat(row["at"])})


def _sifted(
    events: list[RunEvent],
    after: int,
    levels: Collection[str],
    kinds: Collection[str],
    search: str,
    newest: int | None,
) -> list[RunEvent]:
    wanted = search.casefold()
    matching = [
        event
        for event in events
        if event.sequence > after
        and (not levels or event.level in levels)
        and (not kinds or event.kind in kinds)
        and (wanted in event.message.casefold() or wanted in event.address.casefold())
    ]
    return matching if newest is None else matching[max(0, len(matching) - newest) :]
