"""Pushes the audit record to where it is collected: in the chain's order, each event at least once.

The chain's positions have no gap and are given in the order of commits, so that one number says how far a destination
has come. It moves when the destination has taken a batch; a batch whose answer was lost comes again, with the same
`metadata.uid` and `sequence`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from engine.errors import AwsUnavailableError
from engine.state.evidence_store import put_lines
from provisioning.engine_settings import engine_settings
from provisioning.evidence.ocsf import ocsf
from provisioning.models import AuditCursor
from provisioning.periodic.turns import take_steps
from registry.audit.models import AuditLink
from registry.outbound.addresses import AddressRefusedError
from registry.outbound.posting import NotTakenError, post

logger = logging.getLogger(__name__)

AT_ONCE = 200
TURN_SECONDS = 60.0
COLLECTOR, BUCKET = "collector", "bucket"
Sending = Callable[[bytes, int, int], None]


class NotPushedError(Exception):
    """A destination did not take a batch, as far as we know; the sentence holds no secret."""


def push_all() -> None:
    """Push to each destination what it lacks, whatever becomes of the other."""
    take_steps(*(lambda name=name, send=send: push(name, send) for name, send in destinations().items()))


def destinations() -> dict[str, Sending]:
    """Return the ways that the settings name."""
    return {
        **({COLLECTOR: _to_collector} if settings.EVIDENCE_URL else {}),
        **({BUCKET: _to_bucket} if settings.EVIDENCE_BUCKET else {}),
    }


def push(name: str, send: Sending) -> int:
    """Push what the destination lacks, for at most `TURN_SECONDS`; return how many events it took.

    One process at a time: `provisioning.tasks` sees to it. A refusal is kept, and tried again with the next turn.
    """
    cursor, _ = AuditCursor.objects.get_or_create(destination=name)
    taken, deadline = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < deadline and (links := _next(cursor.position)):
        first, last = _place(links[0]), _place(links[-1])
        lines = "".join(json.dumps(ocsf(link.event, link), ensure_ascii=False) + "\n" for link in links)
        try:
            send(lines.encode(), first, last)
        except NotPushedError as refusal:
            _keep_refusal(cursor, str(refusal), timezone.now())
            break
        cursor.position, cursor.moved_at = last, timezone.now()
        cursor.failing_since, cursor.last_error = None, ""
        cursor.save()
        taken += len(links)
    return taken


def _next(position: int) -> list[AuditLink]:
    """Return the links behind this one, without a gap: a link that is not committed yet ends them."""
    following = AuditLink.objects.filter(position__gt=position).select_related("event__district").order_by("position")
    links = list(following[:AT_ONCE])
    return [link for place, link in enumerate(links, position + 1) if link.position == place]


def _place(link: AuditLink) -> int:
    return int(link.position or 0)


def _keep_refusal(cursor: AuditCursor, sentence: str, now: datetime) -> None:
    logger.warning("The audit record is not pushed to the %s: %s", cursor.destination, sentence)
    cursor.failing_since, cursor.last_error = cursor.failing_since or now, sentence
    cursor.save()


def _to_collector(lines: bytes, first: int, last: int) -> None:
    headers = {
        "Content-Type": "application/x-ndjson",
        "Authorization": f"Bearer {settings.EVIDENCE_TOKEN}",
        "Homeroom-Positions": f"{first}-{last}",
    }
    try:
        post(settings.EVIDENCE_URL, lines, headers)
    except (NotTakenError, AddressRefusedError) as refusal:
        raise NotPushedError(str(refusal)) from refusal


def _to_bucket(lines: bytes, first: int, last: int) -> None:
    # The same batch has the same key; positions are written so that keys sort as they do.
    try:
        put_lines(engine_settings(), settings.EVIDENCE_BUCKET, f"events/{first:012}-{last:012}.ndjson", lines)
    except AwsUnavailableError as refusal:
        raise NotPushedError(str(refusal)) from refusal
