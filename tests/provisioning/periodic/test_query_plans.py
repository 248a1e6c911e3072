"""What periodic work asks of PostgreSQL is answered by an index, in each table that grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.fleet_world import clone
from engine.settings import EngineSettings
from portal.console.pages.system.page import versions
from provisioning.calendar.holds import Calendar, take_back
from provisioning.dispatch import reading
from provisioning.dispatch.dispatcher import dispatch
from provisioning.dispatch.reasons import places_of
from provisioning.drift.schedule import candidates, usual_length
from provisioning.health.heartbeats import PERIODIC, sign
from provisioning.health.pipeline_metrics import due as figures_due
from provisioning.health.status import queue
from provisioning.measurements.keeping import fold
from provisioning.models import Notice, Run, RunEvent
from provisioning.notices.outbox import deliver_due, forget_old
from provisioning.periodic.record import expect
from provisioning.rollouts.ticking import tick
from provisioning.runs import archive, stored_plans
from provisioning.runs.approval import expire
from provisioning.runs.reaper import reap, recover
from provisioning.states.runs import RunKind, RunState
from provisioning.terraform_state.errored_keeping import forget_decided
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.spec import spec_data
from tests.builders import a_district

pytestmark = pytest.mark.django_db

LARGE = {"provisioning_run", "provisioning_runevent", "audit_auditevent", "audit_auditlink", "districts_district",
         "provisioning_notice", "provisioning_stackresource", "provisioning_runstep"}  # fmt: skip
OF_A_DISTRICT = 30_000
"""Rows of the past: so many that no planner in its right mind reads them all for the few that are wanted."""


@pytest.fixture(scope="module")
def long_past(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Districts with a long past, in which nothing is due."""
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        district, now = a_district(), timezone.now()
        clone(
            district,
            "(SELECT n FROM generate_series(1, 5000) n)",
            {
                "suffix": "'d-' || i.n || '-sbx'",
                "slug": "'d-' || i.n",
                "cidr": "('10.0.0.0'::inet + i.n * 1024)::cidr",
                "status": "CASE WHEN i.n % 50 = 0 THEN 'live' ELSE 'removed' END",
                "registration_key": "gen_random_uuid()",
            },
        )
        run = Run.objects.create(
            district=district, kind=RunKind.APPLY, state=RunState.SUCCEEDED, spec=spec_data(district),
            sent_at=now, started_at=now, finished_at=now, events_archived_at=now, events_trimmed_at=now,
        )  # fmt: skip
        many = f"(SELECT n FROM generate_series(1, {OF_A_DISTRICT}) n)"
        old = "now() - (i.n + 1) * interval '10 minutes'"
        clone(
            run,
            many,
            {"district_id": f"{district.pk} + 1 + i.n % 5000", "sent_at": old, "finished_at": old, "created_at": old},
        )
        line = RunEvent.objects.create(run=run, sequence=1, at=now, level="info", kind="x", message="x")
        clone(line, many, {"sequence": "i.n + 1"})
        event = AuditEvent.objects.create(
            actor_name="x", action=AuditAction.RUN_COMMENTED, subject_kind="run", subject_id="1", message="x"
        )
        clone(event, many, {})
        notice = Notice.objects.create(
            occasion="run.failed", channel="email", sentence="x", path="/", about={}, due_at=now, sent_at=now
        )
        clone(notice, many, {"key": "gen_random_uuid()"})
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        yield
        transaction.set_rollback(True)


TASKS: dict[str, Callable[[], object]] = {
    "dispatch": dispatch,
    "reap": reap,
    "recover": recover,
    "expire": expire,
    "rollouts": tick,
    "expect": expect,
    "sign": lambda: sign(PERIODIC),
    "sweep": candidates,
    "pace": usual_length,
    "fold": fold,
    "archive": archive.archive_ended,
    "trim": archive.trim_events,
    "forget plans": stored_plans.forget_ended_plans,
    "forget states": lambda: forget_decided(EngineSettings.__new__(EngineSettings)),
    "notices": deliver_due,
    "old notices": lambda: forget_old(90),
    "pipelines": figures_due,
    "places in the queue": lambda: places_of([1]),
    "counts of the queue": lambda: queue(Run.objects.all()),
    "newest versions": versions,
}


@pytest.mark.parametrize("task", TASKS)
def test_a_periodic_task_reads_no_large_table_from_end_to_end(long_past: None, task: str):
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        TASKS[task]()
    whole = [(sql, tables) for sql, params in statements if (tables := read_whole(sql, params))]
    assert statements or task == "old notices", "the task asks nothing, so this proves nothing"
    assert not whole, "\n".join(f"{sorted(tables)}: {sql[:300]}" for sql, tables in whole)


def test_what_was_sent_is_found_without_reading_all_that_wait(long_past: None):
    run = Run.objects.earliest("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        somewhere = "(SELECT id FROM districts_district ORDER BY id LIMIT 2000)"
        clone(run, somewhere, {"district_id": "i.id", "state": "'queued'", "sent_at": "NULL", "finished_at": "NULL"})
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute("ANALYZE provisioning_run")
    questions: dict[str, Callable[[], object]] = {
        "sent and not claimed": lambda: reading.overdue(timezone.now()),
        "sent and held": lambda: take_back(Calendar(frozen_fleet=True)),
        "at work": reading.working,
    }
    for question, ask in questions.items():
        with CaptureQueriesContext(connection) as queries:
            ask()
        used = {
            node["Index Name"]
            for query in queries.captured_queries
            for node in nodes(plan_of(query["sql"], None))
            if node.get("Relation Name") == "provisioning_run"
        }
        assert "run_told" in used, question
        assert not used & {"run_waiting", "run_active"}, f"{question}: by an index of all that wait"


def read_whole(sql: str, params: Any) -> set[str]:
    """Return the large tables that a statement reads row by row from end to end."""
    if not sql.strip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")) or "advisory" in sql or "set_config" in sql:
        return set()
    plan_nodes = nodes(plan_of(sql, params))
    return {node["Relation Name"] for node in plan_nodes if node["Node Type"] == "Seq Scan"} & LARGE


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    """Return PostgreSQL's plan of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    parsed = plan if isinstance(plan, list) else json.loads(plan)
    root: dict[str, Any] = parsed[0]["Plan"]
    return root


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's node and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_a_query_without_an_index_is_seen(long_past: None):
    """The counter-example: nothing serves this one."""
    assert read_whole("SELECT id FROM provisioning_run WHERE error_detail = 'x'", None) == {"provisioning_run"}
