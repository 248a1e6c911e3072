"""A portal with something on every page: districts in every state, runs that wait, failed and were recovered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from engine.state.errored_state import StateFacts
from engine.state.lock import StateLock
from messages.message import message, term
from provisioning.dispatch.dispatcher import dispatch
from provisioning.models import (
    EvidencePackage,
    NoticeAttempt,
    NoticeEndpoint,
    RemovalCertificate,
    Rollout,
    Run,
    RunEvent,
    StackOutput,
    StackResource,
)
from provisioning.notices.endpoints import EndpointValues, create_endpoint, send_test
from provisioning.runs.approval_rules import PRODUCTION
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from provisioning.terraform_state.errored_states import note_kept, note_refused
from provisioning.terraform_state.locks import note_lock
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.districts.models import District
from tests.builders import a_district, a_person, a_run, moved
from tests.portal.console.test_diagram import GOLDEN, addresses
from tests.portal.console.test_drift_and_settings import DELETED, OPENED, RETENTION, SECRET, with_drift
from tests.portal.console.test_rollouts import a_rollout, live_districts
from tests.portal.console.test_teardown_pages import a_certificate

FINDING = message(
    "{address} is deleted and with it {loss} is lost.", address="aws_rds_cluster.main", loss=term("the database")
)
FAILED = {
    "error_code": "vpc_quota",
    "error_summary": term("The account has no room for another VPC in this region."),
    "error_remedy": term(
        "Raise the quota 'VPCs per Region' (L-F678F1CE) in Service Quotas, or place the district in another account; "
        "then retry the run."
    ),
    "error_address": "aws_vpc.main",
    "error_detail": "Error: creating EC2 VPC",
}


@dataclass
class World:
    """What there is, by what it is good for."""

    administrator: User
    live: District
    draft: District
    queued: Run
    waiting: Run
    failed: Run
    cancelling: Run
    lost: Run
    teardown: Run
    rollout: Rollout
    certificate: RemovalCertificate
    endpoint: NoticeEndpoint
    data: set[str] = field(default_factory=set)
    """What is shown as it is: names, addresses and values of these rows."""

    @property
    def runs(self) -> list[Run]:
        """Every run that has a page of its own kind."""
        return [self.queued, self.waiting, self.failed, self.cancelling, self.lost, self.teardown]


def _planned(run: Run, **fields: object) -> Run:
    moved(run, RunState.SYNTHESIZING, started_at=timezone.now())
    moved(run, RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(
        add_count=2,
        change_count=1,
        remove_count=1,
        monthly_cost_usd=1234,
        plan_resources=[
            {"address": "aws_vpc.main", "action": "create", "type": "aws_vpc", "name": "main"},
            {"address": "aws_rds_cluster.main", "action": "replace", "type": "aws_rds_cluster", "name": "main"},
        ],
        policy_findings=[{"sentence": FINDING, "blocks": True, "code": "x", "address": "a"}],
        resources_total=4,
        resources_done=2,
        engine_versions={"terraform": "1.13.5"},
        **fields,
    )
    run.refresh_from_db()
    return run


def _live() -> District:
    district = live_districts(1)[0]
    run = district.runs.latest("id")
    StackResource.objects.bulk_create(
        StackResource(
            district=district,
            run=run,
            address=address,
            type=address.partition(".")[0],
            name="x",
            service="Amazon VPC",
            provider_id="id-1",
        )
        for address in addresses(GOLDEN[0])
    )
    StackOutput.objects.create(district=district, run=run, name="service_url", value="https://lakeside.test")
    StackOutput.objects.create(district=district, run=run, name="token", value=None, sensitive=True)
    return with_drift(district, RETENTION, SECRET, OPENED, DELETED)


def _teardown() -> Run:
    run = request_run(
        district=live_districts(1)[0],
        kind=RunKind.DESTROY,
        actor=None,
        reason=message("Retry of run #{number}", number=1),
    )
    _planned(run)
    at = timezone.now().isoformat()
    says = term("The database, its tables and its automated backups. The portal never sees what is in them.")
    part = {"address": "aws_rds_cluster.main", "service": "RDS", "holds_data": True, "says": says}
    Run.objects.filter(pk=run.pk).update(
        holdings={"at": at, "resources": [part], "monthly_saving_usd": 12},
        left_behind=[{"service": "ec2", "kind": "vpc", "identifier": "vpc-1"}],
    )
    run.refresh_from_db()
    return run


def _endpoint(administrator: User) -> NoticeEndpoint:
    values = EndpointValues(name="zzzz", kind="webhook", address="https://1.1.1.1/data")
    endpoint, _ = create_endpoint(values=values, actor=administrator)
    notice = send_test(endpoint=endpoint, actor=administrator)
    NoticeAttempt.objects.create(
        notice=notice, status=500, answer="data", error=message("The receiver answered {status}.", status=500)
    )
    return endpoint


def a_world() -> World:
    """Make it."""
    administrator = a_person(Role.ADMINISTRATOR, "ada")
    day = timezone.now().date()
    EvidencePackage.objects.create(since=day, until=day, requested_by=administrator)
    live, rollout = _live(), a_rollout()
    Rollout.objects.filter(pk=rollout.pk).update(
        halt_reason=message("{failed} runs failed; it halts at {failures}.", failed=3, failures=2)
    )
    waiting = _planned(
        a_run(environment="sandbox"),
        approval_reasons=[PRODUCTION],
        plan_expires_at=timezone.now() + timedelta(hours=3),
        change={"size": "M", "final_snapshot": True},
    )
    moved(waiting, RunState.AWAITING_APPROVAL)
    failed = _planned(
        a_run(),
        recovered=[
            message("Terraform was interrupted."),
            message(
                "{address} exists and was not in the state: it is adopted as {import_id}.",
                address="aws_vpc.a",
                import_id="vpc-1",
            ),
        ],
    )
    moved(failed, RunState.APPLYING)
    moved(failed, RunState.FAILED, finished_at=timezone.now(), **FAILED)
    for number, level in enumerate(("info", "warn", "error")):
        RunEvent.objects.create(
            run=failed, sequence=900 + number, at=timezone.now(), level=level, kind="log", message="data"
        )
    cancelling = _planned(a_run())
    request_cancel(run=cancelling, actor=administrator)
    Run.objects.filter(pk=cancelling.pk).update(cancel_requested_at=timezone.now() - timedelta(hours=1))
    lost = _planned(a_run(), lease_until=timezone.now() - timedelta(minutes=1))
    moved(lost, RunState.LOST)
    errored = note_kept(failed, 1, StateFacts("zzzz", 100, "zzzz", 12), "zzzz/1")
    written = message(
        "The district's state was written since: it has serial {serial}, and this one {serial2}.", serial=13, serial2=12
    )
    note_refused(errored, written)
    note_lock(
        failed.district,
        StateLock("x", "data", "zzzz", timezone.now()),
        message("There is no lock: nobody holds the state."),
    )
    certificate, teardown, queued = a_certificate(), _teardown(), a_run()
    dispatch()
    runs = [waiting, failed, cancelling, lost, teardown, queued]
    for run in runs:
        run.refresh_from_db()
    world = World(
        administrator,
        live,
        a_district(note="data"),
        queued,
        waiting,
        failed,
        cancelling,
        lost,
        teardown,
        rollout,
        certificate,
        _endpoint(administrator),
    )
    for district in District.objects.select_related("account"):
        world.data |= {district.name, district.suffix, district.slug, str(district.cidr), str(district.account)}
        world.data |= {district.time_zone, district.region}
    world.data |= {user.get_username() for user in User.objects.all()}
    world.data |= set(StackResource.objects.values_list("address", flat=True))
    return world
