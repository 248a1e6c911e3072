"""What periodic work asks of PostgreSQL is answered by an index, in each table that grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.fleet_world import clone
from engine.settings import EngineSettings
from portal.console.pages.system.page import versions
from provisioning.calendar.holds import Calendar, take_back
from provisioning.capacity.quota_reading import in_turn as quotas_in_turn
from provisioning.costs.reading import in_turn as costs_in_turn
from provisioning.dispatch import reading
from provisioning.dispatch.dispatcher import dispatch
from provisioning.dispatch.reasons import places_of
from provisioning.drift.schedule import candidates, usual_length
from provisioning.evidence.anchors import anchor_head
from provisioning.evidence.push import push
from provisioning.evidence.service import forget_files
from provisioning.health.access_check import in_turn as access_in_turn
from provisioning.health.heartbeats import PERIODIC, queues_listened_to, sign
from provisioning.health.pipeline_metrics import due as figures_due
from provisioning.health.status import queue
from provisioning.lifetimes.turn import mind_ends
from provisioning.measurements.daily import keep_figures
from provisioning.measurements.keeping import fold
from provisioning.models import AuditCursor, Notice, Run, RunEvent
from provisioning.notices.outbox import deliver_due, forget_old
from provisioning.onboarding.drafts import expire_drafts
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


LINKS = """
INSERT INTO audit_auditlink (event_id, position, previous_hash, hash)
SELECT id, row_number() OVER (ORDER BY id), repeat('0', 64), repeat('0', 64) FROM audit_auditevent event
WHERE NOT EXISTS (SELECT FROM audit_auditlink link WHERE link.event_id = event.id)
"""


@pytest.fixture(scope="module")
def long_past(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Districts with a long past, in which nothing is due."""
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            # So many rows are no request's: a slow machine takes longer than a request may.
            cursor.execute("SET LOCAL statement_timeout = 0")
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
            monthly_cost_usd=500,
        )  # fmt: skip
        many = f"(SELECT n FROM generate_series(1, {OF_A_DISTRICT}) n)"
        old = "now() - (i.n + 1) * interval '10 minutes'"
        clone(
            run,
            many,
            {
                "district_id": f"{district.pk} + 1 + i.n % 5000",
                **dict.fromkeys(("created_at", "sent_at", "started_at", "finished_at"), old),
            },
        )
        line = RunEvent.objects.create(run=run, sequence=1, at=now, level="info", kind="x", message="x")
        clone(line, many, {"sequence": "i.n + 1"})
        event = AuditEvent.objects.create(
            actor_name="x", action=AuditAction.RUN_COMMENTED, subject_kind="run", subject_id="1", message="x"
        )
        clone(event, many, {})
        with connection.cursor() as cursor:
            cursor.execute(LINKS)
        notice = Notice.objects.create(
            occasion="run.failed", channel="email", sentence="x", path="/", about={}, due_at=now, sent_at=now
        )
        clone(notice, many, {"key": "gen_random_uuid()"})
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        yield
        transaction.set_rollback(True)


def push_audit() -> object:
    """Push to a place that has all but the newest events; it takes what it is given."""
    AuditCursor.objects.create(destination="x", position=OF_A_DISTRICT - 100)
    return push("x", lambda lines, first, last: None)


WORK: dict[str, dict[str, Callable[[], object]]] = {
    "provisioning.reap_runs": {
        "reap": reap,
        "recover": recover,
        "expire": expire,
        "dispatch": dispatch,
        "rollouts": tick,
        "expect": expect,
        "sign": lambda: sign(PERIODIC),
    },
    "provisioning.send_notices": {"notices": deliver_due},
    "provisioning.push_audit": {"push": push_audit},
    "provisioning.anchor_audit": {"anchor": anchor_head},
    "provisioning.sweep_drift": {"sweep": candidates, "pace": usual_length},
    "provisioning.measure_pipelines": {"pipelines": figures_due},
    "provisioning.fold_measurements": {"fold": fold},
    "provisioning.forget_plans": {"forget plans": stored_plans.forget_ended_plans},
    "provisioning.forget_states": {
        "forget states": lambda: forget_decided(EngineSettings.__new__(EngineSettings)),
        "hosts": lambda: queues_listened_to("runs."),
    },
    "provisioning.archive_events": {"archive": archive.archive_ended},
    "provisioning.read_quotas": {"quotas": quotas_in_turn},
    "provisioning.check_access": {"access": lambda: list(access_in_turn())},
    "provisioning.read_costs": {"costs": lambda: list(costs_in_turn(timezone.now()))},
    "provisioning.expire_drafts": {"drafts": expire_drafts},
    "provisioning.mind_ends": {"ends": mind_ends},
    "provisioning.keep_figures": {"figures": keep_figures},
    "provisioning.trim_events": {
        "trim": archive.trim_events,
        "old notices": lambda: forget_old(90),
        "old files": forget_files,
    },
}
"""What each piece of periodic work asks the database, as its task does; of what asks AWS, whom it asks about."""

EXCUSED = {"audit.verify_chain": "It computes the whole chain anew, once a day: to read all of it is what it is for."}

COUNTS_DISTRICTS = {
    "figures": "Every ten minutes the districts themselves are counted, each once.",
    "costs": "Once an hour the accounts are told apart that have districts.",
}
"""What may read the table of districts, which grows with the fleet and not with time; no other one."""

OF_PAGES: dict[str, Callable[[], object]] = {
    "places in the queue": lambda: places_of([1]),
    "counts of the queue": lambda: queue(Run.objects.all()),
    "newest versions": versions,
}
"""What pages ask again and again."""

QUESTIONS = {name: ask for parts in (*WORK.values(), OF_PAGES) for name, ask in parts.items()}


def test_no_periodic_work_is_left_out():
    asked_for: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    scheduled = {entry["task"] for entry in asked_for.values()}
    assert scheduled == WORK.keys() | EXCUSED.keys()
    assert all(EXCUSED.values()), "each says why"


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_periodic_task_reads_no_large_table_from_end_to_end(long_past: None, question: str):
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        QUESTIONS[question]()
    fleet = {"districts_district"} if question in COUNTS_DISTRICTS else set()
    whole = [(sql, tables) for sql, params in statements if (tables := read_whole(sql, params) - fleet)]
    assert statements or question == "old notices", "the task asks nothing, so this proves nothing"
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
