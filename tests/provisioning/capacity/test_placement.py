"""Whether a district fits into an account: counted from AWS, with what is promised, refused before a run begins."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from devtools.converge import combinations
from engine.aws import quotas
from engine.aws.clients import client as engine_client
from engine.aws.quotas import KINDS, QuotaReading, read_quotas
from engine.terraform.command import ResourceRecord
from provisioning.capacity.placement import TYPES, Count, Place, Room, Tenant, how_many, need, refusal, room, shortages
from provisioning.capacity.quota_reading import in_turn, read_all
from provisioning.capacity.quotas import capacities, place_of, set_limit, store_quotas
from provisioning.engine_settings import engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.models import AccountQuota, Run
from provisioning.onboarding.service import onboard
from provisioning.runs.requests import request_run
from provisioning.runs.results import record_resources
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.accounts import add_account
from registry.districts.models import AwsAccount, District
from registry.districts.registration import Registration, RegistrationRefusedError
from sandbox.launch import running_sandbox
from tests.builders import ACCOUNT_ID, a_person, moved
from tests.sandbox.conftest import admit_trails
from tests.synthesis import district

VPC, EIP = quotas.VPCS.code, quotas.ADDRESSES.code
SMALL = {"environment": "sandbox", "size": "S"}
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ["sandbox-S-2-nat", "staging-M-3-nat", "production-L-2-nat", "production-L-3-none"])
def test_what_a_district_takes_is_what_its_stack_declares(name):
    stack = district(combinations()[name]).data["resource"]
    needs = need(combinations()[name])
    for code, kind in TYPES.items():
        assert needs[code] == len(stack.get(kind, {})), kind
    assert needs[quotas.GROUPS.code] == len(stack["aws_security_group"]) + len(stack["aws_default_security_group"])
    interface = [
        endpoint for endpoint in stack["aws_vpc_endpoint"].values() if endpoint.get("vpc_endpoint_type") == "Interface"
    ]
    assert needs[quotas.ENDPOINTS.code] == len(interface)
    tasks = [stack["aws_ecs_task_definition"][f"compute_{tier}_task"]["cpu"] for tier in ("api", "worker")]
    scaled = [stack["aws_appautoscaling_target"][f"scaling_{tier}"]["min_capacity"] for tier in ("api", "worker")]
    processors = sum(int(cpu) * count for cpu, count in zip(tasks, scaled, strict=True)) / 1024
    assert needs[quotas.PROCESSORS.code] == processors


def a_place(account: str = "Sandbox", **rooms: tuple[float, float]) -> Place:
    codes = {"vpcs": VPC, "addresses": EIP}
    return Place(account, "us-east-1", tuple(Room(codes[name], *values) for name, values in rooms.items()))


def test_a_full_account_is_refused_with_the_place_that_has_most_room():
    full = a_place(vpcs=(5, 5), addresses=(5, 0))
    alternatives = [
        a_place("Two", vpcs=(5, 4)),
        a_place("Three", vpcs=(5, 2), addresses=(5, 2)),
        a_place("None", vpcs=(5, 5)),
    ]
    problem = refusal(full, need(SMALL), alternatives)
    assert problem is not None
    assert problem.sentence == "Sandbox has 5 of 5 VPCs in us-east-1. Three has room for 3 more districts like this."
    assert problem.remedy == "Place it there, or raise the quota L-F678F1CE (VPCs) of Sandbox in Service Quotas."
    alone = refusal(full, need(SMALL), [])
    assert alone is not None
    assert alone.remedy == "Raise the quota L-F678F1CE (VPCs) of Sandbox in Service Quotas."
    assert refusal(a_place(vpcs=(5, 4), addresses=(5, 4)), need(SMALL), []) is None


def test_every_quota_that_is_short_is_named():
    needs = need({"environment": "staging", "size": "S", "zones": 3})
    problem = refusal(a_place(vpcs=(5, 5), addresses=(5, 3)), needs, [])
    assert problem is not None
    assert "5 of 5 VPCs" in problem.sentence
    assert "3 of 5 Elastic IP addresses in us-east-1; this district needs 3." in problem.sentence
    assert "quotas L-F678F1CE (VPCs) and L-0263D0A3" in problem.remedy


rooms = st.builds(
    Room,
    code=st.sampled_from(sorted(KINDS)),
    limit=st.integers(0, 50),
    used=st.integers(0, 50),
    promised=st.integers(0, 50),
)


@given(found=st.lists(rooms, unique_by=lambda room: room.code), spec=st.sampled_from(list(combinations().values())))
def test_as_many_fit_as_can_be_placed_one_after_another(found, spec):
    needs, place = need(spec), Place("a", "us-east-1", tuple(found))
    fits = how_many(place, needs)
    shared = [room for room in found if needs[room.code] and KINDS[room.code].per != "VPC"]
    placed = 0
    while placed < 60 and not shortages(place, needs):
        placed += 1
        found = [replace(room, promised=room.promised + needs[room.code]) if room in shared else room for room in found]
        place = Place("a", "us-east-1", tuple(found))
        shared = [room for room in found if needs[room.code] and KINDS[room.code].per != "VPC"]
    assert fits == (placed if shared else 0)


HOUR = timedelta(hours=1)
TENANTS = [
    ("still to be made", Tenant({VPC: 1}, {}, None), (3, 1), (1, 1)),
    ("made before the count", Tenant({VPC: 1}, {"aws_vpc": 1}, NOON - HOUR), (3, 0), (2, 0)),
    ("made after the count", Tenant({VPC: 1}, {"aws_vpc": 1}, NOON + HOUR), (3, 1), (2, 0)),
    ("not whole at the count", Tenant({VPC: 1}, {"aws_kms_key": 1}, NOON - HOUR), (3, 1), (2, 0)),
]


@pytest.mark.parametrize(
    ("tenant", "counted", "uncounted"), [case[1:] for case in TENANTS], ids=[c[0] for c in TENANTS]
)
def test_each_district_is_counted_once_by_aws_or_by_us(tenant, counted, uncounted):
    with_count = room(quotas.VPCS, 5, Count(3, NOON), [tenant])
    assert (with_count.used, with_count.promised) == counted
    without = room(quotas.VPCS, 5, None, [tenant])
    assert (without.used, without.promised) == uncounted, "one VPC is AWS's default one"


@pytest.fixture
def sandbox(settings):
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        yield running


def client(url: str, service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", endpoint_url=url)  # type: ignore[call-overload]


def test_limits_and_use_are_read_from_aws(sandbox):
    before = {reading.code: reading for reading in read_quotas(engine_settings(), "us-east-1")}
    assert set(before) == set(KINDS)
    assert {code: reading.source for code, reading in before.items() if reading.source != "read"} == {
        quotas.TRAILS.code: "fixed"
    }
    assert {code: reading.limit for code, reading in before.items()} == {
        code: kind.default for code, kind in KINDS.items()
    }
    ec2 = client(sandbox.url, "ec2")
    network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.9.{index}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for index, zone in enumerate(("us-east-1a", "us-east-1a", "us-east-1b"))
    ]
    for subnet in subnets:
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    admit_trails(client(sandbox.url, "s3"), "trails")
    client(sandbox.url, "cloudtrail").create_trail(Name="a-trail", S3BucketName="trails")
    client(sandbox.url, "elbv2").create_load_balancer(Name="a", Subnets=[subnets[0], subnets[2]])
    client(sandbox.url, "service-quotas").request_service_quota_increase(
        ServiceCode="vpc", QuotaCode=VPC, DesiredValue=20
    )
    after = {reading.code: reading for reading in read_quotas(engine_settings(), "us-east-1")}
    grown = {code: (after[code].used or 0) - (before[code].used or 0) for code in quotas.COUNTS}
    assert grown == {
        VPC: 1,
        quotas.GATEWAYS.code: 0,
        EIP: 3,
        quotas.NATS.code: 2,
        quotas.GROUPS.code: 1,
        quotas.BALANCERS.code: 1,
        quotas.CLUSTERS.code: 0,
        quotas.TRAILS.code: 1,
    }
    assert after[VPC].limit == 20
    assert after[quotas.PROCESSORS.code].used is None


@pytest.mark.parametrize(
    ("code", "source"), [("AccessDeniedException", "denied"), ("NoSuchResourceException", "default")]
)
def test_where_aws_does_not_tell_a_limit_its_default_counts_and_says_so(sandbox, monkeypatch, code, source):
    refused = ClientError({"Error": {"Code": code, "Message": "no"}}, "GetServiceQuota")

    def made(settings: Any, service: str, *args: Any) -> Any:
        aws_client = engine_client(settings, service, *args)
        if service == "service-quotas":
            aws_client.get_service_quota = Mock(side_effect=refused)
        return aws_client

    monkeypatch.setattr(quotas, "client", made)
    readings = read_quotas(engine_settings(), "us-east-1")
    assert {(reading.limit, reading.source) for reading in readings if reading.code == VPC} == {(5, source)}


NOT_RAISED = "AWS does not raise its limit of CloudTrail trails: use another account or region."
"""What stands beside an account with four districts: the trail of its own is the fifth."""


def an_empty_account(name: str = "First", account_id: str = ACCOUNT_ID) -> AwsAccount:
    return add_account(name=name, account_id=account_id, actor=None)


def onboarded(number: int, account: AwsAccount) -> Run:
    registration = Registration(name=f"District {number}", slug=f"district-{number}", account_id=account.account_id)
    return onboard(registration=registration, actor=None)


@pytest.mark.django_db
class TestRequests:
    def test_by_awss_defaults_the_fifth_district_is_refused_at_the_account_and_nothing_is_made(self):
        account = an_empty_account()
        for number in range(4):
            onboarded(number, account)
        with pytest.raises(RegistrationRefusedError) as refused:
            onboarded(4, account)
        (sentence,) = refused.value.problems["account_id"]
        assert sentence.startswith("First (123456789012) has 1 of 5 VPCs in us-east-1, and 4 promised to districts")
        assert sentence.endswith(NOT_RAISED)
        assert District.objects.count() == Run.objects.count() == 4

    def test_the_form_tells_it_beside_the_account_while_it_is_filled_in_and_when_it_is_sent(self, client):
        account = an_empty_account()
        client.force_login(a_person(Role.OPERATOR))
        typed = {"name": "Maple", "account_id": account.account_id, "environment": "sandbox", "size": "S", "zones": "2"}
        sentence = NOT_RAISED
        assert sentence not in client.post("/districts/new/check", typed).content.decode()
        for number in range(4):
            onboarded(number, account)
        assert sentence in client.post("/districts/new/check", typed).content.decode()
        whole = typed | {
            "time_zone": "America/New_York",
            "region": "us-east-1",
            "egress": "nat",
            "allowed_client_cidrs": "0.0.0.0/0",
            "monthly_budget_usd": "500",
            "registration_key": str(uuid.uuid4()),
        }
        answer = client.post("/districts/new", whole)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()

    def test_an_account_whose_trails_nobody_has_counted_has_room_for_four_districts(self):
        """Beside the trail of its management events, which is over all regions, CloudTrail lets it have four."""
        account = an_empty_account()
        set_limit(account=account, region="us-east-1", code=VPC, limit=50, actor=None)
        set_limit(account=account, region="us-east-1", code=quotas.GATEWAYS.code, limit=50, actor=None)
        set_limit(account=account, region="us-east-1", code=EIP, limit=50, actor=None)
        set_limit(account=account, region="us-east-1", code=quotas.PROCESSORS.code, limit=50, actor=None)
        set_limit(account=account, region="us-east-1", code=quotas.NATS.code, limit=50, actor=None)
        for number in range(4):
            onboarded(number, account)
        with pytest.raises(RegistrationRefusedError, match="1 of 5 CloudTrail trails in us-east-1, and 4 promised"):
            onboarded(4, account)

    def test_the_account_with_room_is_named_and_takes_it(self):
        account, second = an_empty_account(), an_empty_account("Second", "210987654321")
        for number in range(4):
            onboarded(number, account)
        with pytest.raises(RegistrationRefusedError, match=r"Second .210987654321. has room for 4 more districts"):
            onboarded(4, account)
        assert onboarded(4, second).state == RunState.QUEUED

    def test_a_district_with_a_stack_a_plan_and_a_teardown_need_no_room(self):
        account = an_empty_account()
        run = onboarded(1, account)
        record_resources(run, [ResourceRecord("aws_vpc.network_vpc", "aws_vpc", "network_vpc", "vpc-1", "")])
        for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING):
            moved(run, state)
        moved(run, RunState.SUCCEEDED)
        set_limit(account=account, region="us-east-1", code=VPC, limit=1, actor=None)
        run.district.refresh_from_db()
        again = request_run(district=run.district, kind=RunKind.APPLY, actor=None)
        assert again.state == RunState.QUEUED

    def test_a_retry_of_a_first_run_that_made_nothing_asks_for_room_without_counting_itself(self):
        account = an_empty_account()
        run = onboarded(1, account)
        moved(moved(run, RunState.SYNTHESIZING), RunState.FAILED)
        run.district.refresh_from_db()
        set_limit(account=account, region="us-east-1", code=VPC, limit=2, actor=None)
        again = request_run(district=run.district, kind=RunKind.APPLY, actor=None)
        moved(moved(again, RunState.SYNTHESIZING), RunState.FAILED)
        set_limit(account=account, region="us-east-1", code=VPC, limit=1, actor=None)
        run.district.refresh_from_db()
        with pytest.raises(ServiceRefusedError, match="1 of 1 VPCs") as refused:
            request_run(district=run.district, kind=RunKind.APPLY, actor=None)
        assert refused.value.code == "account_full"

    def test_what_is_read_is_stored_counts_and_is_audited_only_where_it_differs(self, sandbox):
        account = an_empty_account()
        acts = AuditEvent.objects.filter(action=AuditAction.ACCOUNT_QUOTAS_READ)
        assert read_all() == 1
        assert acts.count() == 1
        assert read_all() == 1
        assert acts.count() == 1
        client(sandbox.url, "service-quotas").request_service_quota_increase(
            ServiceCode="ec2", QuotaCode=EIP, DesiredValue=6
        )
        read_all()
        assert acts.latest("pk").after == {EIP: {"limit": 6, "source": "read"}}
        rooms = {room.code: room for room in place_of(account, "us-east-1").rooms}
        assert (rooms[EIP].limit, rooms[EIP].used, rooms[VPC].used) == (6, 0, 1)

    def test_what_an_hour_did_not_reach_is_read_first_in_the_next(self):
        names = ("1" * 12, "2" * 12, "3" * 12)
        lately, never, long_ago = (add_account(name=name, account_id=name, actor=None) for name in names)
        for account, hours in ((lately, 1), (long_ago, 5)):
            store_quotas(account, "us-east-1", [QuotaReading(VPC, 9, 3, "read"), QuotaReading(EIP, 9, 3, "read")])
            account.quotas.update(read_at=NOON - timedelta(hours=hours))
        assert in_turn() == [(never, "us-east-1"), (long_ago, "us-east-1"), (lately, "us-east-1")]

    def test_what_cannot_be_read_leaves_what_is_known(self):
        account = an_empty_account()
        store_quotas(account, "us-east-1", [QuotaReading(VPC, 9, 3, "read")])
        assert read_all() == 0
        assert AccountQuota.objects.get(code=VPC).limit == 9

    def test_a_limit_is_set_by_an_administrator_alone_and_audited(self):
        account = an_empty_account()
        with pytest.raises(NotAllowedError):
            set_limit(account=account, region="us-east-1", code=VPC, limit=9, actor=a_person(Role.OPERATOR))
        with pytest.raises(ServiceRefusedError, match="is no quota that a district meets"):
            set_limit(account=account, region="us-east-1", code="L-0", limit=9, actor=None)
        admin = a_person(Role.ADMINISTRATOR)
        set_limit(account=account, region="us-east-1", code=VPC, limit=9, actor=admin)
        store_quotas(account, "us-east-1", [QuotaReading(VPC, 7, 3, "read")])
        assert AccountQuota.objects.get(code=VPC).effective == 9
        set_limit(account=account, region="us-east-1", code=VPC, limit=None, actor=admin)
        assert AccountQuota.objects.get(code=VPC).effective == 7
        assert AuditEvent.objects.filter(action=AuditAction.ACCOUNT_QUOTA_SET, actor=admin).count() == 2

    def test_the_command_sets_one_or_all(self, capsys):
        account = an_empty_account()
        call_command("set_quota", account.account_id, "all", "50")
        assert {row.effective for row in AccountQuota.objects.all()} == {50}
        call_command("set_quota", account.account_id, VPC, "read")
        assert AccountQuota.objects.get(code=VPC).effective == 5
        for arguments in (["000000000000", VPC, "5"], [account.account_id, "L-0", "5"], [account.account_id, VPC, "x"]):
            with pytest.raises(CommandError):
                call_command("set_quota", *arguments)

    def test_the_system_page_tells_how_full_each_account_is(self, client):
        account = an_empty_account()
        client.force_login(a_person(Role.VIEWER))
        for number in range(3):
            onboarded(number, account)
        (capacity,) = capacities(list(AwsAccount.objects.all()))
        assert (capacity.more, capacity.is_full) == (1, False)
        onboarded(3, account)
        page = client.get("/system").content.decode()
        assert NOT_RAISED in page
        assert "not read yet" in page
        store_quotas(account, "us-east-1", [QuotaReading(code, 100, 2, "denied") for code in KINDS])
        page = client.get("/system").content.decode()
        assert "Room for" in page
        assert "reading is denied" in page
