"""Freezes, maintenance windows, and the days on which a district's lifetime or contract ends. Services write them."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from messages.message import message
from registry.districts.models import AwsAccount, District

OPEN = Q(ended_at__isnull=True)


class EndKind(models.TextChoices):
    """What ends with a day."""

    LIFETIME = "lifetime"
    CONTRACT = "contract"


def to_mask(weekdays: Iterable[int]) -> int:
    """Return weekdays, 0 is Monday, as the number that is stored: bit 0 is Monday."""
    return sum(1 << day for day in set(weekdays))


def from_mask(mask: int) -> frozenset[int]:
    """Return the weekdays of a stored number."""
    return frozenset(day for day in range(7) if mask >> day & 1)


class Reach(models.Model):
    """Whom an entry of the calendar is about: a district, an AWS account, or neither for the fleet."""

    account = models.ForeignKey(AwsAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    district = models.ForeignKey(District, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    """When somebody ended it before its time; empty while it counts."""

    class Meta:
        abstract = True

    @property
    def number(self) -> int:
        """The number by which the API and the audit record name it."""
        return int(self.pk)

    @property
    def scope(self) -> str:
        """Whom it is about, in words."""
        if self.district is not None:
            return str(self.district)
        return str(self.account) if self.account is not None else message("The fleet")


class Freeze(Reach):
    """A time in which no apply starts in its reach."""

    reason = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["ends_at"], condition=OPEN, name="freeze_open")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="freeze_has_a_length"),
            models.CheckConstraint(condition=Q(account=None) | Q(district=None), name="freeze_has_one_reach"),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_in_force(self) -> bool:
        """Return whether it holds applies now."""
        return self.ended_at is None and self.starts_at <= timezone.now() < self.ends_at


class MaintenanceWindow(Reach):
    """When applies that nobody asked for now may start, week by week."""

    weekdays = models.PositiveSmallIntegerField()
    """Bit 0 is Monday."""
    starts = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    time_zone = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], condition=OPEN, name="window_open")]
        constraints = [
            models.CheckConstraint(condition=Q(weekdays__gte=1, weekdays__lte=127), name="window_has_a_day"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="window_has_a_length"),
            models.CheckConstraint(condition=Q(account=None) | Q(district=None), name="window_has_one_reach"),
        ]

    def __str__(self) -> str:
        return f"{self.starts:%H:%M} {self.time_zone}"

    @property
    def days(self) -> list[int]:
        """The weekdays, 0 is Monday."""
        return sorted(from_mask(self.weekdays))


class DistrictEnd(models.Model):
    """The last day of a sandbox's lifetime, or of a district's contract, in the district's time zone."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="ends")
    kind = models.CharField(max_length=16, choices=EndKind.choices)
    last_day = models.DateField()
    notice_days = models.PositiveSmallIntegerField(default=14)
    confirmed_name = models.CharField(max_length=32, blank=True)
    """The environment's full name, as who set the lifetime typed it: their consent to the teardown."""
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(auto_now=True)
    told = models.CharField(max_length=16, blank=True)
    """How far people were told: nothing yet, that it comes, that it is over."""
    done_at = models.DateTimeField(null=True, blank=True)
    """When all that follows from it was done: nothing more is told or asked for."""

    class Meta:
        ordering = ["last_day", "id"]
        indexes = [models.Index(fields=["last_day"], condition=Q(done_at__isnull=True), name="district_end_ahead")]
        constraints = [
            models.UniqueConstraint(fields=["district", "kind"], name="district_end_once"),
            models.CheckConstraint(condition=Q(kind__in=EndKind.values), name="district_end_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.district.suffix}: {self.kind} {self.last_day}"
