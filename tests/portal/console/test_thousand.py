"""At a thousand districts every page still asks the database a few times, however many rows there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from provisioning.models import (
    AccountQuota,
    DriftItem,
    PlannedChange,
    Presence,
    Rollout,
    RolloutMember,
    Run,
    RunEvent,
    RunStep,
    StackOutput,
    StackResource,
)
from provisioning.states.runs import RunKind, RunState
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus
from tests.builders import PASSWORD, a_person, an_account
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

MANY, OF_ONE, SHOWN = 1000, 300, 110
"""How many districts there are, rows of one of them, and planned changes that are long: more than two pages have."""
STATUSES = [status.value for status in DistrictStatus if status is not DistrictStatus.REMOVED]
SPEC = {"account_id": "123456789012", "region": "us-east-1", "suffix": "d-0-sbx"}
PLAN = [{"address": f"aws_x.r{place}", "type": "aws_x", "action": "create"} for place in range(200)]


def districts(operator: User) -> list[District]:
    account = an_account()
    return District.objects.bulk_create(
        District(
            name=f"District {number}", slug=f"d-{number}", suffix=f"d-{number}-sbx", environment="sandbox",
            status=STATUSES[number % len(STATUSES)], cidr=f"172.{16 + number // 256}.{number % 256}.0/24",
            registration_key=uuid.uuid4(), account=account, created_by=operator,
        )
        for number in range(MANY)
    )  # fmt: skip


def runs(rows: list[District], operator: User) -> list[Run]:
    states = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED)

    def made(district: District, state: RunState) -> Run:
        plan = PLAN if state is RunState.APPLYING else PLAN[:2]
        return Run(
            district=district, kind=RunKind.APPLY, state=state, requested_by=operator, spec=SPEC, plan_resources=plan,
            add_count=200, change_count=0, remove_count=0, monthly_cost_usd=100, resources_total=200,
            resources_done=100, error_summary="It broke." if state is RunState.FAILED else "", attempt=1,
            started_at=timezone.now(), finished_at=timezone.now(), engine_versions={"Terraform": "1.12.0"},
        )  # fmt: skip

    ended_runs = Run.objects.bulk_create(made(district, state) for district in rows for state in states)
    ended_runs += Run.objects.bulk_create(made(rows[0], RunState.SUCCEEDED) for _ in range(OF_ONE))
    active = [made(rows[0], RunState.APPLYING), *(made(district, RunState.QUEUED) for district in rows[1:200])]
    for run in active:
        run.finished_at = None
    return [*Run.objects.bulk_create(active), *ended_runs]


@pytest.fixture(scope="module")
def thousand(django_db_setup, django_db_blocker) -> Iterator[Run]:
    """A thousand districts as rows, since the services would take minutes; what comes back is an active run."""
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE provisioning_run DISABLE TRIGGER run_state_machine")
            cursor.execute("ALTER TABLE districts_district DISABLE TRIGGER district_state_machine")
            cursor.execute("ALTER TABLE provisioning_rollout DISABLE TRIGGER USER")
        operator = a_person(Role.OPERATOR, username="otto")
        rows = districts(operator)
        every = runs(rows, operator)
        live = every[0]
        now = timezone.now()
        RunStep.objects.bulk_create(RunStep(run=run, step=RunState.QUEUED, started_at=now) for run in every[:2000])
        RunEvent.objects.bulk_create(
            RunEvent(run=live, sequence=number, at=now, level="info", kind="apply_start", message=f"Line {number}",
                     address=f"aws_x.r{number % 200}", action="create")
            for number in range(1, 2001)
        )  # fmt: skip
        StackResource.objects.bulk_create(
            StackResource(district=district, run=live, address=f"aws_x.r{place}", type="aws_x", name=f"r{place}",
                          service="X", arn=f"arn:aws:x:::{place}-{district.pk}", provider_id=f"{place}")
            for district in rows
            for place in range(500 if district is rows[0] else 2)
        )  # fmt: skip
        StackOutput.objects.bulk_create(
            StackOutput(district=rows[0], run=live, name=f"output_{number}", value="x") for number in range(50)
        )
        DriftItem.objects.bulk_create(
            DriftItem(
                district=rows[0], run=live, address=f"aws_x.r{number}", type="aws_x", path="size", before=1, after=2
            )
            for number in range(200)
        )
        value = {"path": "ingress[0].port", "before": {"text": "1"}, "after": {"text": "2"}}
        PlannedChange.objects.bulk_create(
            PlannedChange(run=live, place=place, address=f"aws_x.r{place}", type="aws_x", action="update",
                          values=[value] * (100 if place <= SHOWN else 1))
            for place in range(1, MANY + 1)
        )  # fmt: skip
        AuditEvent.objects.bulk_create(
            AuditEvent(
                actor=operator, actor_name="otto", action=AuditAction.RUN_COMMENTED, subject_kind="run",
                subject_id=str(live.number), district=rows[number % 2], run_number=live.number, message="Said",
            )
            for number in range(OF_ONE)
        )  # fmt: skip
        Presence.objects.bulk_create(
            Presence(name=f"celery@{number}", queues=["runs"], started_at=now, seen_at=now - timedelta(seconds=number))
            for number in range(30)
        )
        rollout = Rollout.objects.create(waves=["1", "100%"], reason="x", requested_by=operator, halt_failures=1)
        RolloutMember.objects.bulk_create(
            RolloutMember(rollout=rollout, district=district, wave=2, position=place)
            for place, district in enumerate(rows)
        )
        AccountQuota.objects.update(used=1, read_at=now)
        User.objects.bulk_create(User(username=f"person-{number}") for number in range(200))
        # Each test ends with a look at what is deferred: these rows need that once.
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield live
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def ada(thousand, django_db_blocker) -> Iterator[Client]:
    """Somebody who is signed in for all these tests: what a page writes for her is undone behind each."""
    with django_db_blocker.unblock():
        yield signed_in()


def signed_in() -> Client:
    a_person(Role.ADMINISTRATOR, username="ada")
    client = Client()
    client.login(username="ada", password=PASSWORD)
    return client


PAGES = {
    "/": 20, "/?show=attention&sort=name": 21, "/?show=running&q=district&environment=sandbox&region=us-east-1": 21,
    "/districts/new": 7, "/districts/bulk": 5, "{district}": 15, "{district}/row": 8, "{district}/resources": 10,
    "{district}/runs": 10, "{district}/drift": 11, "{district}/settings": 12, "{district}/audit": 10,
    "{district}/danger": 9, "{district}/teardown": 12, "/runs/{run}": 18, "/runs/{run}?changes=50": 17,
    "/runs/{run}/live?after=0": 15, "/runs/{run}/resources": 15, "/runs/{run}/lines": 16, "/runs/{run}/activity": 15,
    "/runs/{run}/changes": 6, "/runs/{run}?q=port&action=update&group=service": 18,
    "/rollouts": 5, "/rollouts/new": 8, "/rollouts/{rollout}": 9, "/audit": 6,
    "/search?q=District": 7,
    "/system": 16, "/legend": 4, "/metrics": 11,
    "/runs": 6, "/runs?state=unsuccessful&district=district&operation=apply": 6, "/approvals": 8,
    "/drift": 6, "/overview": 15,
    "/admin/": 4, "/admin/districts/district/": 9, "/admin/districts/district/add/": 5,
    "/admin/districts/district/{pk}/change/": 25, "/admin/districts/awsaccount/": 6,
    "/admin/districts/awsaccount/{account}/change/": 7,
    "/admin/provisioning/run/": 7, "/admin/provisioning/run/{run}/change/": 19, "/admin/provisioning/rollout/": 6,
    "/admin/provisioning/accountquota/": 8, "/admin/provisioning/driftitem/": 6, "/admin/provisioning/presence/": 6,
    "/admin/provisioning/removalcertificate/": 6, "/admin/audit/auditevent/": 8, "/admin/accounts/user/": 8,
}  # fmt: skip
"""The most queries of each page, the session's and the person's among them."""


@pytest.mark.parametrize(("address", "most"), PAGES.items(), ids=list(PAGES))
def test_a_page_asks_a_few_times(ada, thousand, address, most):
    district = thousand.district
    where = address.format(
        district=f"/districts/{district.suffix}", run=thousand.pk, pk=district.pk, account=district.account_id,
        rollout=Rollout.objects.get().pk,
    )  # fmt: skip
    # A process asks for these once in its life, whichever page is its first.
    ContentType.objects.get_for_models(*apps.get_models())
    with CaptureQueriesContext(connection) as queries:
        answer = ada.get(where)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200, content[:500]
    statements = "\n".join(query["sql"][:160] for query in queries.captured_queries)
    assert len(queries) <= most, f"{len(queries)} queries, {most} at most:\n{statements}"
    assert len(content) < 1_500_000


def test_the_system_page_shows_ten_accounts_and_asks_for_no_others(ada, thousand):
    AwsAccount.objects.bulk_create(AwsAccount(name=f"Z {n:03}", account_id=f"{n:012}") for n in range(150))
    with CaptureQueriesContext(connection) as queries:
        first = ada.get("/system").content.decode()
    assert len(queries) <= PAGES["/system"]
    assert ("Z 008" in first, "Z 009" in first) == (True, False), "the sandbox's account, and nine"
    last = AwsAccount.objects.get(name="Z 008").pk
    assert "Z 009" in ada.get(f"/system?older={last}").content.decode()


def test_of_many_accounts_the_id_is_typed(ada, thousand):
    assert '<select id="account"' in squeezed(ada.get("/").content.decode())
    assert '<select name="account_id"' in squeezed(ada.get("/districts/new").content.decode())
    AwsAccount.objects.bulk_create(AwsAccount(name=f"Z {n:03}", account_id=f"{n:012}") for n in range(150))
    fleet = squeezed(ada.get("/?account=000000000007").content.decode())
    assert '<input id="account"' in fleet
    assert "Z 007" not in fleet
    form = ada.post("/districts/new", {"account_id": "999999999999", "name": "X"})
    assert form.status_code == 422
    assert '<input type="text" name="account_id"' in squeezed(form.content.decode())
