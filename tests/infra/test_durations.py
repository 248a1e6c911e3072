"""How long a run may take is said once: what would end it from outside comes later, each behind the one before."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from infra.durations import LONGEST_RUN, LONGEST_SESSION, STEPS
from provisioning.execution.context import LONGEST
from tests import synthesis
from tests.infra.test_platform import SPEC


def test_every_step_that_works_has_its_time_and_no_other():
    assert {state.value: longest for state, longest in LONGEST.items()} == STEPS


def test_the_run_ends_itself_before_the_task_the_message_and_the_session_end():
    soft_limit = timedelta(seconds=settings.CELERY_TASK_SOFT_TIME_LIMIT)
    killed = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    sent_again = timedelta(seconds=int(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"])))
    grace = timedelta(seconds=settings.CANCEL_GRACE_SECONDS)
    assert LONGEST_RUN + grace < soft_limit < killed < sent_again


def test_a_session_of_the_deploy_role_outlasts_a_run_and_is_one_that_iam_gives():
    role = synthesis.platform(SPEC).data["resource"]["aws_iam_role"]["deploy_role"]
    assert LONGEST_RUN < timedelta(seconds=role["max_session_duration"]) <= LONGEST_SESSION
