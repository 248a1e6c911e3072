"""Metrics are counted in the database, answer a token or a person, and name who is there by signs of life."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from devtools.paths import ROOT
from portal.version import VERSION
from provisioning.health.heartbeats import PERIODIC, begin, end, free_room, sign
from provisioning.health.status import workers
from provisioning.measurements.keeping import fold
from provisioning.models import DriftItem, PeriodicTask, Presence, Run
from provisioning.states.runs import RunState
from provisioning.tasks import reap_runs
from registry.accounts.roles import Role
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db


def read(client: Client, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.content.decode())
    samples = [(written(sample.name, sample.labels), sample.value) for family in families for sample in family.samples]
    assert len(samples) == len(dict(samples)), "each sample is there once"
    return dict(samples)


def written(name: str, labels: dict[str, str]) -> str:
    pairs = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{pairs}}}" if pairs else name


@pytest.fixture
def scraper(settings) -> dict[str, str]:
    settings.METRICS_TOKEN = "scrape-me"
    return {"Authorization": "Bearer scrape-me"}


def test_runs_queue_workers_and_districts_are_counted(scraper):
    waiting, working = a_run(), a_run()
    Run.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    moved(working, RunState.SYNTHESIZING)
    sign("celery@one", ["runs", "runs.one"])
    sign("celery@two", ["upkeep"])
    sign("celery@three", ["chores", "long-chores"])
    sign("celery@gone", ["runs"])
    Presence.objects.filter(name="celery@gone").update(seen_at=timezone.now() - timedelta(minutes=2))
    reap_runs()
    samples = read(Client(), **scraper)
    assert samples['homeroom_runs{state="queued"}'] == 1
    assert samples['homeroom_runs{state="synthesizing"}'] == 1
    assert samples['homeroom_runs{state="failed"}'] == 0, "what there is none of is there too"
    assert samples["homeroom_queue_length"] == 1
    assert 300 <= samples["homeroom_queue_oldest_wait_seconds"] < 330
    assert samples['homeroom_workers{work="runs"}'] == 1
    assert samples['homeroom_workers{work="upkeep"}'] == 1
    assert samples['homeroom_workers{work="chores"}'] == 1
    assert samples['homeroom_workers{work="long-chores"}'] == 1
    assert samples['homeroom_districts{status="draft"}'] == 2
    assert samples['homeroom_districts_drift{drift="not_checked"}'] == 2
    assert samples["homeroom_periodic_work_timestamp_seconds"] > 1e9


def test_a_district_that_drift_has_opened_is_counted_once(scraper):
    run = a_run()
    assert read(Client(), **scraper)["homeroom_districts_exposed"] == 0
    for address in ("aws_security_group.a", "aws_security_group.b"):
        DriftItem.objects.create(district=run.district, run=run, address=address, type="x", exposure="open_port")
    assert read(Client(), **scraper)["homeroom_districts_exposed"] == 1


def test_the_token_or_a_role_is_asked_for(scraper, settings):
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 403
    person = Client()
    person.force_login(a_person(Role.VIEWER))
    read(person)
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403, "no token is no password"


def test_histograms_and_counters_of_runs(scraper):
    for state in (RunState.FAILED, RunState.CANCELED):
        run = moved(a_run(), RunState.SYNTHESIZING)
        moved(run, RunState.CANCELLING if state is RunState.CANCELED else state, error_code="throttled")
    samples = read(Client(), **scraper)
    assert samples['homeroom_run_duration_seconds_bucket{kind="apply",le="+Inf",result="failed"}'] == 1
    assert samples['homeroom_run_duration_seconds_count{kind="apply",result="failed"}'] == 1
    assert samples['homeroom_step_duration_seconds_bucket{kind="apply",le="14400.0",step="synthesizing"}'] == 2
    assert samples['homeroom_queue_wait_seconds_count{kind="apply"}'] == 2
    assert samples['homeroom_run_failures_total{code="throttled",kind="apply"}'] == 1
    assert samples['homeroom_runs_ended_total{kind="apply",result="failed"}'] == 1
    assert samples['homeroom_runs{state="failed"}'] == 1
    assert samples['homeroom_runs{state="cancelling"}'] == 1


def test_a_counter_is_there_before_it_has_counted_anything(scraper):
    samples = read(Client(), **scraper)
    assert samples['homeroom_run_failures_total{code="internal_error",kind="apply"}'] == 0
    assert samples['homeroom_run_losses_total{kind="destroy",step="applying"}'] == 0
    assert samples['homeroom_run_retries_total{kind="plan"}'] == 0
    assert samples['homeroom_runs_ended_total{kind="drift",result="failed"}'] == 0


def test_no_count_falls_when_old_runs_are_trimmed_and_counts_are_folded(scraper):
    runs = [moved(moved(a_run(), RunState.SYNTHESIZING), RunState.FAILED, error_code=code) for code in ("a", "b", "a")]
    before = read(Client(), **scraper)
    with connection.cursor() as cursor:
        for table in ("provisioning_runevent", "provisioning_runstep"):
            cursor.execute(f"DELETE FROM {table} WHERE run_id = ANY(%s)", [[run.pk for run in runs]])
        cursor.execute("DELETE FROM provisioning_run WHERE id = ANY(%s)", [[run.pk for run in runs]])
    assert fold(at=1)
    after = read(Client(), **scraper)
    counted = [name for name in before if re.search(r"_(total|bucket|count|sum)(\{|$)", name)]
    assert len(counted) > 20
    assert [name for name in counted if after[name] < before[name]] == []
    assert after['homeroom_run_failures_total{code="a",kind="apply"}'] == 2


def test_a_lease_that_is_over_and_unmarked_shows(scraper):
    run = moved(a_run(), RunState.SYNTHESIZING)
    assert read(Client(), **scraper)["homeroom_lease_lateness_seconds"] == 0
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(minutes=3))
    assert 180 <= read(Client(), **scraper)["homeroom_lease_lateness_seconds"] < 200


def test_periodic_work_that_is_late_shows(scraper):
    reap_runs.apply()
    long_ago = timezone.now() - timedelta(hours=3)
    PeriodicTask.objects.filter(name="provisioning.read_quotas").update(done_at=long_ago)
    samples = read(Client(), **scraper)
    assert samples['homeroom_periodic_task_interval_seconds{task="provisioning.read_quotas"}'] == 3600
    assert 7200 <= samples['homeroom_periodic_task_late_seconds{task="provisioning.read_quotas"}'] < 7300
    assert samples['homeroom_periodic_task_late_seconds{task="provisioning.reap_runs"}'] == 0
    done = samples['homeroom_periodic_task_done_timestamp_seconds{task="provisioning.read_quotas"}']
    assert done == pytest.approx(long_ago.timestamp())
    assert samples['homeroom_periodic_task_failures_total{task="provisioning.reap_runs"}'] == 0


def test_the_database_and_the_workers_disks_have_a_size(scraper):
    sign("celery@one", ["runs"], free_room())
    sign("celery@two", ["upkeep"])
    samples = read(Client(), **scraper)
    assert samples["homeroom_database_size_bytes"] > 1e6
    assert samples['homeroom_work_free_bytes{worker="celery@one"}'] > 0
    assert 'homeroom_work_free_bytes{worker="celery@two"}' not in samples, "where nobody looked there is no figure"


def test_counting_asks_the_database_no_more_for_a_larger_fleet(scraper, django_assert_max_num_queries):
    for _ in range(5):
        a_run()
    with django_assert_max_num_queries(9):
        read(Client(), **scraper)


def test_a_worker_signs_while_it_is_there_and_leaves_no_sign_when_it_goes(monkeypatch):
    started: list[tuple[object, ...]] = []

    class Thread:
        def __init__(self, *, args: tuple[object, ...], **_: object) -> None:
            self.args = args

        def start(self) -> None:
            started.append(self.args)

    monkeypatch.setattr("provisioning.health.heartbeats.threading.Thread", Thread)
    queues = SimpleNamespace(consume_from={"runs": None, "runs.here": None})
    worker = SimpleNamespace(hostname="celery@here", app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)))
    begin(sender=worker)
    ((name, taken, _),) = started
    assert (name, taken) == ("celery@here", ["runs", "runs.here"])
    sign("celery@here", ["runs"])
    assert [presence.name for presence in workers().here] == ["celery@here"]
    monkeypatch.setattr("provisioning.health.heartbeats.connection.close", lambda: None)
    end(sender=worker)
    assert workers().here == ()


def test_old_signs_are_forgotten_by_the_periodic_work():
    sign("celery@old", ["runs"])
    Presence.objects.update(seen_at=timezone.now() - timedelta(days=2))
    assert [presence.name for presence in workers().silent] == ["celery@old"]
    assert workers().periodic_is_late
    sign(PERIODIC)
    assert workers().silent == ()
    assert not workers().periodic_is_late


def test_the_version_is_the_projects():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
