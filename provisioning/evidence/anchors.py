"""Anchors the chain's head where the portal cannot change it, each hour, so that a tail that was cut off is found.

Who may write to the tables could cut links off their end, and the chain would still hold. An anchor says that a link
with this hash has been there. It lies locked in a bucket (compliance mode: nobody deletes it, the account's root
included), and goes to the endpoints that ask for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from engine.state.evidence_store import locked_texts, put_locked
from messages.message import message
from provisioning.engine_settings import engine_settings
from provisioning.models import AuditAnchor
from provisioning.notices.outbox import announce_anchor
from registry.audit.models import AuditLink

PREFIX = "anchors/"
PURPOSE = "homeroom audit anchor 1"


class AnchorUnreadableError(Exception):
    """What should be an anchor is none."""


def anchor_head(now: datetime | None = None) -> AuditAnchor | None:
    """Anchor the chain's last link, unless the last anchor has it, and tell it; raises AwsUnavailableError.

    Without a bucket it is only told. Returns the anchor that was locked.
    """
    now = now or timezone.now()
    head = AuditLink.objects.exclude(position=None).order_by("-position").first()
    last = AuditAnchor.objects.first()
    if head is None or head.position is None or (last is not None and last.hash == head.hash):
        return None
    anchor = None
    if settings.EVIDENCE_BUCKET:
        until = now + timedelta(days=settings.EVIDENCE_DAYS)
        key = f"{PREFIX}{head.position:012}-{head.hash[:16]}.json"
        text = anchor_text(head.position, head.hash, now).encode()
        locked = put_locked(engine_settings(), settings.EVIDENCE_BUCKET, key, text, until)
        anchor = AuditAnchor(
            position=head.position,
            hash=head.hash,
            at=now,
            key=locked.key,
            version=locked.version,
            locked_until=locked.until,
        )
    with transaction.atomic():
        if anchor is not None:
            anchor.save()
        announce_anchor(head.position, head.hash)
    return anchor


def anchor_text(position: int, link_hash: str, at: datetime) -> str:
    """Return an anchor as it is stored."""
    return json.dumps({"purpose": PURPOSE, "position": position, "hash": link_hash, "at": at.isoformat()})


def anchors_in_bucket() -> dict[int, str]:
    """Return every anchor of the bucket: the hash of each link by its position; raises as `read_anchors`."""
    return read_anchors(
        text.decode(errors="replace") for text in locked_texts(engine_settings(), settings.EVIDENCE_BUCKET, PREFIX)
    )


def read_anchors(texts: Iterable[str]) -> dict[int, str]:
    """Return the anchors of texts: files of the bucket, or what a webhook was given.

    Raises AnchorUnreadableError for anything else, and for two anchors of one link that differ.
    """
    anchors: dict[int, str] = {}
    for text in texts:
        try:
            data = json.loads(text)
            data = data.get("data", {}).get("anchor", data)
            position, link_hash = data["position"], data["hash"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AnchorUnreadableError(message("This is no anchor of an audit log.")) from error
        if not isinstance(position, int) or not isinstance(link_hash, str):
            raise AnchorUnreadableError(message("This is no anchor of an audit log."))
        if anchors.setdefault(position, link_hash) != link_hash:
            raise AnchorUnreadableError(
                message("Two anchors of link {position} differ: the chain was written anew.", position=position)
            )
    return anchors
