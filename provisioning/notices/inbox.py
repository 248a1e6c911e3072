"""Each person's inbox: what was told, newest first, how much of it is unread, and what they want by mail besides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from provisioning.models import Announcement, PersonalNotices
from provisioning.notices.occasions import CHOOSABLE, FOR_ADMINISTRATORS
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import Rights, rights_of

UNREAD_FOR = timedelta(days=30)
"""What is older counts as read: nobody goes back that far."""
MOST_COUNTED = 100
"""Counting goes on no further: a page shows 99+."""


def inbox_of(user: User, rights: Rights | None = None) -> QuerySet[Announcement]:
    """Return what concerns a person: what concerns everybody who reaches its district, and what concerns them alone.

    Their rights are read unless whoever asks has read them.
    """
    rights, condition = rights or rights_of(user), Q(user=user)
    if rights.somewhere(Act.SEE):
        # What is about no district is beyond a reach that leaves any out: a missing one matches no condition.
        condition |= Q(user=None) & rights.where(Act.SEE, "district__")
    announcements = Announcement.objects.filter(condition)
    if not rights.everywhere(Act.ADMINISTER):
        announcements = announcements.exclude(occasion__in=[occasion.value for occasion in FOR_ADMINISTRATORS])
    return announcements


def unread_count(user: User, rights: Rights | None = None) -> int:
    """Return how much of it came since the person looked last, up to `MOST_COUNTED`; one query."""
    last_read = PersonalNotices.objects.filter(user=user).values("read_up_to")
    recent = inbox_of(user, rights).filter(
        created_at__gte=timezone.now() - UNREAD_FOR, pk__gt=Coalesce(Subquery(last_read), Value(0))
    )
    return recent[:MOST_COUNTED].count()


def read_up_to(user: User) -> int:
    """Return the number of the newest announcement that the person has seen."""
    return PersonalNotices.objects.filter(user=user).values_list("read_up_to", flat=True).first() or 0


@transaction.atomic
def mark_read(user: User, newest: int) -> None:
    """Keep that the person has seen everything up to this announcement; what is seen stays seen."""
    row = _own(user)
    last = Announcement.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    row.read_up_to = max(row.read_up_to, min(newest, last))
    row.save(update_fields=["read_up_to"])


@transaction.atomic
def choose_mail(user: User, occasions: Iterable[str]) -> None:
    """Keep which kinds of notices the person wants by mail."""
    wanted = set(occasions)
    row = _own(user)
    row.by_mail = [occasion.value for occasion in CHOOSABLE if occasion.value in wanted]
    row.save(update_fields=["by_mail"])


def chosen_mail(user: User) -> list[str]:
    """Return which kinds of notices the person wants by mail."""
    return PersonalNotices.objects.filter(user=user).values_list("by_mail", flat=True).first() or []


def _own(user: User) -> PersonalNotices:
    PersonalNotices.objects.get_or_create(user=user)
    return PersonalNotices.objects.select_for_update().get(user=user)
