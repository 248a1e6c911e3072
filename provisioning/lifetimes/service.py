"""The only writer of the days on which a sandbox's lifetime or a district's contract ends."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db import transaction
from django.utils import timezone

from infra.spec import Environment
from messages.message import message, sentences, word
from provisioning.calendar.service import CalendarRefusedError
from provisioning.lifetimes.decision import today_in
from provisioning.models import DistrictEnd, EndKind
from provisioning.teardown.service import full_name
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record_of_district
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus

MOST_NOTICE_DAYS = 365
LAST_YEAR = 2999
WHAT = {EndKind.LIFETIME: word("lifetime"), EndKind.CONTRACT: word("contract")}


@transaction.atomic
def set_end(
    *,
    district: District,
    kind: EndKind,
    last_day: date,
    actor: User | None,
    notice_days: int = 14,
    typed_name: str = "",
) -> DistrictEnd:
    """Set, or change, the last day of a sandbox's lifetime or of a contract, in the district's time zone.

    `typed_name` is the environment's full name as a person typed it: with it, the teardown is asked for by itself once
    a lifetime is over; without, people are told to confirm it. A contract's end only tells people. Raises
    NotAllowedError, or CalendarRefusedError with the sentences per field.
    """
    require(actor, Act.DESTROY if typed_name.strip() else Act.OPERATE, district.place)
    locked = District.objects.select_for_update().get(pk=district.pk)
    problems: dict[str, list[str]] = defaultdict(list)
    if locked.status == DistrictStatus.REMOVED:
        problems[""].append(message("{name} has been removed.", name=locked.name))
    if kind is EndKind.LIFETIME and locked.environment != Environment.SANDBOX.value:
        problems[""].append(message("Only a sandbox has a lifetime. Set the contract's end instead."))
    if last_day < today_in(locked.time_zone, timezone.now()):
        problems["last_day"].append(message("This day is over in the district's time zone."))
    elif last_day.year > LAST_YEAR:
        problems["last_day"].append(message("Give a day within this millennium."))
    if not 1 <= notice_days <= MOST_NOTICE_DAYS:
        problems["notice_days"].append(
            message("Notice is given from 1 to {most_notice_days} days ahead.", most_notice_days=MOST_NOTICE_DAYS)
        )
    if typed_name.strip() and (kind is not EndKind.LIFETIME or typed_name.strip() != full_name(locked)):
        problems["typed_name"].append(
            message(
                "Type {full_name} to have it torn down by itself, or leave this empty.", full_name=full_name(locked)
            )
        )
    if problems:
        raise CalendarRefusedError(problems)
    end, _ = DistrictEnd.objects.update_or_create(
        district=locked,
        kind=kind,
        defaults={
            "last_day": last_day,
            "notice_days": notice_days,
            "confirmed_name": typed_name.strip(),
            "set_by": actor,
            "told": "",
            "done_at": None,
        },
    )
    end_word, last = WHAT[kind], last_day.isoformat()
    follows = message("Then its teardown is asked for.") if end.confirmed_name else ""
    record_of_district(
        locked,
        AuditAction.END_SET,
        sentences(
            message("The {end} of {name} ends after {last}.", end=end_word, name=locked.name, last=last), follows
        ),
        actor=actor,
        after={"kind": kind.value, "last_day": last, "notice_days": notice_days},
    )
    return end


@transaction.atomic
def remove_end(*, end: DistrictEnd, actor: User | None) -> None:
    """Take an end away: nothing follows from it any more. Asking twice is fine. Raises NotAllowedError."""
    require(actor, Act.OPERATE, end.district.place)
    locked = DistrictEnd.objects.select_for_update(of=("self",)).select_related("district").filter(pk=end.pk).first()
    if locked is None:
        return
    end_word = WHAT[EndKind(locked.kind)]
    record_of_district(
        locked.district,
        AuditAction.END_REMOVED,
        message("The {end} of {name} has no end any more.", end=end_word, name=locked.district.name),
        actor=actor,
        before={"kind": locked.kind, "last_day": locked.last_day.isoformat()},
    )
    locked.delete()
