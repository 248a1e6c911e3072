"""Events of ended runs: archived, compared, then deleted, and shown all the same."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from engine.aws.clients import client
from engine.state.store import delete_state, ensure_state_bucket, state_key
from engine.terraform.plan_values import told_changes
from provisioning.engine_settings import engine_settings
from provisioning.models import PlannedChange, Run, RunEvent
from provisioning.periodic import turns
from provisioning.runs.archive import (
    ArchiveUnavailableError,
    archive_ended,
    archive_events,
    archive_key,
    changes_key,
    events_of,
    last_sequence,
    lines_of,
    planned_changes_of,
    trim_events,
)
from provisioning.runs.planned_changes import FIELDS, copy_changes, store_changes
from provisioning.runs.selectors import resource_progress
from provisioning.states.runs import RunState
from provisioning.tasks import archive_events as archive_task
from provisioning.tasks import forget_plans as forget_task
from provisioning.tasks import trim_events as trim_task
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=91)


@pytest.fixture(autouse=True)
def bucket(settings, url):
    settings.AWS_ENDPOINT_URL = url
    ensure_state_bucket(engine_settings())
    return client(engine_settings(), "s3", "us-east-1")


def an_ended_run(age: timedelta = LONG_AGO) -> Run:
    run = a_run()
    run.plan_resources = [{"address": "aws_vpc.this", "type": "aws_vpc", "action": "create"}]
    run.save()
    at = timezone.now() - age
    events = [
        ("run", "info", "", "A worker took the run 🍁.", {}),
        ("apply_start", "info", "aws_vpc.this", "aws_vpc.this: Creating...", {}),
        ("apply_complete", "info", "aws_vpc.this", "Creation complete", {"seconds": 2}),
        ("diagnostic", "error", "aws_subnet.a", "Error: no room", {"summary": "no room", "detail": "Line 1\nLine 2"}),
    ]
    RunEvent.objects.bulk_create(
        RunEvent(
            run=run,
            sequence=number,
            at=at + timedelta(seconds=number),
            level=level,
            kind=kind,
            address=address,
            action="create" if address else "",
            message=message,
            data=data,
        )
        for number, (kind, level, address, message, data) in enumerate(events, 1)
    )
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED)
    Run.objects.filter(pk=run.pk).update(finished_at=at)
    run.refresh_from_db()
    return run


def trimmed_run() -> Run:
    run = an_ended_run()
    assert archive_events(run)
    assert trim_events() == [run.number]
    assert not RunEvent.objects.filter(run=run).exists()
    run.refresh_from_db()
    return run


def shown(run: Run) -> list[tuple[object, ...]]:
    return [(e.sequence, e.at, e.level, e.kind, e.address, e.action, e.message, e.data) for e in events_of(run)]


def test_the_archive_is_lines_of_json_and_says_what_it_holds(bucket):
    run = an_ended_run()
    assert archive_events(run)
    run.refresh_from_db()
    packed = bucket.get_object(Bucket=engine_settings().state_bucket, Key=archive_key(run))["Body"].read()
    lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2, 3, 4]
    assert lines[3]["data"]["detail"] == "Line 1\nLine 2"
    assert (run.events_archive["count"], run.events_archive["last_sequence"]) == (4, 4)
    assert run.events_archived_at
    assert archive_events(run), "twice does no harm"


def test_events_read_the_same_before_and_after_they_are_only_in_the_archive():
    run = an_ended_run()
    before, progress = shown(run), resource_progress(run)
    archive_events(run)
    trim_events()
    run.refresh_from_db()
    assert run.events_trimmed_at
    assert shown(run) == before
    assert resource_progress(run) == progress
    assert last_sequence(run) == 4
    assert AuditEvent.objects.filter(action=AuditAction.EVENTS_TRIMMED, run_number=run.number).count() == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"after": 2},
        {"levels": ("error",)},
        {"kinds": ("apply_start", "apply_complete")},
        {"search": "CREATI"},
        {"search": "aws_subnet"},
        {"newest": 2},
        {"newest": 0},
        {"after": 1, "levels": ("info",), "newest": 1},
    ],
)
def test_every_filter_lets_the_same_through_from_the_archive(asked):
    run = an_ended_run()
    before = [event.sequence for event in events_of(run, **asked)]
    archive_events(run)
    trim_events()
    run.refresh_from_db()
    assert [event.sequence for event in events_of(run, **asked)] == before


def test_young_events_active_runs_and_what_is_not_archived_stay():
    young, waiting, not_archived = an_ended_run(timedelta(days=89)), a_run(), an_ended_run()
    archive_events(young)
    assert trim_events() == []
    assert {run.events_trimmed_at for run in (young, waiting, not_archived)} == {None}
    assert RunEvent.objects.filter(run=not_archived).count() == 4


def test_an_archive_that_was_changed_keeps_the_rows_and_is_written_anew(bucket):
    run = an_ended_run()
    archive_events(run)
    rows = lines_of(RunEvent.objects.filter(run=run).order_by("sequence"))
    forged = gzip.compress(rows.replace(b"no room", b"so room"))
    bucket.put_object(Bucket=engine_settings().state_bucket, Key=archive_key(run), Body=forged)
    assert trim_events() == []
    assert RunEvent.objects.filter(run=run).count() == 4
    assert trim_events() == [run.number]


def test_trimming_goes_on_behind_those_that_cannot_be_trimmed_and_behind_the_first_batch(monkeypatch, bucket):
    monkeypatch.setattr(turns, "BATCH", 1)
    runs = [an_ended_run() for _ in range(4)]
    for run in runs:
        archive_events(run)
    Run.objects.filter(pk=runs[0].pk).update(events_archive={"count": 4})
    bucket.delete_object(Bucket=engine_settings().state_bucket, Key=archive_key(runs[1]))
    with pytest.raises(ExceptionGroup):
        trim_task()
    trimmed = Run.objects.filter(events_trimmed_at__isnull=False).order_by("pk")
    assert list(trimmed.values_list("pk", flat=True)) == [runs[2].pk, runs[3].pk]


def test_archiving_and_forgetting_go_on_behind_a_bad_row(monkeypatch):
    monkeypatch.setattr(turns, "BATCH", 1)
    bad, good = an_ended_run(), an_ended_run()
    Run.objects.update(plan_stored=True)
    Run.objects.filter(pk=bad.pk).update(spec={})
    for task in (archive_task, forget_task):
        with pytest.raises(ExceptionGroup):
            task()
    good.refresh_from_db()
    assert good.events_archived_at
    assert not good.plan_stored


BROKEN = {"no gzip": b"no gzip", "no event": gzip.compress(b"{}\n"), "cut off": gzip.compress(b"x")[:-4]}


@pytest.mark.parametrize("body", list(BROKEN.values()), ids=list(BROKEN))
def test_a_broken_archive_is_said_and_never_shown(bucket, body):
    run = trimmed_run()
    bucket.put_object(Bucket=engine_settings().state_bucket, Key=archive_key(run), Body=body)
    with pytest.raises(ArchiveUnavailableError):
        events_of(run)


def test_without_the_bucket_a_run_is_archived_later(settings, url):
    run, running = an_ended_run(), a_run()
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    assert not archive_events(run)
    settings.AWS_ENDPOINT_URL = url
    assert archive_ended() == [run.number]
    assert archive_ended() == []
    running.refresh_from_db()
    assert running.events_archived_at is None


def test_the_tasks_archive_and_trim():
    run = an_ended_run()
    archive_task()
    trim_task()
    run.refresh_from_db()
    assert run.events_trimmed_at


def test_archives_outlive_the_districts_state(bucket):
    run = an_ended_run()
    archive_events(run)
    engine, suffix = engine_settings(), run.spec["suffix"]
    for name in ("terraform.tfstate", "terraform.tfstate.tflock", f"runs/{run.number}/run.tfplan"):
        for body in (b"1", b"2"):
            bucket.put_object(Bucket=engine.state_bucket, Key=f"districts/{suffix}/{name}", Body=body)
    bucket.put_object(Bucket=engine.state_bucket, Key=f"districts/{suffix}-two/terraform.tfstate", Body=b"other")
    delete_state(engine, state_key(suffix))
    versions = bucket.list_object_versions(Bucket=engine.state_bucket, Prefix=f"districts/{suffix}")["Versions"]
    assert {version["Key"] for version in versions} == {
        archive_key(run),
        f"districts/{suffix}-two/terraform.tfstate",
    }


def test_the_log_page_shows_archived_lines_and_says_when_it_cannot(client, settings):
    run = trimmed_run()
    client.force_login(a_person(Role.VIEWER))
    page = client.get(f"/runs/{run.number}/lines?level=error").content.decode()
    assert "Error: no room" in page
    assert "come from the archive" in page
    assert "A worker took the run" not in page
    whole = b"".join(client.get(f"/runs/{run.number}/log").streaming_content).decode()
    assert whole.count("\n") == 6
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    answer = client.get(f"/runs/{run.number}/lines")
    assert (answer.status_code, "cannot be read now" in answer.content.decode()) == (200, True)
    assert client.get(f"/runs/{run.number}/log").status_code == 503


SHOWN = {
    "resource_changes": [
        {
            "address": f"aws_x.r{number}",
            "type": "aws_x",
            "change": {"actions": ["update"], "before": {"days": 365, "name": "🍁\x00"}, "after": {"days": number}},
        }
        for number in range(3)
    ]
}


def changes_shown(run: Run) -> list[dict[str, object]]:
    rows, total = planned_changes_of(run)
    assert total == len(rows)
    return [{name: getattr(row, name) for name in FIELDS} for row in rows]


def test_planned_changes_are_archived_trimmed_and_read_the_same(bucket):
    run = an_ended_run()
    store_changes(run, told_changes(SHOWN))
    store_changes(run, told_changes(SHOWN))
    before = changes_shown(run)
    assert [change["address"] for change in before] == ["aws_x.r0", "aws_x.r1", "aws_x.r2"]
    assert archive_events(run)
    run.refresh_from_db()
    assert run.events_archive["changes"]["count"] == 3
    assert trim_events() == [run.number]
    run.refresh_from_db()
    assert not PlannedChange.objects.filter(run=run).exists()
    assert changes_shown(run) == before
    rows, total = planned_changes_of(run, skip=1, first=1)
    assert ([row.address for row in rows], total) == (["aws_x.r1"], 3)
    bucket.put_object(Bucket=engine_settings().state_bucket, Key=changes_key(run), Body=gzip.compress(b"{}\n"))
    with pytest.raises(ArchiveUnavailableError, match="not the one"):
        planned_changes_of(run)


def test_changes_that_the_archive_does_not_have_are_archived_before_they_are_trimmed():
    run = an_ended_run()
    archive_events(run)
    run.refresh_from_db()
    assert "changes" not in run.events_archive
    store_changes(run, told_changes(SHOWN))
    assert trim_events() == []
    assert PlannedChange.objects.filter(run=run).count() == 3
    assert trim_events() == [run.number]
    run.refresh_from_db()
    assert len(changes_shown(run)) == 3


def test_another_run_of_the_same_plan_has_the_same_changes():
    run, other_run = an_ended_run(), an_ended_run()
    store_changes(run, told_changes(SHOWN))
    copy_changes(run, other_run)
    assert changes_shown(other_run) == changes_shown(run)
