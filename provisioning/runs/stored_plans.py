"""Stored plans go as soon as nobody applies them any more, since a plan may hold secrets.

That is when their runs have ended; that of a plan-only run stays while somebody may ask to have it applied: until it
expires, or something else has been applied to its district.

Source: Terraform, "Command: plan" (-out): sensitive values stand in a saved plan in the clear.
"""

from __future__ import annotations

import logging

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from engine.state.plan_store import delete_plans
from provisioning.engine_settings import engine_settings
from provisioning.models import Run
from provisioning.periodic.turns import act_on_each, in_batches
from provisioning.runs.selectors import ACTIVE
from provisioning.states.runs import RunKind, RunState

logger = logging.getLogger(__name__)

FORGET_SECONDS = 50.0
"""How long one call of the periodic task takes on further plans; what is left comes with the next."""


def applied_after(district: int | OuterRef, number: int | OuterRef) -> QuerySet[Run]:
    """Return the runs that have begun to change a district after the run of this number was asked for."""
    return Run.objects.filter(district=district, pk__gt=number, apply_begun_at__isnull=False)


def kept_plans() -> QuerySet[Run]:
    """Return the ended runs whose plan stays: those that somebody may still apply, or that is being applied."""
    later = applied_after(OuterRef("district"), OuterRef("pk"))
    at_work = Run.objects.filter(plan_of=OuterRef("pk"), state__in=ACTIVE)
    rows = Run.objects.filter(kind=RunKind.PLAN.value, state=RunState.SUCCEEDED.value, plan_stored=True)
    return rows.filter(Q(plan_expires_at__gt=Now()) & ~Exists(later) | Exists(at_work))


def is_kept(run: Run) -> bool:
    """Return whether an ended run's plan stays for now."""
    return kept_plans().filter(pk=run.pk).exists()


def forget_plan(run: Run, engine: EngineSettings | None = None) -> bool:
    """Delete all plans of an ended run with all their versions; false, and a warning, when AWS does not answer.

    Twice does no harm. What fails here is done later by `forget_ended_plans`.
    """
    try:
        delete_plans(engine or engine_settings(), run.spec["suffix"], run.number)
    except AwsUnavailableError as error:
        logger.warning("Run #%s: its stored plan is not deleted yet: %s", run.number, error)
        return False
    Run.objects.filter(pk=run.pk).update(plan_stored=False)
    return True


def forget_ended_plans() -> list[int]:
    """Delete the plans that nobody applies any more, and return their runs' numbers."""
    ended = Run.objects.filter(plan_stored=True).exclude(state__in=ACTIVE).exclude(pk__in=kept_plans().values("pk"))
    rows = in_batches(ended, seconds=FORGET_SECONDS)
    return [run.number for run, done in act_on_each(rows, lambda run: (run, forget_plan(run))) if done]
