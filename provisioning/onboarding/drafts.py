"""Deletes drafts: districts that were registered and never deployed. Their name and network are free again at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from messages.message import Message, message
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.periodic.turns import act_on_each
from provisioning.runs.selectors import active_run
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.districts.models import District
from registry.districts.services import set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By

NOT_A_DRAFT = "not_a_draft"


@transaction.atomic
def delete_draft(*, district: District, actor: User | None) -> None:
    """Delete a draft, because a person asked; its record stays, its name and network are free.

    Raises NotAllowedError, and ServiceRefusedError for a district that has ever begun to exist in AWS or whose run has
    not ended.
    """
    require(actor, Act.OPERATE, district.place)
    _delete(district, actor, By.PERSON, message("was deleted as a draft"))


def expire_drafts() -> list[str]:
    """Delete the drafts that nobody has touched for `HOMEROOM_DRAFT_DAYS` days; return their suffixes."""
    due = drafts(untouched_since=timezone.now() - timedelta(days=settings.DRAFT_DAYS))
    return [suffix for suffix, done in act_on_each(due, lambda draft: (draft.suffix, _expire(draft))) if done]


def drafts(*, untouched_since: datetime) -> QuerySet[District]:
    """Return the drafts that nobody has touched since then, those first that expire first.

    Each has `touched_at`: when it was registered, or its last run was asked for.
    """
    rows = District.objects.filter(status=DistrictStatus.DRAFT.value)
    last = Coalesce(Max("runs__created_at"), F("created_at"))
    touched = rows.annotate(touched_at=Greatest(F("created_at"), last))
    return touched.filter(touched_at__lte=untouched_since).order_by("touched_at", "pk")


def expires_at(district: District, newest: Run | None) -> datetime:
    """Return when a draft is deleted unless somebody asks for a run; `newest` is the last that was asked for."""
    touched = district.created_at if newest is None else max(district.created_at, newest.created_at)
    return touched + timedelta(days=settings.DRAFT_DAYS)


def _expire(district: District) -> bool:
    """Delete an old draft; false where it is none any more, or a run works on it."""
    reason = message("was a draft for {draft_days} days and was deleted", draft_days=settings.DRAFT_DAYS)
    try:
        with transaction.atomic():
            _delete(district, None, By.SCHEDULER, reason)
    except ServiceRefusedError:
        return False
    return True


def _delete(district: District, actor: User | None, by: By, reason: Message) -> None:
    locked = District.objects.select_for_update().get(pk=district.pk)
    begun = locked.runs.filter(apply_begun_at__isnull=False).exists() or locked.resources.exists()
    if locked.status_badge is not DistrictStatus.DRAFT or begun:
        raise ServiceRefusedError(
            NOT_A_DRAFT, message("{name} is no draft any more.", name=locked.name), message("Tear it down instead.")
        )
    if (run := active_run(locked)) is not None:
        raise ServiceRefusedError(
            "run_active",
            message("Run #{number} has not ended.", number=run.number),
            message("Cancel it, or wait; then delete the draft."),
        )
    set_status(
        district=district,
        status=DistrictStatus.REMOVED,
        by=by,
        actor=actor,
        sentence=message(
            "{name} {told}; {suffix} and {cidr} are free.",
            name=locked.name,
            told=reason,
            suffix=locked.suffix,
            cidr=locked.cidr,
        ),
    )
