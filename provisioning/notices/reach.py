"""Who is told: which endpoints a notice reaches, and which people asked for it by mail."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from provisioning.models import NoticeEndpoint, PersonalNotices
from provisioning.notices.occasions import FOR_ADMINISTRATORS, ONLY_BY_NAME, Occasion
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import Rights, rights_of
from registry.districts.models import District


def is_wanted(occasion: Occasion, wanted: list[str]) -> bool:
    """Return whether an endpoint that asks for these kinds gets this one; who names none gets all usual ones."""
    return occasion.value in wanted or (not wanted and occasion not in ONLY_BY_NAME)


def endpoints_for(occasion: Occasion, districts: QuerySet[District] | None) -> list[NoticeEndpoint]:
    """Return the endpoints that a notice about these districts reaches; about none it reaches who hears of all."""
    named = NoticeEndpoint.districts.through.objects.filter(noticeendpoint=OuterRef("pk"))
    enabled = NoticeEndpoint.objects.filter(is_enabled=True).annotate(has_districts=Exists(named))
    return [row for row in enabled if is_wanted(occasion, row.occasions) and _is_reached(row, districts)]


def people_for(occasion: Occasion, districts: QuerySet[District] | None) -> list[User]:
    """Return who asked for this kind by mail, has an address, and may look at all that it tells.

    What is about no district, or about one beyond a person's reach, is told to nobody who sees a part alone.
    """
    chosen = PersonalNotices.objects.filter(by_mail__contains=[occasion.value], user__is_active=True)
    rows = chosen.exclude(user__email="").select_related("user").prefetch_related("user__groups")
    return [row.user for row in rows if _may_read(rights_of(row.user), occasion, districts)]


def _may_read(rights: Rights, occasion: Occasion, districts: QuerySet[District] | None) -> bool:
    if occasion in FOR_ADMINISTRATORS:
        return rights.everywhere(Act.ADMINISTER)
    if not rights.is_narrow:
        return True
    if districts is None or not rights.somewhere(Act.SEE):
        return False
    return districts.exists() and not districts.exclude(rights.where(Act.SEE)).exists()


def _is_reached(endpoint: NoticeEndpoint, districts: QuerySet[District] | None) -> bool:
    if not endpoint.environments and not endpoint.has_districts:  # type: ignore[attr-defined]
        return True
    if districts is None:
        return False
    if endpoint.environments:
        districts = districts.filter(environment__in=endpoint.environments)
    if endpoint.has_districts:  # type: ignore[attr-defined]
        districts = districts.filter(pk__in=endpoint.districts.values("pk"))
    return districts.exists()
