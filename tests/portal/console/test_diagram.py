"""The drawing shows what is recorded and nothing else: each part where it is, how it stands, and where it leads."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest
from django.test import Client

from devtools.paths import ROOT
from portal.console.badges import PartState
from portal.console.pages.district.architecture import architecture
from portal.console.pages.district.diagram import FLOWS, PARTS, Diagram, Known, Place, draw
from provisioning.aws_kinds import service_of
from provisioning.models import DriftItem, Run, StackResource
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.districts.services import set_drift
from registry.districts.statuses import DriftStatus
from tests.builders import a_person, a_run, moved
from tests.markup import squeezed

GOLDEN = sorted((ROOT / "tests" / "infra" / "golden").glob("*.json"))
STACKS = pytest.mark.parametrize("stack", GOLDEN, ids=lambda path: path.stem)


def addresses(stack: Any) -> list[str]:
    resources = json.loads(stack.read_text())["resource"]
    return [f"{kind}.{name}" for kind, named in resources.items() for name in named]


def drawn(existing: list[str], **states: PartState) -> Diagram:
    diagram = draw(
        {
            address: Known(f"#{address}", states.get(address.replace(".", "__"), PartState.EXISTS), "vpc-1")
            for address in existing
        }
    )
    assert diagram is not None
    return diagram


@STACKS
def test_every_stack_is_drawn_with_its_zones_and_the_services_it_has(stack):
    zones = int(re.findall(r"-(\d)-", stack.stem)[0])
    diagram = drawn(addresses(stack))
    assert diagram.zones == zones
    assert len(diagram.cells) == 3 * zones
    keys = {box.key for box in diagram.boxes}
    assert {"balancer", "api", "worker", "writer", "cache", "results", "queue", "key", "rotation"} <= keys
    assert ("nat" in keys) == stack.stem.endswith("nat")
    assert ("reader" in keys) == ("sandbox" not in stack.stem)


@STACKS
def test_a_flow_is_drawn_for_every_rule_between_parts_and_for_no_other(stack):
    existing = addresses(stack)
    titles = {key: title for key, title, _, _ in PARTS} | {"clients": "Clients"}
    lines = {(line.source, line.target) for line in drawn(existing).lines}
    groups = {"api": "api", "balancer": "balancer", "worker": "worker", "rotation": "rotation"}
    groups |= {"database": "writer", "cache": "cache"}
    rules = [re.findall(r"ingress_rule\.security_(\w+)_to_(\w+)_in$", address) for address in existing]
    pairs = [rule[0] for rule in rules if rule and rule[0][1] != "endpoints"]
    assert pairs
    for source, target in pairs:
        assert (titles[groups[source]], titles[groups[target]]) in lines
    without = [address for address in existing if "security_group_ingress_rule" not in address]
    assert {line.target for line in drawn(without).lines} <= {"Results bucket", "Queue", "Dead letters"}


@STACKS
def test_nothing_lies_on_anything_else_and_all_lies_within_the_drawing(stack):
    diagram = drawn(addresses(stack))
    for first, second in combinations(diagram.boxes, 2):
        apart = first.x + first.width <= second.x or second.x + second.width <= first.x
        assert apart or first.y + first.height <= second.y or second.y + second.height <= first.y, (
            first.key,
            second.key,
        )
    for box in diagram.boxes:
        assert box.x >= 0
        assert box.x + box.width <= diagram.width
        assert box.y + box.height <= diagram.height
        inside = diagram.vpc_left <= box.x and box.x + box.width <= diagram.vpc_left + diagram.vpc_width
        assert inside == (box.place in {Place.PUBLIC, Place.APPLICATION, Place.DATA})
        assert len(box.title) * 7 <= box.width, box.title


@STACKS
def test_the_balancer_stands_in_every_zone_and_cloudtrail_in_none(stack):
    diagram = drawn(addresses(stack))
    at = {box.key: box for box in diagram.boxes}
    for cell in (cell for cell in diagram.cells if cell.place is Place.PUBLIC):
        assert at["balancer"].x < cell.x + cell.width
        assert at["balancer"].x + at["balancer"].width > cell.x
        assert cell.y < at["balancer"].y
        assert at["balancer"].y + at["balancer"].height <= cell.y + cell.height
    assert at["trail"].x >= diagram.vpc_left + diagram.vpc_width
    for name in ("aws_cloudtrail", "aws_lb", "aws_acm_certificate"):
        assert service_of(name) != service_of("aws_vpc"), f"{name} is no part of the network"


def test_no_part_and_no_flow_is_of_another_stack_than_ours():
    existing = {address for stack in GOLDEN for address in addresses(stack)}
    for key, _, _, pattern in PARTS:
        assert any(re.fullmatch(pattern, address) for address in existing), key
    for source, target, _, pattern in FLOWS:
        assert any(re.fullmatch(pattern, address) for address in existing), (source, target)


def test_the_worst_resource_speaks_for_its_part_and_is_where_it_leads():
    existing = ["aws_vpc.network_vpc", "aws_secretsmanager_secret.a", "aws_secretsmanager_secret.b"]
    box = drawn(existing, aws_secretsmanager_secret__b=PartState.GONE).boxes[0]
    assert (box.state, box.href, box.addresses) == (PartState.GONE, "#aws_secretsmanager_secret.b", tuple(existing[1:]))
    assert "2 resources" in box.label


def test_without_a_network_there_is_no_drawing():
    assert draw({"aws_kms_key.k": Known("#", PartState.EXISTS)}) is None


class TestThePage:
    pytestmark = pytest.mark.django_db

    @pytest.fixture
    def run(self) -> Run:
        run = a_run()
        StackResource.objects.bulk_create(
            StackResource(
                district=run.district, run=run, address=address, type=address.partition(".")[0], name="x", service="x"
            )
            for address in addresses(GOLDEN[0])
        )
        return run

    def states(self, run: Run) -> dict[str, PartState]:
        run.refresh_from_db()
        run.district.refresh_from_db()
        diagram = architecture(run.district, active=run if run.is_active else None, latest=run)
        assert diagram is not None
        return {box.key: box.state for box in diagram.boxes}

    def page(self, run: Run) -> str:
        browser = Client()
        browser.force_login(a_person(Role.VIEWER))
        answer = browser.get(f"/districts/{run.district.suffix}")
        assert answer.status_code == 200
        return squeezed(answer.content.decode())

    def test_has_the_drawing_with_titles_and_links_and_the_same_facts_as_tables(self, run):
        page = self.page(run)
        drawing = page[page.index('<svg class="sketch wide') : page.index("<figcaption")]
        cluster = StackResource.objects.get(address="aws_lb.edge_balancer")
        assert f'href="/districts/{run.district.suffix}/resources#resource-{cluster.pk}"' in drawing
        assert drawing.count("<title") == drawing.count('class="part is-') + 1
        assert "style=" not in drawing
        table = page[page.index('id="diagram-table"') :]
        for part in re.findall(r'<a href="[^"]+" aria-label="([^,":]+)', drawing):
            assert part in table

    def test_shows_what_drifted_and_what_is_gone(self, run):
        for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING):
            moved(run, state)
        moved(run, RunState.SUCCEEDED)
        for address, gone in (("aws_kms_key.encryption_key", False), ("aws_sqs_queue.ingest_queue", True)):
            DriftItem.objects.create(district=run.district, run=run, address=address, type="x", gone=gone)
        run.district.refresh_from_db()
        set_drift(district=run.district, drift=DriftStatus.DRIFTED, addresses=["x"], run_number=run.number)
        states = self.states(run)
        assert (states["key"], states["queue"], states["api"]) == (
            PartState.DRIFTED,
            PartState.GONE,
            PartState.EXISTS,
        )

    def test_shows_what_a_run_is_at_work_on_and_what_is_not_recorded_yet(self, run):
        StackResource.objects.filter(address="aws_cloudtrail.audit_trail").delete()
        for state in (RunState.SYNTHESIZING, RunState.PLANNING):
            moved(run, state)
        planned = [{"address": "aws_cloudtrail.audit_trail"}, {"address": "aws_ecs_service.compute_api"}]
        moved(run, RunState.APPLYING, plan_resources=planned)
        states = self.states(run)
        assert {states["trail"], states["api"]} == {PartState.IN_WORK}
        assert states["worker"] is PartState.EXISTS
        assert f'href="/runs/{run.number}" aria-label="CloudTrail' in self.page(run)

    def test_shows_where_the_last_run_failed(self, run):
        for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
            moved(run, state)
        moved(run, RunState.FAILED, error_code="x", error_summary="x", error_address="aws_lb.edge_balancer")
        assert self.states(run)["balancer"] is PartState.FAILED

    def test_costs_two_more_queries_at_most(self, run, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            architecture(run.district, active=None, latest=None)
