"""Metrics are counted in the database, answer a token or a person, and name who is there by signs of life."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from devtools.paths import ROOT
from portal.accounts.roles import Role
from portal.version import VERSION
from provisioning.health import workers
from provisioning.models import Presence, Run
from provisioning.presence import PERIODIC, begin, end, sign
from provisioning.states import RunState
from provisioning.tasks import reap_runs
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db


def read(client: Client, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+]+', line) for line in lines), lines
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


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
    sign("celery@three", ["chores"])
    sign("celery@gone", ["runs"])
    Presence.objects.filter(name="celery@gone").update(seen_at=timezone.now() - timedelta(minutes=2))
    reap_runs()
    found = read(Client(), **scraper)
    assert found['homeroom_runs{state="queued"}'] == 1
    assert found['homeroom_runs{state="synthesizing"}'] == 1
    assert found['homeroom_runs{state="failed"}'] == 0, "what there is none of is there too"
    assert found["homeroom_queue_length"] == 1
    assert 300 <= found["homeroom_queue_oldest_wait_seconds"] < 330
    assert found['homeroom_workers{work="runs"}'] == 1
    assert found['homeroom_workers{work="upkeep"}'] == 1
    assert found['homeroom_workers{work="chores"}'] == 1
    assert found['homeroom_districts{status="provisioning"}'] == 2
    assert found['homeroom_districts_drift{drift="not_checked"}'] == 2
    assert found["homeroom_periodic_work_timestamp_seconds"] > 1e9


def test_the_token_or_a_role_is_asked_for(scraper, settings):
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 403
    person = Client()
    person.force_login(a_person(Role.VIEWER))
    read(person)
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403, "no token is no password"


def test_counting_asks_the_database_no_more_for_a_larger_fleet(scraper, django_assert_max_num_queries):
    for _ in range(5):
        a_run()
    with django_assert_max_num_queries(6):
        read(Client(), **scraper)


def test_a_worker_signs_while_it_is_there_and_leaves_no_sign_when_it_goes(monkeypatch):
    begun: list[tuple[object, ...]] = []

    class Thread:
        def __init__(self, *, args: tuple[object, ...], **_: object) -> None:
            self.args = args

        def start(self) -> None:
            begun.append(self.args)

    monkeypatch.setattr("provisioning.presence.threading.Thread", Thread)
    queues = SimpleNamespace(consume_from={"runs": None, "runs.here": None})
    worker = SimpleNamespace(hostname="celery@here", app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)))
    begin(sender=worker)
    ((name, taken, _),) = begun
    assert (name, taken) == ("celery@here", ["runs", "runs.here"])
    sign("celery@here", ["runs"])
    assert [one.name for one in workers().here] == ["celery@here"]
    monkeypatch.setattr("provisioning.presence.connection.close", lambda: None)
    end(sender=worker)
    assert workers().here == ()


def test_old_signs_are_forgotten_by_the_periodic_work():
    sign("celery@old", ["runs"])
    Presence.objects.update(seen_at=timezone.now() - timedelta(days=2))
    assert [one.name for one in workers().silent] == ["celery@old"]
    assert workers().periodic_is_late
    sign(PERIODIC)
    assert workers().silent == ()
    assert not workers().periodic_is_late


def test_the_version_is_the_projects():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
