"""What a pipeline is doing: out of CloudWatch into the database, each figure within its window, and onto the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from django.test import Client
from django.utils import timezone

from engine.aws import pipeline_metrics as engine
from engine.aws.pipeline_metrics import Figures, figures_of
from processor.metrics import NAMESPACE
from provisioning.health.pipeline_metrics import due, measure, measure_all
from provisioning.models import PipelineFigures
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.districts.models import District
from sandbox.launch import running_sandbox
from tests.builders import a_district, a_person, a_run, moved

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def before(**ago: float) -> datetime:
    return NOON - timedelta(**ago)


def test_each_figure_looks_back_over_its_own_window():
    values = {
        "accepted": [(before(hours=1), 100.0), (before(hours=23), 20.0), (before(hours=25), 7.0)],
        "rejected": [(before(hours=2), 3.0)],
        "hits": [(before(minutes=5), 90.0), (before(hours=2), 1000.0)],
        "misses": [(before(minutes=5), 8.0)],
        "away": [(before(minutes=6), 2.0)],
        "age": [(before(minutes=2), 42.0), (before(minutes=3), 900.0)],
    }
    assert figures_of(values, NOON) == Figures(120, 3, 42, 90.0)


def test_no_value_is_not_a_value_of_nothing():
    assert figures_of({}, NOON) == Figures(None, None, None, None)
    assert figures_of({}, NOON).is_empty
    figures = figures_of({"rejected": [(NOON, 0.0)], "age": [(NOON, 0.0)]}, NOON)
    assert (figures.rows_rejected, figures.oldest_message_seconds, figures.is_empty) == (0, 0, False)


def test_the_metrics_are_the_programs_own():
    assert engine.NAMESPACE == NAMESPACE


@pytest.fixture
def aws(settings) -> Iterator[str]:
    with running_sandbox() as sandbox:
        settings.AWS_ENDPOINT_URL = sandbox.url
        yield sandbox.url


@pytest.fixture
def district(db) -> District:
    return a_live_district()


def a_live_district() -> District:
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    return District.objects.get(pk=run.district_id)


def put(aws: str, suffix: str, **values: float) -> None:
    cloudwatch = boto3.client("cloudwatch", region_name="us-east-1", endpoint_url=aws)
    dimensions = [{"Name": "District", "Value": suffix}]
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in values.items()]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)


def the_page(district: District) -> str:
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    overview = client.get(f"/districts/{district.suffix}").content.decode()
    part = client.get(f"/districts/{district.suffix}/pipeline").content.decode()
    assert part.strip() in overview
    return " ".join(part.split())


def test_figures_go_from_cloudwatch_to_the_page(aws: str, district: District):
    assert "No data yet. Figures are read every minute." in the_page(district)
    measure(district)
    assert "No figures yet: CloudWatch has none of this pipeline." in the_page(district)
    put(aws, district.suffix, RowsAccepted=24_500, RowsRejected=512, CacheHits=95, CacheMisses=5)
    put(aws, "somebody-else", RowsAccepted=7_000_000)
    boto3.client("cloudwatch", region_name="us-east-1", endpoint_url=aws).put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": f"results-{district.suffix}"}],
                "Value": 75,
            }
        ],
    )
    stored = measure(district)
    assert (stored.rows_accepted, stored.rows_rejected, stored.cache_hit_percent) == (24_500, 512, 95.0)
    page = the_page(district)
    for words in ("24,500", "512", "95.0 %", "1 min 15 s", "in the last 24 hours", "Measured"):
        assert words in page


def test_a_failed_try_keeps_the_figures_and_says_what_to_do(settings, district: District):
    PipelineFigures.objects.create(
        district=district, tried_at=timezone.now(), measured_at=timezone.now(), rows_accepted=11, rows_rejected=0
    )
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    stored = measure(district)
    assert (stored.rows_accepted, stored.problem) == (
        11,
        "AWS did not let us read the pipeline's figures in CloudWatch.",
    )
    page = the_page(district)
    assert "The last reading failed" in page
    assert stored.remedy
    assert stored.remedy.replace("'", "&#x27;") in page


def test_the_oldest_come_first_and_only_live_districts_are_looked_at(aws: str, district: District):
    draft = a_district(name="Draft", slug="draft")
    never = a_live_district()
    PipelineFigures.objects.create(district=district, tried_at=timezone.now() - timedelta(minutes=5))
    assert [candidate.pk for candidate in due()] == [never.pk, district.pk]
    assert measure_all() == 2
    # All were looked at just now: nobody's turn is before the next minute.
    assert due() == []
    assert not PipelineFigures.objects.filter(district=draft).exists()
