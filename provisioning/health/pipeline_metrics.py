"""Keeps the figures of live districts' pipelines: read by a worker every minute, shown by pages out of the database.

A try that fails leaves the figures of before, and says beside them what is wrong and what to do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from engine.aws.clients import DeployRole
from engine.aws.pipeline_metrics import Figures, read_figures
from engine.errors import EngineError
from provisioning.engine_settings import deploy_role, engine_settings
from provisioning.models import PipelineFigures, Run
from provisioning.models.district_health import DEPLOYED_WELL, FAILED
from provisioning.periodic.batches import ask_many
from provisioning.periodic.turns import act_on_each
from provisioning.runs.district_health import beside
from registry.districts.models import District
from registry.districts.spec import spec_data
from registry.districts.statuses import DistrictStatus

logger = logging.getLogger(__name__)

FRESH = timedelta(seconds=55)
"""No district is asked about more often."""
MOST_AT_A_TIME = 1_500
MEASURE_SECONDS = 45.0
"""So many are looked at in one turn, and for so long; the rest are first in the next minute."""


def is_watched(district: District, run: Run | None) -> bool:
    """Return whether a worker looks at this district's pipeline; `run` is the one that works on it."""
    return beside(district, run) in {DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION}


def figures_of(district: District) -> PipelineFigures | None:
    """Return what is stored of a district's pipeline, or nothing where it was never looked at."""
    return PipelineFigures.objects.filter(district=district).first()


def measure(district: District) -> PipelineFigures:
    """Ask CloudWatch about one district and store what it says, or why it does not."""
    ((_, answer),) = ask_many([_place(district)], _read, seconds=MEASURE_SECONDS)
    return store(district, answer)


@dataclass(frozen=True)
class _Place:
    """A district with what is needed to ask about it."""

    district: District
    region: str
    suffix: str
    role: DeployRole | None


def _place(district: District) -> _Place:
    return _Place(district, district.region, district.suffix, deploy_role(spec_data(district)))


def _read(place: _Place) -> Figures:
    return read_figures(engine_settings(), place.region, place.suffix, place.role, now=timezone.now())


def store(district: District, answer: Figures | EngineError) -> PipelineFigures:
    """Store what CloudWatch said of a district, or why it said nothing."""
    now = timezone.now()
    fields: dict[str, Any]
    if isinstance(answer, EngineError):
        logger.warning("The pipeline's figures of %s were not read: %s %s", district, answer.summary, answer.detail)
        fields = {"problem": answer.summary, "remedy": answer.remedy}
    else:
        fields = {"problem": "", "remedy": "", "measured_at": now, **answer.as_fields()}
    stored, _ = PipelineFigures.objects.update_or_create(district=district, defaults={"tried_at": now, **fields})
    return stored


def due() -> list[District]:
    """Return the live districts whose figures are oldest, those that were never looked at first."""
    districts = District.objects.filter(DEPLOYED_WELL | FAILED).select_related("account")
    stale = districts.filter(Q(pipeline=None) | Q(pipeline__tried_at__lt=timezone.now() - FRESH))
    return list(stale.order_by(F("pipeline__tried_at").asc(nulls_first=True), "pk")[:MOST_AT_A_TIME])


def measure_all() -> int:
    """Look at every district whose turn it is; return how many. Called by Celery beat every minute."""
    answers = ask_many([_place(district) for district in due()], _read, seconds=MEASURE_SECONDS)
    return len(act_on_each(answers, lambda answer: store(answer[0].district, answer[1])))
