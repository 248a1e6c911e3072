"""Makes the fleet whose runs are played, and asks for what it is to do: a plan of all, a rollout to all."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection
from django.db.models import Min
from django.test import Client

from benchmarks.fleet_world import World, fill, triggers_off
from benchmarks.played.record import TAGS
from infra.spec import Environment
from provisioning.errors import ServiceRefusedError
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.rollouts.fleet_plans import plan_all
from provisioning.rollouts.looking import OTHER_PLANS, confirm_plans, look_at_plans
from provisioning.rollouts.service import MOST_AT_ONCE, RolloutRequest, create_rollout
from provisioning.states.runs import RunState
from registry.accounts.models import User
from registry.districts.models import AwsAccount, District


def make(count: int) -> World:
    """Fill the database; districts lie where the worker's own credentials lead, and each was applied before.

    All are sandboxes, as the recorded one: others need settings that it has not, and wait for a second person.
    """
    world = fill(count, beside=False, environments=(Environment.SANDBOX,))
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        RolloutMember.objects.all().delete()
        Rollout.objects.all().delete()
        AwsAccount.objects.update(role_arn="")
        cursor.execute(
            "INSERT INTO provisioning_runstep (run_id, step, started_at, finished_at) SELECT id, 'applying', "
            "created_at, finished_at FROM provisioning_run WHERE kind = 'apply' AND state = 'succeeded'"
        )
        cursor.execute("ANALYZE")
        cursor.execute("RESET statement_timeout")
    return world


def ask_for_plans(person: User) -> int:
    """Ask for a plan of every district, as the fleet page does."""
    return plan_all(districts=District.objects.all(), filters={}, actor=person)


def roll_out(person: User, at_once: int) -> Rollout:
    """Ask for the recorded change of every district, so many of them at a time as a rollout may."""
    request = RolloutRequest(
        reason="Played", change={"tags": TAGS}, waves="100%", at_once=min(at_once, MOST_AT_ONCE),
        halt_percent=50, halt_failures=None,
    )  # fmt: skip
    return create_rollout(request=request, actor=person)


def look_through(rollout: Rollout, person: User) -> bool:
    """Have those plans of the rollout applied that wait for a look, as its page does; say whether some were."""
    look = look_at_plans(rollout)
    if look is None:
        return False
    try:
        confirm_plans(rollout=rollout, digest=look.digest, actor=person)
    except ServiceRefusedError as refusal:
        # Others were made this very moment: they are looked at with these, a moment later.
        if refusal.code != OTHER_PLANS:
            raise
        return False
    return True


def seen_from(world: World, rollout: Rollout) -> World:
    """Return the world as the pages' addresses are made of it: one district at work, one that waits, one that rests."""
    held = [RunState.APPLYING, RunState.PLANNING, RunState.SYNTHESIZING, RunState.VERIFYING]
    # The run that was claimed last has the longest way before it.
    working = Run.objects.filter(state__in=held).select_related("district__account").latest("claimed_at").district
    waiting = Run.objects.filter(state=RunState.QUEUED, sent_at=None).select_related("district").latest("id").district
    return replace(world, working=[working], districts=[*world.districts[:6], waiting], rollout=rollout)


def cookies(person: User) -> dict[str, str]:
    """Sign the person in; return what the browser then holds."""
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def first_asked() -> int:
    """Return the number of the first run that is asked for from now on."""
    newest = Run.objects.order_by("-id").values_list("id", flat=True).first() or 0
    oldest = Run.objects.filter(finished_at=None).aggregate(first=Min("id"))["first"]
    return min(newest + 1, oldest or newest + 1)
