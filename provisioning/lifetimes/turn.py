"""Tells people of ends that come, and does what follows on the day. Called by beat; asking too often does no harm.

A sandbox's lifetime that is over has its teardown asked for by the teardown's own service, in the name of who set the
lifetime and typed the environment's full name for it. Where nobody typed it, or that person may no longer ask for
teardowns, people are told to confirm it, once. A contract's end only tells people.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from messages.message import Message, message
from provisioning.errors import ServiceRefusedError
from provisioning.lifetimes.decision import Stage, stage_of
from provisioning.lifetimes.service import MOST_NOTICE_DAYS, WHAT
from provisioning.models import DistrictEnd, EndKind
from provisioning.notices.outbox import announce_end
from provisioning.periodic.turns import act_on_each
from provisioning.states.runs import Priority
from provisioning.teardown.service import request_teardown
from registry.accounts.roles import NotAllowedError
from registry.audit.actions import AuditAction
from registry.audit.services import record_of_district
from registry.districts.statuses import DistrictStatus

GONE = {DistrictStatus.REMOVED, DistrictStatus.TEARING_DOWN}
NAME_DIFFERS = "name_differs"


def mind_ends() -> list[str]:
    """Take every end as far as it goes now; return the suffixes of the districts where something was done."""
    latest = timezone.now().date() + timedelta(days=MOST_NOTICE_DAYS + 1)
    due = DistrictEnd.objects.filter(done_at=None, last_day__lte=latest).order_by("last_day", "pk")
    keys = list(due.values_list("pk", flat=True))
    return [suffix for suffix in act_on_each(keys, _mind) if suffix]


@transaction.atomic
def _mind(key: int) -> str:
    """Take one end a step on; return its district's suffix where something was done, else nothing."""
    rows = DistrictEnd.objects.select_for_update(of=("self",)).select_related("district", "set_by")
    end = rows.filter(pk=key, done_at=None).first()
    if end is None:
        return ""
    district, now = end.district, timezone.now()
    if district.status_badge in GONE:
        _close(end)
        return ""
    stage = stage_of(end.last_day, end.notice_days, district.time_zone, now)
    if stage is Stage.OVER:
        return district.suffix if _over(end) else ""
    if stage is Stage.AHEAD and not end.told:
        end_word, last = WHAT[EndKind(end.kind)], end.last_day.isoformat()
        _tell(
            end,
            Stage.AHEAD,
            message("The {end} of {name} ends after {last}.", end=end_word, name=district.name, last=last),
        )
        return district.suffix
    return ""


def _over(end: DistrictEnd) -> bool:
    """Do what follows from an end that is over; say whether anything was."""
    district = end.district
    if end.kind == EndKind.CONTRACT:
        _reached(end, message("The contract of {name} has ended. Nothing was torn down.", name=district.name))
        _close(end)
        return True
    if end.confirmed_name and end.set_by is not None:
        try:
            with transaction.atomic():
                request_teardown(
                    district=district,
                    typed_name=end.confirmed_name,
                    reason=message("The lifetime of {name} is over.", name=district.name),
                    actor=end.set_by,
                    priority=Priority.SWEEP,
                )
        except ServiceRefusedError as refusal:
            if refusal.code != NAME_DIFFERS:
                # A run is at work there: the next turn asks again.
                return False
        except NotAllowedError:
            pass  # told below: a person has to confirm it
        else:
            _reached(end, message("The lifetime of {name} is over. Its teardown was asked for.", name=district.name))
            _close(end)
            return True
    if end.told == Stage.OVER:
        return False
    _reached(end, message("The lifetime of {name} is over. Confirm its teardown.", name=district.name))
    return True


def _reached(end: DistrictEnd, sentence: Message) -> None:
    _tell(end, Stage.OVER, sentence)
    record_of_district(
        end.district,
        AuditAction.END_REACHED,
        sentence,
        after={"kind": end.kind, "last_day": end.last_day.isoformat()},
    )


def _tell(end: DistrictEnd, stage: Stage, sentence: Message) -> None:
    announce_end(end.district, sentence, kind=end.kind, last_day=end.last_day.isoformat())
    end.told = stage.value
    end.save(update_fields=["told"])


def _close(end: DistrictEnd) -> None:
    end.done_at = timezone.now()
    end.save(update_fields=["done_at"])
