"""Keeps notices until they have been delivered, and tries again with growing pauses; gives up after a day.

A notice is written in the transaction of what it tells, so that neither is without the other. It may arrive
twice, where a receiver took it and did not say so, and then has the same id.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from provisioning.models import Notice, Rollout, Run
from provisioning.notices.channels import Channel, NotDeliveredError, configured, deliver
from provisioning.notices.occasions import Occasion, occasion_of
from provisioning.states.runs import RunState
from registry.accounts.models import CredentialChange
from registry.districts.models import District

logger = logging.getLogger(__name__)

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""How long to wait after each failed try: about a day in all."""
AT_ONCE = 50


def announce_run(run: Run, after: RunState, sentence: str) -> None:
    """Keep a notice of a run's new state, where that is worth one."""
    occasion = occasion_of(run.kind_badge, after)
    if occasion is None:
        return
    about = {
        "run": {"number": run.number, "kind": run.kind, "state": after.value, "error_code": run.error_code},
        "district": _district(run.district),
    }
    _keep(occasion, sentence, reverse("console:run", args=[run.number]), about)


def announce_drift(district: District, count: int) -> None:
    """Keep a notice that a district was found drifted."""
    differ = "attribute differs" if count == 1 else "attributes differ"
    sentence = f"{district.name} has drifted: {count} {differ} from the stack."
    about = {"district": _district(district), "attributes": count}
    _keep(Occasion.DRIFTED, sentence, reverse("console:district-drift", args=[district.suffix]), about)


def announce_halt(rollout: Rollout, reason: str) -> None:
    """Keep a notice that a rollout has halted."""
    sentence = f"Rollout #{rollout.number} has halted: {reason}"
    about = {"rollout": {"number": rollout.number, "wave": rollout.wave}}
    _keep(Occasion.ROLLOUT_HALTED, sentence, reverse("console:rollout", args=[rollout.number]), about)


def announce_credential(change: CredentialChange, sentence: str) -> None:
    """Keep a notice to the person whose password or role was set; without an address, the next sign-in tells alone."""
    user = change.user
    if user.email and Channel.EMAIL in configured():
        Notice.objects.create(
            occasion=Occasion.CREDENTIAL_CHANGED.value,
            channel=Channel.EMAIL.value,
            recipient=user.email,
            sentence=f"{sentence} If this is not as it ought to be, tell an administrator of Homeroom.",
            path=reverse("console:fleet"),
            about={"user": {"username": user.get_username()}, "changed": change.what},
            due_at=timezone.now(),
        )


def deliver_due() -> int:
    """Send what is due, each in a transaction of its own; return how many were delivered.

    Ends at the first that was not: a receiver that hangs must not keep other periodic work waiting for each of them.
    """
    sent = 0
    while sent < AT_ONCE and _deliver_next():
        sent += 1
    return sent


def forget_old(days: int) -> int:
    """Delete notices that ended longer ago than that, and return how many; the audit record has what they told."""
    before = timezone.now() - timedelta(days=days)
    gone, _ = Notice.objects.filter(Q(sent_at__lt=before) | Q(given_up_at__lt=before)).delete()
    return gone


@transaction.atomic
def _deliver_next() -> bool:
    """Try the next notice that is due and say whether it was delivered. Another sender's is passed over."""
    now = timezone.now()
    waiting = Notice.objects.filter(sent_at=None, given_up_at=None, due_at__lte=now).order_by("due_at", "id")
    notice = waiting.select_for_update(skip_locked=True).first()
    if notice is None:
        return False
    notice.attempts += 1
    try:
        deliver(notice)
    except NotDeliveredError as failure:
        notice.last_error = str(failure)
        if notice.attempts > len(PAUSES):
            notice.given_up_at = now
            logger.error("Notice %s was not delivered and is given up: %s", notice.pk, failure)
        else:
            notice.due_at = now + PAUSES[notice.attempts - 1]
            logger.warning("Notice %s was not delivered: %s", notice.pk, failure)
    else:
        notice.sent_at, notice.last_error = timezone.now(), ""
    notice.save()
    return notice.sent_at is not None


def _district(district: District) -> dict[str, Any]:
    return {"name": district.name, "suffix": district.suffix, "environment": district.environment}


def _keep(occasion: Occasion, sentence: str, path: str, about: dict[str, Any]) -> None:
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(occasion=occasion.value, channel=channel.value, sentence=sentence, path=path, about=about, due_at=now)
        for channel in configured()
    )
