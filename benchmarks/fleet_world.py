"""Fills an empty database with a fleet of any size: districts, their history, a full queue, a rollout, an audit record.

Rows are written past the services, which would take hours: one row of each kind is made by its model, and PostgreSQL
clones it. The triggers that refuse what no service would do are off for this session alone; the audit record's chain is
computed by the code that verifies it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

from django.db import connection, models
from django.utils import timezone

from engine.aws.quotas import KINDS
from infra.naming import suffix_for
from infra.spec import Environment
from messages.stored import stored
from provisioning.models import (
    AccountAccess,
    AccountQuota,
    DriftItem,
    Measurement,
    Notice,
    PipelineFigures,
    Presence,
    Rollout,
    RolloutMember,
    Run,
    RunEvent,
    RunStep,
    StackOutput,
    StackResource,
)
from provisioning.states.runs import Priority, RunKind, RunState
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.accounts.services import set_user
from registry.audit.actions import AuditAction
from registry.audit.chain import BEGINNING, hash_of
from registry.audit.models import AuditEvent, AuditLink
from registry.districts.models import AwsAccount, District
from registry.districts.spec import spec_data
from registry.districts.statuses import DistrictStatus, DriftStatus

REGIONS = ("us-east-1", "us-west-2")
DISTRICTS_OF_AN_ACCOUNT = 5
EVENTS_OF_A_DISTRICT = 77
"""Audit events for each: a million for 13,000 districts."""
PAST_RUNS, RESOURCES, LOG_LINES = 10, 40, 5
LOST, WORKING, SPARE = 200, 20, 50
"""Districts beside those whose runs wait: with a run whose worker is gone, with one at work, with none at all."""
TYPES = ("aws_vpc", "aws_eip", "aws_nat_gateway", "aws_lb", "aws_rds_cluster", "aws_security_group", "aws_s3_bucket")

ENVIRONMENTS = ("sandbox", "staging", "production")


@dataclass(frozen=True)
class World:
    """Where things are in the fleet."""

    districts: list[District]
    lost: list[District]
    working: list[District]
    spare: list[District]
    person: User
    rollout: Rollout

    @property
    def everywhere(self) -> list[District]:
        """Every district of the fleet."""
        return [*self.districts, *self.lost, *self.working, *self.spare]


def fill(
    count: int, *, with_record: bool = True, beside: bool = True, environments: Sequence[str] = ENVIRONMENTS
) -> World:
    """Make a fleet of so many districts, with no run that has not ended; the audit record takes most of the time.

    `beside` says whether there are those whose runs are lost and at work, and spare ones, beside them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET maintenance_work_mem = '512MB'")
    with triggers_off():
        others = LOST + WORKING + SPARE if beside else 0
        world = _fleet(count, others, EVENTS_OF_A_DISTRICT * count if with_record else 0, environments)
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")
        cursor.execute("VACUUM ANALYZE")
    return world


def _fleet(count: int, others: int, events: int, environments: Sequence[str]) -> World:
    person = set_user(username="bench", password=uuid.uuid4().hex, role=Role.ADMINISTRATOR)
    every = _districts(count + others, person, environments)
    parts = [every[:count], every[count : count + LOST]]
    parts += [every[count + LOST : count + LOST + WORKING], every[count + LOST + WORKING :]]
    template = _ended_run(every[0], person)
    _past(template)
    _stacks(template)
    _around(every)
    rollout = _rollout(every, person)
    if events:
        write_record(events, person, [district.pk for district in every])
    return World(parts[0], parts[1], parts[2], parts[3], person, rollout)


def clone(row: models.Model, source: str, changes: Mapping[str, str]) -> None:
    """Insert a copy of a row for each row of `source`, an SQL expression that is called `i`, with columns changed."""
    table = type(row)._meta.db_table
    names = [str(field.column) for field in type(row)._meta.local_concrete_fields if not field.primary_key]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(changes.get(name, f'kept."{name}"') for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({quoted}) SELECT {values} FROM "{table}" kept, {source} i WHERE kept.id = {row.pk}'
        )


def fill_queue(world: World) -> None:
    """Have a run of each district wait for its turn: most as part of many at once, some periodic, a few a person's."""
    waiting = _run(world.districts[0], world.person, RunKind.PLAN, RunState.QUEUED, priority=Priority.ROLLOUT)
    first, last = world.districts[1].pk, world.districts[-1].pk
    clone(
        waiting,
        f"(SELECT id, row_number() OVER () n FROM districts_district WHERE id BETWEEN {first} AND {last})",
        {
            "district_id": "i.id",
            "priority": "CASE WHEN i.n % 100 = 0 THEN 0 WHEN i.n % 10 = 0 THEN 2 ELSE 1 END",
            "created_at": "now() - i.n * interval '100 milliseconds'",
        },
    )
    _now_active()


def fill_work(world: World) -> None:
    """Have some runs at work, and some whose workers are gone: all at once, as when a host dies."""
    now = timezone.now()
    leases = [(district, now + timedelta(hours=2)) for district in world.working]
    leases += [(district, now - timedelta(minutes=1)) for district in world.lost]
    with triggers_off():
        Run.objects.bulk_create(
            Run(
                district=district,
                kind=RunKind.APPLY,
                state=RunState.APPLYING,
                requested_by=world.person,
                spec=spec_data(district),
                claim_token=uuid.uuid4(),
                worker_name="celery@gone",
                worker_host="gone/boot",
                attempt=1,
                started_at=now,
                heartbeat_at=now,
                lease_until=until,
                plan_resources=plan(60),
                resources_total=60,
                status_before=DistrictStatus.LIVE,
            )
            for district, until in leases
        )
    _now_active()


def _now_active() -> None:
    """Give each active run its step, and the planner its statistics."""
    rows = Run.objects.filter(finished_at=None, steps=None)
    RunStep.objects.bulk_create(RunStep(run=run, step=run.state, started_at=run.created_at) for run in rows)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")
        cursor.execute("RESET statement_timeout")


@contextmanager
def triggers_off() -> Iterator[None]:
    """Let rows be written that no service would write in one step."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def plan(count: int) -> list[dict[str, str]]:
    """Return what a plan changes."""
    return [{"address": f"aws_x.r{place}", "type": "aws_x", "action": "create"} for place in range(count)]


def _districts(count: int, person: User, environments: Sequence[str]) -> list[District]:
    places = [f"{number:012d}" for number in range(1, -(-count // DISTRICTS_OF_AN_ACCOUNT) + 1)]
    accounts = AwsAccount.objects.bulk_create(
        AwsAccount(name=f"Account {place}", account_id=place, role_arn=f"arn:aws:iam::{place}:role/deploy")
        for place in places
    )
    now = timezone.now()
    rare = {1: DistrictStatus.NEEDS_ATTENTION, 2: DistrictStatus.DRAFT, 3: DistrictStatus.REMOVED}
    base = int(IPv4Network("10.0.0.0/8").network_address)
    return District.objects.bulk_create(
        (
            District(
                name=f"District {number} of the Lakes",
                slug=f"d-{number}",
                suffix=suffix_for(f"d-{number}", environments[number % len(environments)]),
                environment=environments[number % len(environments)],
                status=rare.get(number % 100, DistrictStatus.LIVE) if number else DistrictStatus.LIVE,
                drift=DriftStatus.DRIFTED if number % 50 == 7 else DriftStatus.IN_SYNC,
                drift_checked_at=now - timedelta(hours=number % 30),
                live_at=now - timedelta(days=100),
                cidr=IPv4Network((base + number * 1024, 22)),
                region=REGIONS[number % 2],
                account=accounts[number // DISTRICTS_OF_AN_ACCOUNT],
                certificate_arn=_certificate(number, environments[number % len(environments)]),
                created_by=person,
            )
            for number in range(count)
        ),
        batch_size=2000,
    )


def _certificate(number: int, environment: str) -> str:
    """Return what a district serves TLS by, where it has to: without it every change of its settings is refused."""
    if environment == Environment.SANDBOX:
        return ""
    place = f"{1 + number // DISTRICTS_OF_AN_ACCOUNT:012d}"
    return f"arn:aws:acm:{REGIONS[number % 2]}:{place}:certificate/{uuid.UUID(int=number)}"


def _run(district: District, person: User, kind: RunKind, state: RunState, **fields: Any) -> Run:
    return Run.objects.create(
        district=district, kind=kind, state=state, requested_by=person, spec=spec_data(district), **fields
    )


def _ended_run(district: District, person: User) -> Run:
    now = timezone.now()
    return _run(
        district,
        person,
        RunKind.APPLY,
        RunState.SUCCEEDED,
        plan_resources=plan(60),
        add_count=60,
        change_count=0,
        remove_count=0,
        monthly_cost_usd=100,
        attempt=1,
        started_at=now,
        finished_at=now - timedelta(days=2),
        resources_total=60,
        resources_done=60,
        engine_versions={"Terraform": "1.12.0"},
        events_archived_at=now,
        events_archive={"key": "x", "count": LOG_LINES, "last_sequence": LOG_LINES, "sha256": ""},
        status_before=DistrictStatus.LIVE,
    )


def _past(template: Run) -> None:
    source = f"(SELECT id, n FROM generate_series(1, {PAST_RUNS}) n, districts_district)"
    kind = f"CASE WHEN i.n % 3 = 0 THEN '{RunKind.APPLY.value}' ELSE '{RunKind.DRIFT.value}' END"
    state = "CASE WHEN i.n = 1 AND i.id % 20 = 0 THEN 'failed' WHEN i.n % 3 = 0 THEN 'succeeded' ELSE 'no_changes' END"
    past = f"now() - ({PAST_RUNS + 1} - i.n) * interval '1 day' - i.id * interval '6 seconds'"
    clone(
        template,
        source,
        {"district_id": "i.id", "kind": kind, "state": state, "created_at": past, "finished_at": past, "sent_at": past},
    )
    step = RunStep.objects.create(
        run=template, step=RunState.QUEUED, started_at=timezone.now(), finished_at=timezone.now()
    )
    clone(step, f"(SELECT id FROM provisioning_run WHERE id <> {template.pk})", {"run_id": "i.id"})
    line = RunEvent.objects.create(
        run=template, sequence=1, at=timezone.now(), level="info", kind="apply_complete", message="aws_x.r1: complete"
    )
    source = f"(SELECT id, n FROM provisioning_run, generate_series(2, {LOG_LINES + 1}) n)"
    clone(line, source, {"run_id": "i.id", "sequence": "i.n"})


def _stacks(template: Run) -> None:
    resource = StackResource.objects.create(
        district=template.district, run=template, address="aws_x.r", type="aws_x", name="r", service="X"
    )
    kinds = ", ".join(f"'{kind}'" for kind in TYPES)
    newest = "(SELECT district_id, max(id) run_id FROM provisioning_run GROUP BY district_id)"
    with indexes_later(StackResource):
        clone(
            resource,
            f"(SELECT * FROM {newest} r, generate_series(1, {RESOURCES}) n)",
            {
                "district_id": "i.district_id",
                "run_id": "i.run_id",
                "address": "'aws_x.r' || i.n",
                "name": "'r' || i.n",
                "type": f"(ARRAY[{kinds}])[1 + i.n % {len(TYPES)}]",
                "arn": "'arn:aws:x:us-east-1:' || i.district_id || ':' || i.n",
                "provider_id": "'x-' || md5(i.district_id || ':' || i.n)",
            },
        )
    output = StackOutput.objects.create(district=template.district, run=template, name="url", value="x")
    clone(
        output,
        f"(SELECT * FROM {newest} r, generate_series(1, 5) n)",
        {"district_id": "i.district_id", "run_id": "i.run_id", "name": "'output_' || i.n"},
    )
    item = DriftItem.objects.create(
        district=template.district, run=template, address="aws_x.r1", type="aws_x", path="size", before=1, after=2
    )
    drifted = f"(SELECT id FROM districts_district WHERE drift = '{DriftStatus.DRIFTED.value}')"
    clone(item, drifted, {"district_id": "i.id"})


def _around(every: list[District]) -> None:
    """Accounts' quotas and access, signs of life, counts, pipelines' figures and notices."""
    now = timezone.now()
    accounts = list(AwsAccount.objects.order_by("pk"))
    AccountQuota.objects.bulk_create(
        (
            AccountQuota(
                account=account,
                region=region,
                code=code,
                name=kind.name,
                limit=kind.default * 10,
                used=3,
                source="read",
                read_at=now,
            )
            for account in accounts
            for region in REGIONS
            for code, kind in KINDS.items()
        ),
        batch_size=5000,
    )
    AccountAccess.objects.bulk_create(
        (AccountAccess(account=account, asked_at=now, checked_at=now, arn=account.role_arn) for account in accounts),
        batch_size=5000,
    )
    Presence.objects.bulk_create(
        Presence(
            name=f"celery@{number}", queues=["runs", "upkeep", "chores", "long-chores"], started_at=now, seen_at=now
        )
        for number in range(30)
    )
    Measurement.objects.bulk_create(
        Measurement(measured="run_ended", first="apply", second="succeeded", bound=None, count=1, seconds=0)
        for _ in range(1_900)
    )
    live = [district for district in every if district.status == DistrictStatus.LIVE]
    PipelineFigures.objects.bulk_create(
        (PipelineFigures(district=district, tried_at=now, measured_at=now, rows_accepted=1) for district in live),
        batch_size=5000,
    )
    Notice.objects.bulk_create(
        (
            Notice(occasion="run.failed", channel="email", sentence="x", path="/", about={}, due_at=now, sent_at=now)
            for _ in every
        ),
        batch_size=5000,
    )


def _rollout(every: list[District], person: User) -> Rollout:
    """Make a rollout to the whole fleet, half of which has had its turn."""
    rollout = Rollout.objects.create(
        waves=["1", "10%", "50%", "100%"], wave=4, reason="bench", requested_by=person, halt_percent=10, at_once=30,
        change={"image": "public.ecr.aws/homeroom/processor@sha256:" + "c" * 64},
    )  # fmt: skip
    runs = dict(
        Run.objects.filter(state=RunState.SUCCEEDED).order_by("district_id", "-id").distinct("district_id")
        .values_list("district_id", "id")
    )  # fmt: skip
    half = len(every) // 2
    RolloutMember.objects.bulk_create(
        (
            RolloutMember(
                rollout=rollout,
                district=district,
                wave=1 if place == 0 else 2 if place * 10 < len(every) else 3 if place < half else 4,
                position=place,
                run_id=runs[district.pk] if place < half else None,
            )
            for place, district in enumerate(every)
        ),
        batch_size=5000,
    )
    return rollout


class indexes_later:  # noqa: N801 - it is used as a statement
    """Drop the indexes of a table that no constraint has, and build them when all rows are there."""

    def __init__(self, model: type[models.Model]) -> None:
        self.table = model._meta.db_table
        self.definitions: list[str] = []

    def __enter__(self) -> None:
        """Drop them."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)",
                [self.table],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f'DROP INDEX "{name}"')
                self.definitions.append(definition)

    def __exit__(self, *_: object) -> None:
        """Build them."""
        with connection.cursor() as cursor:
            for definition in self.definitions:
                cursor.execute(definition)


def write_record(count: int, person: User, districts: list[int]) -> None:
    """Write so many audit events with their links, as their transactions would have left them."""
    first = (AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0) + 1
    last = AuditLink.objects.exclude(position=None).order_by("-position").first()
    place, head = (0, BEGINNING) if last is None else (last.position or 0, last.hash)
    names = [str(field.column) for field in AuditEvent._meta.local_concrete_fields]
    links: list[tuple[Any, ...]] = []
    with indexes_later(AuditEvent), connection.cursor() as cursor:
        columns = ", ".join(f'"{name}"' for name in names)
        with cursor.copy(f"COPY audit_auditevent ({columns}) FROM STDIN") as copy:
            for event in _events(first, count, person, districts):
                link = AuditLink(event=event)
                link.host = None  # type: ignore[attr-defined]
                place += 1
                digest = hash_of(link, place, head)
                links.append((event.pk, place, head, digest))
                head = digest
                written = {"message": json.dumps(stored(event.message))}
                copy.write_row([written.get(name, getattr(event, name)) for name in names])
        with cursor.copy("COPY audit_auditlink (event_id, position, previous_hash, hash) FROM STDIN") as copy:
            for row in links:
                copy.write_row(row)
        cursor.execute("SELECT setval(pg_get_serial_sequence('audit_auditevent', 'id'), %s)", [first + count - 1])


def _events(first: int, count: int, person: User, districts: list[int]) -> Iterator[AuditEvent]:
    began = datetime.now(tz=UTC) - timedelta(seconds=count)
    acts = list(AuditAction)
    for number in range(count):
        pk = districts[number % len(districts)]
        yield AuditEvent(
            id=first + number,
            at=began + timedelta(seconds=number),
            actor_id=person.pk,
            actor_name=person.username,
            action=acts[number % 7].value,
            outcome="success",
            subject_kind="run",
            subject_id=str(number),
            district_id=pk,
            run_number=1 + number % 1000,
            message=f"Run #{number} for District {pk} of the Lakes: succeeded.",
        )
