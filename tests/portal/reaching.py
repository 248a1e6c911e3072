"""A world of two districts with all that belongs to one, and people who hold a role for both, one or neither."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from django.utils import timezone

from messages.message import verbatim
from provisioning.models import (
    Announcement,
    DriftItem,
    Freeze,
    MaintenanceWindow,
    RemovalCertificate,
    Rollout,
    RolloutMember,
    Run,
)
from provisioning.onboarding.bulk import batch_key
from provisioning.onboarding.service import onboard
from provisioning.states.runs import RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.grants import give_grant
from registry.accounts.models import User
from registry.accounts.reach import Reach
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.accounts import add_account
from registry.districts.models import AwsAccount, District
from tests.builders import PASSWORD, a_district, a_person, a_registration, moved, with_room
from tests.pages.fixtures import planned

_numbers = itertools.count(1)
ACCOUNT = "210987654321"
BATCH = uuid.UUID("6a4f0c1e-66a1-4f6a-9d1c-0f3a5f0c7b11")


class Where(StrEnum):
    """For which districts somebody holds their role."""

    ALL = "all"
    THIS = "this"
    OTHER = "other"


@dataclass(frozen=True)
class World:
    """A district with what can belong to one, in an account of its own, and another district."""

    district: District
    run: Run
    rollout: Rollout
    certificate: RemovalCertificate
    account: AwsAccount
    other: District
    freeze: Freeze
    window: MaintenanceWindow

    @property
    def reaches(self) -> dict[Where, Reach]:
        """The reach of each kind."""
        gone = self.certificate.district.suffix
        return {
            Where.THIS: Reach(suffixes=(self.district.suffix, gone)),
            Where.OTHER: Reach(suffixes=(self.other.suffix,)),
        }

    def told_in(self, text: str) -> str:
        """Return what a text says where it names the district or what is its own; empty where it does not."""
        positions = [text.find(word) for word in (self.district.suffix, self.district.name, ACCOUNT) if word in text]
        return text[max(0, min(positions) - 100) : min(positions) + 100] if positions else ""


def a_world() -> World:
    """Return both districts."""
    account = with_room(add_account(name="Riverside", account_id=ACCOUNT, actor=None))
    registration = a_registration(name="Quincy Unified", slug="quincy", account_id=ACCOUNT, key=batch_key(BATCH, 1))
    run = onboard(registration=registration, actor=None)
    planned(run, 3, waits=True)
    moved(run, RunState.AWAITING_APPROVAL)
    DriftItem.objects.create(district=run.district, run=run, address="aws_vpc.this", type="aws_vpc", path="tags")
    sentence = f"{run.district.name} has drifted."
    Announcement.objects.create(occasion="district.drifted", sentence=sentence, path="/", district=run.district)
    Announcement.objects.create(occasion="rollout.halted", sentence=f"Halted: {sentence}", path="/")
    rollout = Rollout.objects.create(
        reason="Because.", waves=["100%"], selection={}, change={}, at_once=1, halt_failures=3
    )
    RolloutMember.objects.create(rollout=rollout, district=run.district, wave=1, position=0)
    removed = a_district(name="Quincy Old", slug="quincy-old", account_id=ACCOUNT)
    teardown = request_teardown(district=removed, typed_name=removed.suffix, reason="Over.", actor=None)
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(teardown, step)
    record(
        action=AuditAction.FLEET_PLANNED,
        actor=None,
        subject_kind="fleet",
        subject_id="plan",
        message=verbatim(f"Plans of {run.district.suffix} were asked for."),
    )
    now = timezone.now()
    freeze = Freeze.objects.create(
        district=run.district, reason="Testing", starts_at=now, ends_at=now + timedelta(days=1)
    )
    window = MaintenanceWindow.objects.create(
        district=run.district, weekdays=1, starts=time(1), minutes=60, time_zone="UTC"
    )
    return World(
        run.district,
        run,
        rollout,
        RemovalCertificate.objects.get(run=teardown),
        account,
        a_district(name="Elsewhere"),
        freeze,
        window,
    )


def somebody(role: Role, where: Where, world: World) -> User:
    """Return a person who holds the role for these districts alone."""
    if where is Where.ALL:
        return a_person(role)
    user = User.objects.create_user(f"narrow-{next(_numbers)}", password=PASSWORD)
    give_grant(user, role=role, reach=world.reaches[where], actor=None)
    return user
