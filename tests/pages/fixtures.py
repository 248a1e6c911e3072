"""The rows behind the pages: nothing at all, districts in every state, and far more of everything than usual.

Each world is built on the one before, so that one database serves them all in turn.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import time, timedelta
from enum import IntEnum
from typing import Any

from django.utils import timezone

from devtools.paths import ROOT
from engine.state.errored_state import StateFacts
from engine.state.lock import StateLock
from engine.terraform.binding import spec_sha256
from engine.terraform.plan_values import ToldChange, told_changes
from messages.message import verbatim
from provisioning.aws_kinds import service_of
from provisioning.calendar.service import Scope as CalendarScope
from provisioning.calendar.service import create_freeze, create_window
from provisioning.lifetimes.service import set_end
from provisioning.models import (
    AccountQuota,
    DistrictHoldings,
    DriftItem,
    EndKind,
    EvidencePackage,
    NoticeAttempt,
    NoticeEndpoint,
    Preflight,
    Presence,
    Rollout,
    Run,
    RunEvent,
    StackOutput,
    StackResource,
)
from provisioning.notices.endpoints import EndpointValues, create_endpoint, send_test
from provisioning.onboarding.service import onboard
from provisioning.rollouts.service import RolloutRequest, create_rollout
from provisioning.rollouts.ticking import tick
from provisioning.runs.approval import discard
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.planned_changes import store_changes
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from provisioning.teardown.service import request_teardown
from provisioning.terraform_state.errored_states import note_kept, note_refused
from provisioning.terraform_state.locks import note_lock
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.accounts.services import set_service_account
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import Reach, create_token
from registry.audit.models import AuditEvent
from registry.districts.models import AwsAccount, District
from registry.districts.services import set_drift
from registry.districts.statuses import DistrictStatus, DriftStatus
from tests.builders import a_person, a_registration, a_run, an_account, moved

STACK = ROOT / "tests" / "infra" / "golden" / "production-L-3-none.json"
IMAGE = "public.ecr.aws/homeroom/processor@sha256:" + "c" * 64
UNWRITTEN = {
    "error_code": "state_not_saved",
    "error_summary": "Terraform could not store the district's state.",
    "error_remedy": "Read the details, then retry the run: it continues from what exists.",
    "error_detail": "Error saving state: failed to upload state: operation error S3: PutObject: AccessDenied",
}
LONG_NAME = ("Grossschulbezirksverwaltungsgemeinschaft" * 3)[:120]
RIGHT_TO_LEFT = "مدارس القدس الشريف"
ONE_LETTER = "X"
DISTRICTS, RESOURCES, LINES = 1_000, 500, 500

Places = dict[str, str]
"""Where things are in the world, by the names that addresses use."""


class World(IntEnum):
    """What the database holds, each including the ones before."""

    EMPTY = 0
    USUAL = 1
    HUGE = 2


class Builder:
    """Builds worlds one after another, each once."""

    def __init__(self) -> None:
        self.places: Places = {}
        self._built = -1
        self._broken = False

    def need(self, world: World) -> Places:
        """Return the places of a world; there is no way back to a smaller one."""
        if world < self._built:
            raise RuntimeError(f"The world is {World(self._built).name} already: look at {world.name} before.")
        if self._broken:
            raise RuntimeError("The world could not be built: see the first failure.")
        for step in range(self._built + 1, world + 1):
            self._broken = True
            self.places |= BUILD[World(step)]()
            self._built, self._broken = step, False
        return self.places


def empty() -> Places:
    """Make the people, and nothing else."""
    a_person(Role.ADMINISTRATOR, "ada")
    a_person(Role.OPERATOR, "otto")
    a_person(Role.VIEWER, "vera")
    User.objects.create_user("nemo", password=uuid.uuid4().hex)
    return {}


def usual() -> Places:
    """Make a district and a run in every state that a page tells apart."""
    an_account()
    otto, ada = User.objects.get(username="otto"), User.objects.get(username="ada")
    create_token(owner=ada, actor=ada, name="github-actions", scopes=[Scope.OPERATE])
    pipeline = set_service_account(username="deploy-pipeline", role=Role.OPERATOR, actor=ada)
    create_token(owner=pipeline, actor=ada, name="nightly", scopes=[Scope.OPERATE], reach=Reach(suffixes=("elm-sbx",)))
    live = with_stack(deployed(a_run(name="Lakeside Unified", slug="lakeside", note="Opened in 2019.")))
    drifted = with_drift(with_stack(deployed(a_run(name="Cedar Grove", slug="cedar"))), 3)
    applying = a_run(name="Maple Valley", slug="maple", contact_name="Ada Rivera", contact_email="a@maple.example")
    at_work(applying, total=91, done=18)
    waiting = onboard(registration=a_registration(name="Oak Park", slug="oak-park"), actor=otto)
    planned(waiting, 12, waits=True)
    moved(waiting, RunState.AWAITING_APPROVAL)
    failed = a_run(name="Birch Hill", slug="birch")
    at_work(failed, total=91, done=40)
    ended_badly(failed)
    cancelling = a_run(name="Elm Creek", slug="elm")
    at_work(cancelling, total=40, done=12)
    request_cancel(run=cancelling, actor=otto)
    Run.objects.filter(pk=cancelling.pk).update(cancel_requested_at=timezone.now() - timedelta(minutes=9))
    canceled = a_canceled_run()
    lost = a_run(name="Ash Fork", slug="ash")
    at_work(lost, total=40, done=3)
    Run.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    moved(lost, RunState.LOST)
    queued = a_run(name="Pine Ridge", slug="pine")
    discarded = onboard(registration=a_registration(name="Willow Glen", slug="willow"), actor=otto)
    planned(discarded, 4, waits=True)
    moved(discarded, RunState.AWAITING_APPROVAL)
    discard(run=discarded, actor=ada, comment="The network is wrong.")
    to_look_at = onboard(registration=a_registration(name="Cherry Hill", slug="cherry"), actor=otto, kind=RunKind.PLAN)
    planned(to_look_at, 6)
    fields = {"plan_stored": True, "plan_binding": {"spec_sha256": spec_sha256(to_look_at.spec)}}
    moved(to_look_at, RunState.SUCCEEDED, **fields)
    removed, certificate = torn_down(a_run(name="Aspen Falls", slug="aspen"))
    looked = with_stack(deployed(a_run(name="Linden Heights", slug="linden")))
    DistrictHoldings.objects.create(district=looked, asked_at=timezone.now())
    unwritten = a_run(name="Hazel Bend", slug="hazel")
    at_work(unwritten, total=40, done=40)
    moved(unwritten, RunState.FAILED, **UNWRITTEN)
    not_written(unwritten)
    held(live)
    on_the_calendar(live)
    day = timezone.now().date()
    EvidencePackage.objects.create(since=day, until=day, requested_by=otto)
    looked_before(live.account)
    return {
        "live": live.suffix,
        "live_id": str(live.pk),
        "drifted": drifted.suffix,
        "looked": looked.suffix,
        "removed": removed.suffix,
        "certificate": certificate,
        "birch": failed.district.suffix,
        "hazel": unwritten.district.suffix,
        "unwritten": str(unwritten.pk),
        "maple": applying.district.suffix,
        "maple_id": str(applying.district_id),
        "pine": queued.district.suffix,
        "applying": str(applying.pk),
        "waiting": str(waiting.pk),
        "failed": str(failed.pk),
        "cancelling": str(cancelling.pk),
        "canceled": str(canceled.pk),
        "lost": str(lost.pk),
        "queued": str(queued.pk),
        "discarded": str(discarded.pk),
        "to_look_at": str(to_look_at.pk),
        "deployed": str(live.runs.latest("id").pk),
        "removal": str(removed.runs.latest("id").pk),
        "halted": str(a_halted_rollout().pk),
        "account_id": str(live.account_id),
        "account": live.account.account_id,
        "user_id": str(otto.pk),
        "quota": str(AccountQuota.objects.filter(name__contains="VPC").latest("pk").pk),
        "drift": str(DriftItem.objects.filter(before=365).latest("pk").pk),
        "worker": str(a_worker().pk),
        "endpoint": str(an_endpoint().pk),
        "event": str(AuditEvent.objects.filter(message__contains="was registered").latest("pk").pk),
    }


def huge() -> Places:
    """Make a thousand districts, one with five hundred resources, and names that no layout was made for."""
    named = {
        "long": a_run(name=LONG_NAME, slug="g" * 15, note=LONG_NAME * 2),
        "rtl": a_run(name=RIGHT_TO_LEFT, slug="alquds"),
        "letter": a_run(name=ONE_LETTER, slug="one"),
    }
    for run in named.values():
        deployed(run)
    long = named["long"].district
    StackResource.objects.bulk_create(many_resources(named["long"]))
    with_drift(District.objects.get(pk=long.pk), 60)
    big = request_run(district=long, kind=RunKind.APPLY, actor=None, reason=LONG_NAME)
    at_work(big, total=RESOURCES, done=200)
    write_lines(big, LINES)
    removed, certificate = torn_down(a_run(name=RIGHT_TO_LEFT + LONG_NAME[:60], slug="z" * 15), gone=RESOURCES)
    thousand_districts()
    rollout = a_rollout("1, 5, 25%, 100%")
    looked_at(rollout)
    return {
        "long": long.suffix,
        "rtl": named["rtl"].district.suffix,
        "letter": named["letter"].district.suffix,
        "long_id": str(long.pk),
        "big": str(big.pk),
        "huge_removed": removed.suffix,
        "huge_certificate": certificate,
        "rollout": str(rollout.pk),
    }


BUILD = {World.EMPTY: empty, World.USUAL: usual, World.HUGE: huge}


def an_endpoint() -> NoticeEndpoint:
    """Return a channel that a test was sent to, once in vain."""
    values = EndpointValues(name="Operations channel", kind="slack", address="https://1.1.1.1/hook", districts=())
    endpoint, _ = create_endpoint(values=values, actor=None)
    notice = send_test(endpoint=endpoint, actor=None)
    NoticeAttempt.objects.create(
        notice=notice, status=500, answer="no such channel", error="The receiver answered 500."
    )
    return endpoint


def looked_before(account: AwsAccount) -> None:
    """Have three regions of an account: one that is fine, one where a worker looks, and one where runs would fail."""
    now = timezone.now()
    room = {
        "check": "Quotas",
        "verdict": "fine",
        "told": "One more district fits.",
        "remedy": "",
        "detail": "VPCs: 2 of 5",
    }
    guard = {
        "check": "GuardDuty",
        "verdict": "warning",
        "told": "GuardDuty is off in this region.",
        "remedy": "Have the organization switch it on.",
        "detail": "",
    }
    full = {
        "check": "Quotas",
        "verdict": "refused",
        "told": "No more VPCs are left.",
        "remedy": "Raise L-F678F1CE in Service Quotas; it takes hours to days.",
        "detail": "VPCs: 5 of 5 (L-F678F1CE, read)",
    }
    for region, findings in (("us-east-1", [room, guard]), ("us-east-2", [full])):
        Preflight.objects.create(
            account=account, region=region, asked_at=now, checked_at=now, seconds=4.0, findings=findings
        )
    Preflight.objects.create(account=account, region="us-west-2", asked_at=now)


def a_worker() -> Presence:
    """Return the sign of life of a worker."""
    now = timezone.now()
    versions = {"Terraform": "1.13.3"}
    return Presence.objects.create(
        name="worker@host-1", queues=["runs"], versions=versions, started_at=now - timedelta(hours=3), seen_at=now
    )


def planned(run: Run, changes: int, *, waits: bool = False) -> None:
    """Bring a run to its plan, which has findings and costs; where it waits, reasons to be approved."""
    moved(run, RunState.SYNTHESIZING, started_at=timezone.now() - timedelta(minutes=7))
    moved(run, RunState.PLANNING)
    acts = ("create", "update", "replace", "delete")
    resources = [
        {"address": f"aws_sns_topic.topic_{number}", "type": "aws_sns_topic", "action": acts[number % 4]}
        for number in range(changes)
    ]

    def count(*actions: str) -> int:
        return sum(resource["action"] in actions for resource in resources)

    Run.objects.filter(pk=run.pk).update(
        add_count=count("create", "replace"),
        change_count=count("update"),
        remove_count=count("delete", "replace"),
        plan_resources=resources,
        policy_findings=[{"blocks": True, "sentence": "aws_sns_topic.topic_2 is replaced.", "code": "replace"}],
        approval_reasons=["It is production.", "Something is replaced."] if waits else [],
        monthly_cost_usd="912.40",
        plan_expires_at=timezone.now() + timedelta(hours=20),
        engine_versions={"Terraform": "1.13.3", "AWS provider": "5.100.0"},
    )
    store_changes(run, differences_of(resources))
    run.refresh_from_db()


def differences_of(resources: list[dict[str, str]]) -> list[ToldChange]:
    """Return what such a plan changes: short and long values, secrets, what is known later, and why one is replaced."""
    before = {"name": "topic", "policy": '{"Statement":[{"Action":["sns:Publish"]}]}', "token": "x", "note": "a" * 900}
    after = {"name": "other", "policy": '{"Statement":[{"Action":["sns:*"]}]}', "token": "y", "note": "a" * 900 + "b"}
    actions = {"create": ["create"], "update": ["update"], "replace": ["delete", "create"], "delete": ["delete"]}
    changes = [
        {
            "address": resource["address"],
            "type": resource["type"],
            "action_reason": "replace_because_cannot_update" if resource["action"] == "replace" else "",
            "change": {
                "actions": actions[resource["action"]],
                "before": None if resource["action"] == "create" else before,
                "after": None if resource["action"] == "delete" else after,
                "after_unknown": {} if resource["action"] == "delete" else {"arn": True},
                "before_sensitive": {"token": True},
                "after_sensitive": {"token": True},
                "replace_paths": [["name"]] if resource["action"] == "replace" else [],
            },
        }
        for resource in resources
    ]
    return told_changes({"resource_changes": changes})


def at_work(run: Run, *, total: int, done: int) -> None:
    """Bring a run into its apply, with so many of its resources made."""
    planned(run, total)
    moved(run, RunState.APPLYING)
    Run.objects.filter(pk=run.pk).update(resources_total=total, resources_done=done)
    run.refresh_from_db()
    began = timezone.now() - timedelta(seconds=370)
    write_lines(run, 6)
    add_event(run, 7, "Creating", "apply_start", address=f"aws_sns_topic.topic_{total - 1}", at=began)


def write_lines(run: Run, number: int) -> None:
    """Write so many lines to the run's log, behind those that are there."""
    first = run.events.count() + 1
    RunEvent.objects.bulk_create(
        RunEvent(
            run=run,
            sequence=sequence,
            at=timezone.now(),
            level="error" if sequence % 50 == 5 else "warn" if sequence % 20 == 4 else "info",
            kind="apply_complete",
            address=f"aws_sns_topic.topic_{sequence}",
            message=f"aws_sns_topic.topic_{sequence}: creation complete after {sequence} s",
        )
        for sequence in range(first, first + number)
    )


def add_event(run: Run, sequence: int, message: str, kind: str, **fields: Any) -> None:
    """Write one line to the run's log."""
    RunEvent.objects.create(run=run, sequence=sequence, level="info", kind=kind, message=message, **fields)


def a_canceled_run() -> Run:
    """Return an apply that somebody cut short, with three resources that it worked on."""
    run = a_run(name="Juniper Flats", slug="juniper")
    at_work(run, total=20, done=7)
    for number in (18, 17):
        add_event(
            run, 26 - number, "Creating", "apply_start", address=f"aws_sns_topic.topic_{number}", at=timezone.now()
        )
    Run.objects.filter(pk=run.pk).update(apply_begun_at=timezone.now())
    run.refresh_from_db()
    request_cancel(run=run, actor=User.objects.get(username="otto"))
    run.refresh_from_db()
    moved(run, RunState.CANCELED, error_code="canceled", error_summary="Terraform was interrupted before it was done.")
    return run


def ended_badly(run: Run) -> None:
    """Let the run fail as AWS makes runs fail."""
    moved(
        run,
        RunState.FAILED,
        error_code="quota_exceeded",
        error_summary="The account may have no more VPCs in this region.",
        error_remedy="Ask AWS for a higher limit (L-F678F1CE), or place the district in another account.",
        error_detail="Error: creating EC2 VPC: VpcLimitExceeded: The maximum number of VPCs has been reached.",
        error_address="aws_vpc.network_vpc",
    )


def not_written(run: Run) -> None:
    """Have the state of a run be kept, and its lock be held by somebody."""
    errored = note_kept(run, 1, StateFacts("5d" * 32, 48_213, "5f14fb4f-4af4-faf4-8d83-fd2ab9ca44f9", 12), "worker-1/b")
    note_refused(errored, verbatim("The district's state was written since: it has serial 13, and this one 12."))
    created = timezone.now() - timedelta(minutes=20)
    note_lock(run.district, StateLock("b1946ac9-4f5e", "OperationTypeApply", "root@laptop", created))


def deployed(run: Run) -> District:
    """Bring a run to its good end; return its district, which is live then."""
    if run.state_badge is RunState.QUEUED:
        at_work(run, total=91, done=91)
    moved(run, RunState.VERIFYING)
    moved(run, RunState.SUCCEEDED)
    return District.objects.get(pk=run.district_id)


def a_waiting_change(district: District, changes: int = 3, *, by: str = "") -> Run:
    """Return an apply of a deployed district whose plan waits for somebody."""
    actor = User.objects.get(username=by) if by else None
    run = request_run(district=district, kind=RunKind.APPLY, actor=actor)
    planned(run, changes, waits=True)
    return moved(run, RunState.AWAITING_APPROVAL)


def with_stack(district: District) -> District:
    """Record the resources of a whole stack and its outputs, one of them withheld."""
    run = district.runs.latest("id")
    resources = json.loads(STACK.read_text())["resource"]
    StackResource.objects.bulk_create(
        StackResource(
            district=district,
            run=run,
            address=f"{kind}.{name}",
            type=kind,
            name=name,
            service=service_of(kind),
            provider_id=f"{name}-{district.suffix}",
            arn=f"arn:aws:x:us-east-1:123456789012:{name}-{district.suffix}",
        )
        for kind, named in resources.items()
        for name in named
    )
    for name, value in {"service_url": "https://lakeside.example", "database_endpoint": "aurora.x:5432"}.items():
        StackOutput.objects.create(district=district, run=run, name=name, value=value)
    StackOutput.objects.create(district=district, run=run, name="token", value=None, sensitive=True)
    return district


def with_drift(district: District, attributes: int) -> District:
    """Let so many attributes drift, one that somebody added and one whole resource beside them."""
    run = district.runs.latest("id")
    group = {"type": "aws_cloudwatch_log_group", "before": 365, "after": 30, "repairable": True}
    items: list[dict[str, Any]] = [
        {"address": f"aws_cloudwatch_log_group.compute_{n}", "path": "retention_in_days", **group}
        for n in range(attributes)
    ]
    items += [
        {"address": "aws_cloudwatch_log_group.compute_api_group", "path": "retention_in_days", **group},
        {"address": "aws_elasticache_user.cache_user", "type": "aws_elasticache_user", "path": "x", "sensitive": True},
        {
            "address": "aws_security_group.security_database",
            "type": "aws_security_group",
            "path": "ingress[]",
            "after": {"protocol": "tcp", "from_port": 5432, "source": "0.0.0.0/0"},
            "foreign": True,
        },
        {"address": "aws_sns_topic.topic_topic", "type": "aws_sns_topic", "gone": True, "repairable": True},
    ]
    for item in items:
        DriftItem.objects.create(district=district, run=run, **item)
    addresses = sorted({str(item["address"]) for item in items})
    set_drift(district=district, drift=DriftStatus.DRIFTED, addresses=addresses, run_number=run.number)
    return district


def on_the_calendar(district: District) -> None:
    """Set a freeze that is ahead, a window, and the end of a lifetime, of one district."""
    now = timezone.now()
    scope = CalendarScope(district=district)
    begin, end = now + timedelta(days=2), now + timedelta(days=9)
    create_freeze(scope=scope, reason="State testing", starts_at=begin, ends_at=end, actor=None)
    # It is always open, since the rollouts of this world reach the district too.
    create_window(scope=scope, weekdays=range(7), starts=time(0), minutes=1440, time_zone="America/Chicago", actor=None)
    set_end(district=district, kind=EndKind.LIFETIME, last_day=now.date() + timedelta(days=30), actor=None)


def held(district: District) -> None:
    """Store a look at what the district's environment holds."""
    rows = [
        {"address": "aws_rds_cluster.database_cluster", "service": "RDS", "holds_data": True, "says": "4 databases."},
        {"address": "aws_s3_bucket.results", "service": "S3", "holds_data": True, "says": "12 objects, 3.4 MB."},
    ]
    now = timezone.now()
    holdings = {"at": now.isoformat(), "monthly_saving_usd": "812.50", "resources": rows}
    DistrictHoldings.objects.create(district=district, asked_at=now, looked_at=now, holdings=holdings)


def torn_down(run: Run, *, gone: int = 3) -> tuple[District, str]:
    """Deploy and tear a district down, or do the work of its teardown; return it and its certificate's number."""
    teardown = run
    if run.kind_badge is not RunKind.DESTROY:
        district = deployed(run)
        teardown = request_teardown(
            district=district, typed_name=district.suffix, reason="The contract has ended", actor=None
        )
    district = teardown.district
    at_work(teardown, total=gone, done=gone)
    moved(teardown, RunState.VERIFYING)
    now = timezone.now().isoformat()
    scope = {
        "at": now,
        "account_id": "123456789012",
        "region": "us-east-1",
        "tag": {"Suffix": district.suffix},
        "looked_for": [{"kind": "iam role", "by": "name"}],
        "calls": {"iam:ListRoles": 3},
        "found": [],
    }
    departures = [
        {
            "address": f"aws_x.{n}",
            "type": "aws_x",
            "id": f"x-{n}",
            "arn": "",
            "gone_at": now,
            "gone_in_run": teardown.pk,
        }
        for n in range(gone)
    ]
    Run.objects.filter(pk=teardown.pk).update(
        left_behind=[], removal_proof={"inventory": scope, "departures": departures}
    )
    teardown.refresh_from_db()
    moved(teardown, RunState.SUCCEEDED)
    removed = District.objects.select_related("removal_certificate").get(pk=district.pk)
    return removed, str(removed.removal_certificate.number)


def a_rollout(waves: str) -> Rollout:
    """Return a rollout that has begun."""
    request = RolloutRequest(
        reason="Faster ingest", change={"image": IMAGE}, waves=waves, halt_failures=1, halt_percent=None
    )
    rollout = create_rollout(request=request, actor=None)
    tick()
    return rollout


def looked_at(rollout: Rollout) -> None:
    """Have a rollout's first plan wait until somebody has looked at it."""
    member = rollout.members.exclude(run=None).select_related("run").order_by("pk").first()
    assert member is not None
    assert member.run is not None
    planned(member.run, 60, waits=True)
    moved(member.run, RunState.AWAITING_APPROVAL, requester_may_confirm=True)


def a_halted_rollout() -> Rollout:
    """Return a rollout whose canary failed."""
    rollout = a_rollout("1, 100%")
    canary = rollout.members.exclude(run=None).select_related("run__district").first()
    assert canary is not None
    assert canary.run is not None
    planned(canary.run, 1)
    ended_badly(canary.run)
    tick()
    rollout.refresh_from_db()
    return rollout


def many_resources(run: Run) -> Iterable[StackResource]:
    """Return five hundred resources with long names, for one district."""
    for number in range(RESOURCES):
        kind = ("aws_sns_topic", "aws_s3_bucket", "aws_sqs_queue", "aws_kms_key")[number % 4]
        name = f"a_resource_with_quite_a_long_name_indeed_{number}"
        yield StackResource(
            district=run.district,
            run=run,
            address=f"{kind}.{name}",
            type=kind,
            name=name,
            service=service_of(kind),
            provider_id=f"{name}-{run.district.suffix}",
            arn=f"arn:aws:sns:us-east-1:123456789012:{name}-{run.district.suffix}",
        )


def thousand_districts() -> None:
    """Make districts as rows, with a run and two resources each: the services would take minutes."""
    account = an_account()
    districts = District.objects.bulk_create(
        District(
            name=f"District {number} of the Lakes",
            slug=f"d-{number}",
            environment="sandbox",
            suffix=f"d-{number}-sbx",
            cidr=f"172.{16 + number // 256}.{number % 256}.0/24",
            account=account,
        )
        for number in range(DISTRICTS)
    )
    chosen = District.objects.filter(pk__in=[district.pk for district in districts])
    chosen.update(status=DistrictStatus.PROVISIONING)
    chosen.update(status=DistrictStatus.LIVE)
    runs = Run.objects.bulk_create(
        Run(district=district, kind=RunKind.APPLY, spec={}, reason="First deployment") for district in districts
    )
    mine = Run.objects.filter(pk__in=[run.pk for run in runs])
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        mine.update(state=state)
    StackResource.objects.bulk_create(
        StackResource(district=run.district, run=run, address=f"aws_x.{n}", type="aws_x", name=str(n), service="X")
        for run in runs
        for n in range(2)
    )
