"""Stored plans go when their runs have ended: nobody applies one again, and a plan may hold secrets.

Source: Terraform, "Command: plan" (-out): sensitive values stand in a saved plan in the clear.
"""

from __future__ import annotations

import logging

from provisioning.configuration import engine_settings
from provisioning.engine.errors import AwsUnavailable
from provisioning.engine.plan_store import delete_plan, plan_key
from provisioning.engine.settings import EngineSettings
from provisioning.models import Run
from provisioning.selectors import ACTIVE
from provisioning.turns import act_on_each, in_batches

logger = logging.getLogger(__name__)

FORGET_SECONDS = 50.0
"""How long one call of the periodic task takes on further plans; what is left comes with the next."""


def forget_plan(run: Run, engine: EngineSettings | None = None) -> bool:
    """Delete an ended run's plan with all its versions; false, and a warning, when AWS does not answer.

    Twice does no harm. What fails here is done later by `forget_ended_plans`.
    """
    try:
        delete_plan(engine or engine_settings(), plan_key(run.spec["suffix"], run.number))
    except AwsUnavailable as error:
        logger.warning("Run #%s: its stored plan is not deleted yet: %s", run.number, error)
        return False
    Run.objects.filter(pk=run.pk).update(plan_stored=False)
    return True


def forget_ended_plans() -> list[int]:
    """Delete the plans of runs that have ended, discarded and expired ones among them; return their numbers."""
    rows = in_batches(Run.objects.filter(plan_stored=True).exclude(state__in=ACTIVE), seconds=FORGET_SECONDS)
    return [run.number for run, done in act_on_each(rows, lambda run: (run, forget_plan(run))) if done]
