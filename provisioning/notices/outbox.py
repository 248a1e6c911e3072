"""Keeps notices until they have been delivered, and tries again with growing pauses; gives up after a day.

A notice is written in the transaction of what it tells, so that neither is without the other. It may arrive
twice, where a receiver took it and did not say so, and then has the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from messages.message import Message, message
from provisioning.models import Announcement, Notice, NoticeAttempt, NoticeEndpoint, Rollout, RolloutMember, Run
from provisioning.notices.channels import Channel, NotDeliveredError, can_mail, configured, deliver
from provisioning.notices.occasions import ONLY_BY_NAME, Occasion, occasion_of
from provisioning.notices.reach import endpoints_for, people_for
from provisioning.notices.runbooks import EXPOSURE, runbook
from provisioning.states.runs import RunState
from registry.accounts.models import CredentialChange
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District

logger = logging.getLogger(__name__)

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""How long to wait after each failed try: about a day in all."""
AT_ONCE = 50
DISABLED_AFTER = timedelta(days=3)
"""An endpoint that has taken nothing for so long is switched off."""


def announce_run(run: Run, after: RunState, sentence: Message) -> None:
    """Keep a notice of a run's new state, where that is worth one."""
    occasion = occasion_of(run.kind_badge, after)
    if occasion is None:
        return
    about = {
        "run": {"number": run.number, "kind": run.kind, "state": after.value, "error_code": run.error_code},
        "district": _district(run.district),
    }
    _keep(occasion, sentence, reverse("console:run", args=[run.number]), about, district=run.district)


def announce_drift(district: District, count: int) -> None:
    """Keep a notice that a district was found drifted."""
    differ = message("attribute differs") if count == 1 else message("attributes differ")
    sentence = message(
        "{name} has drifted: {count} {differ} from the stack.", name=district.name, count=count, differ=differ
    )
    about = {"district": _district(district), "attributes": count}
    path = reverse("console:district-drift", args=[district.suffix])
    _keep(Occasion.DRIFTED, sentence, path, about, district=district)


def announce_exposure(district: District, places: Sequence[str]) -> None:
    """Keep a notice that drift widens who can reach a district's data: an incident, with each place."""
    count = len(places)
    sentence = (
        message("{name} is exposed: drift widens who can reach it in {count} places.", name=district.name, count=count)
        if count != 1
        else message(
            "{name} is exposed: drift widens who can reach it in {count} place.", name=district.name, count=count
        )
    )
    about = {"district": _district(district), "exposures": list(places), "runbook": runbook(EXPOSURE).address}
    path = reverse("console:district-drift", args=[district.suffix])
    _keep(Occasion.EXPOSED, sentence, path, about, district=district)


def announce_end(district: District, sentence: Message, *, kind: str, last_day: str) -> None:
    """Keep a notice of the end of a sandbox's lifetime or of a contract: that it comes, or that it is over."""
    about = {"district": _district(district), "end": {"kind": kind, "last_day": last_day}}
    path = reverse("console:district", args=[district.suffix])
    _keep(Occasion.ENDING, sentence, path, about, district=district)


def announce_halt(rollout: Rollout, reason: Message) -> None:
    """Keep a notice that a rollout has halted."""
    sentence = message("Rollout #{number} has halted: {reason}", number=rollout.number, reason=reason)
    about = {"rollout": {"number": rollout.number, "wave": rollout.wave}}
    path = reverse("console:rollout", args=[rollout.number])
    members = District.objects.filter(pk__in=RolloutMember.objects.filter(rollout=rollout).values("district"))
    _keep(Occasion.ROLLOUT_HALTED, sentence, path, about, districts=members, stream=f"rollout:{rollout.number}")


def announce_credential(change: CredentialChange, sentence: Message) -> None:
    """Keep a notice to the person whose password or role was set: in the inbox, and by mail where there is one."""
    user = change.user
    path = reverse("console:fleet")
    text = message("{sentence} If this is not as it ought to be, tell an administrator of Homeroom.", sentence=sentence)
    Announcement.objects.create(occasion=Occasion.CREDENTIAL_CHANGED.value, sentence=text, path=path, user=user)
    if user.email and can_mail():
        Notice.objects.create(
            occasion=Occasion.CREDENTIAL_CHANGED.value,
            channel=Channel.EMAIL.value,
            recipient=user.email,
            sentence=text,
            path=path,
            about={"user": {"username": user.get_username()}, "changed": change.what},
            due_at=timezone.now(),
        )


def announce_disabled(endpoint: NoticeEndpoint, reason: Message) -> None:
    """Keep a notice that an endpoint takes nothing for days and gets nothing more."""
    about = {"endpoint": {"name": endpoint.name, "kind": endpoint.kind}}
    path = reverse("console:notice-endpoint", args=[endpoint.pk])
    _keep(
        Occasion.ENDPOINT_DISABLED,
        message("Notices to {name} are switched off. {reason}", name=endpoint.name, reason=reason),
        path,
        about,
    )


def announce_anchor(position: int, link_hash: str) -> None:
    """Keep a notice of the audit chain's head, for who asks for it: kept elsewhere, it shows a tail that was cut."""
    sentence = message(
        "The audit chain has {position} links; the last one's hash is {link_hash}.",
        position=position,
        link_hash=link_hash,
    )
    about = {"anchor": {"position": position, "hash": link_hash}}
    _keep(Occasion.AUDIT_ANCHORED, sentence, reverse("console:audit"), about, stream="audit")


def deliver_due() -> int:
    """Send what is due, each in a transaction of its own; return how many were delivered.

    A way that failed has no further try in this turn: a receiver that hangs must not keep the others waiting.
    """
    sent, failed = 0, Q(pk__in=[])
    for _ in range(AT_ONCE):
        tried = _deliver_next(failed)
        if tried is None:
            break
        if tried.endpoint is not None and tried.attempts:
            note_health(tried.endpoint, failure="" if tried.sent_at else tried.last_error)
        if tried.sent_at is not None:
            sent += 1
        elif tried.attempts:
            failed |= Q(endpoint=tried.endpoint) if tried.endpoint else Q(endpoint=None, channel=tried.channel)
    return sent


def forget_old(days: int) -> int:
    """Delete notices that ended longer ago than that, and return how many; the audit record has what they told."""
    before = timezone.now() - timedelta(days=days)
    ended = Notice.objects.filter(Q(sent_at__lt=before) | Q(given_up_at__lt=before))
    _, gone = ended.delete()
    Announcement.objects.filter(created_at__lt=before).delete()
    return gone.get(Notice._meta.label, 0)


@transaction.atomic
def _deliver_next(failed: Q) -> Notice | None:
    """Try the next notice that is due, unless its way has failed; return it. Another sender's is passed over."""
    now = timezone.now()
    notice = _due(now).exclude(failed).select_for_update(skip_locked=True, of=("self",)).first()
    if notice is None:
        return None
    if notice.endpoint is not None and not notice.endpoint.is_enabled:
        notice.given_up_at, notice.last_error, notice.attempts = now, message("The endpoint is switched off."), 0
        notice.save()
        return notice
    notice.attempts += 1
    attempt = NoticeAttempt(notice=notice)
    try:
        answer = deliver(notice)
    except NotDeliveredError as failure:
        attempt.status, attempt.answer, attempt.error = failure.status, failure.answer, str(failure)
        notice.last_error = str(failure)
        if notice.attempts > len(PAUSES) or notice.occasion == Occasion.TEST:
            notice.given_up_at = now
            logger.error("Notice %s was not delivered and is given up: %s", notice.pk, failure)
        else:
            notice.due_at = now + PAUSES[notice.attempts - 1]
            logger.warning("Notice %s was not delivered: %s", notice.pk, failure)
    else:
        notice.sent_at, notice.last_error = timezone.now(), ""
        if answer is not None:
            attempt.status, attempt.answer = answer.status, answer.text
    notice.save()
    attempt.save()
    return notice


def _due(now: datetime) -> QuerySet[Notice]:
    """Return what is due, but nothing to an endpoint that still lacks something earlier of the same stream."""
    waiting = Notice.objects.filter(sent_at=None, given_up_at=None)
    earlier = waiting.filter(endpoint=OuterRef("endpoint"), stream=OuterRef("stream"), id__lt=OuterRef("id"))
    due = waiting.filter(due_at__lte=now).filter(Q(stream="") | ~Exists(earlier))
    return due.select_related("endpoint").order_by("due_at", "id")


def _district(district: District) -> dict[str, Any]:
    return {"name": district.name, "suffix": district.suffix, "environment": district.environment}


def _keep(
    occasion: Occasion,
    sentence: Message,
    path: str,
    about: dict[str, Any],
    *,
    district: District | None = None,
    districts: QuerySet[District] | None = None,
    stream: str = "",
) -> None:
    """Keep what is told in the inbox, and a notice for each way that it goes out."""
    if district is not None:
        districts, stream = District.objects.filter(pk=district.pk), f"district:{district.suffix}"
    if occasion not in ONLY_BY_NAME:
        Announcement.objects.create(occasion=occasion.value, sentence=sentence, path=path, district=district)
    now = timezone.now()

    def notice(**way: Any) -> Notice:
        return Notice(
            occasion=occasion.value, sentence=sentence, path=path, about=about, due_at=now, stream=stream, **way
        )

    people = people_for(occasion, districts) if can_mail() else []
    Notice.objects.bulk_create(
        [
            *(notice(channel=channel.value) for channel in configured()),
            *(notice(channel=row.kind, endpoint=row) for row in endpoints_for(occasion, districts)),
            *(notice(channel=Channel.EMAIL.value, recipient=person.email) for person in people),
        ]
    )


def note_health(endpoint: NoticeEndpoint, *, failure: str) -> None:
    """Keep since when an endpoint takes nothing; after `DISABLED_AFTER` of that it is switched off, and told."""
    if not failure:
        NoticeEndpoint.objects.filter(pk=endpoint.pk, failing_since__isnull=False).update(failing_since=None)
        return
    now = timezone.now()
    with transaction.atomic():
        row = NoticeEndpoint.objects.select_for_update().filter(pk=endpoint.pk, is_enabled=True).first()
        if row is None:
            return
        row.failing_since = row.failing_since or now
        row.is_enabled = now - row.failing_since < DISABLED_AFTER
        if not row.is_enabled:
            row.disabled_reason = message(
                "It has taken nothing for {days} days. {failure}", days=DISABLED_AFTER.days, failure=failure
            )
            record(
                action=AuditAction.ENDPOINT_DISABLED,
                actor=None,
                subject_kind="endpoint",
                subject_id=row.name,
                message=message(
                    "Notices to {name} were switched off. {disabled_reason}",
                    name=row.name,
                    disabled_reason=row.disabled_reason,
                ),
                outcome="failure",
            )
        row.save()
        if not row.is_enabled:
            announce_disabled(row, row.disabled_reason)
