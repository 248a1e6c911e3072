"""The register form's side: what will be made and what it costs, the access test, drafts and plans."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from engine.aws.quotas import VPCS
from infra.cost import estimate, load_prices
from infra.outline import Wish, count, outline
from infra.spec import Environment, Size
from provisioning.capacity.quotas import set_limit
from provisioning.health.access_check import check_account
from provisioning.models import AccountAccess, Run
from provisioning.states.runs import RunKind
from registry.accounts.roles import Role
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus
from tests.builders import ACCOUNT_ID, a_district, a_person, an_account
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    an_account()
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    return client


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Lakeside Unified", "slug": "lakeside", "environment": "sandbox", "region": "us-east-1", "size": "S",
        "zones": "2", "egress": "nat", "allowed_client_cidrs": "0.0.0.0/0", "account_id": ACCOUNT_ID,
        "monthly_budget_usd": "500", "time_zone": "America/New_York", "registration_key": str(uuid.uuid4()),
    } | changes  # fmt: skip


def checked(browser: Client, **changes: Any) -> str:
    answer = browser.post("/districts/new/check", typed(**changes))
    assert answer.status_code == 200
    return squeezed(answer.content.decode())


@pytest.mark.parametrize("address", ["/districts/new", "/districts/new/check"])
def test_a_full_account_is_told_beside_the_account(browser, address):
    set_limit(account=AwsAccount.objects.get(), region="us-east-1", code=VPCS.code, limit=1, actor=None)
    page = squeezed(browser.post(address, typed()).content.decode())
    assert re.search(r'id="id_account_id_error" class="errors"[^>]*><p class="wrong">[^<]* 1 of 1 VPCs', page)
    assert len(re.findall(r'class="wrong">', page)) == 1
    assert not District.objects.exists()


def test_the_preview_says_names_subnets_resources_and_cost_by_line(browser):
    page = checked(browser)
    wish = Wish()
    cost = estimate({"resource": outline(wish)}, load_prices(), "us-east-1")
    assert "aurora-lakeside-sbx" in page
    assert f"homeroom-results-{ACCOUNT_ID}-lakeside-sbx" in page
    assert "10.0.0.0/26" in page, "the first public subnet"
    assert f"<dd>{count(wish)}</dd>" in page
    for line in cost.lines:
        assert line.kind in page
    assert f'id="preview-total">{cost.total_usd}</strong>' in page
    assert "2025" in page, "the prices' date"
    assert page.count('role="img"') == 1
    assert not District.objects.exists()


def test_the_preview_follows_what_is_chosen_and_warns_of_a_budget_that_is_too_small(browser):
    page = checked(browser, size="L", environment="staging", zones="3", monthly_budget_usd="100")
    wish = Wish(environment=Environment.STAGING, size=Size.L, zones=3)
    total = estimate({"resource": outline(wish)}, load_prices(), "us-east-1").total_usd
    assert f"{total:,}" in page
    assert "more than the monthly budget of $100" in page
    cards = {
        size: Decimal(usd.replace(",", "")) for size, usd in re.findall(r'cost-of-(\w)"[^>]*>from \$([\d,]+)', page)
    }
    assert set(cards) == {"S", "M", "L"}
    assert cards["S"] < cards["M"] < cards["L"]


@pytest.mark.parametrize("environment", ["sandbox", "staging"])
@pytest.mark.parametrize("size", ["S", "M", "L"])
def test_the_preview_counts_the_database_instances_that_are_asked_for(browser, size, environment):
    for instances in (1, 2, None):
        page = checked(browser, size=size, environment=environment, database_instances=str(instances or ""))
        wish = Wish(environment=Environment(environment), size=Size(size), database_instances=instances)
        total = estimate({"resource": outline(wish)}, load_prices(), "us-east-1").total_usd
        assert f'id="preview-total">{total:,}<' in page
        assert ("Aurora reader" in page) == (instances == 2 or (instances is None and environment == "staging"))


def test_a_region_without_prices_says_so(browser):
    page = checked(browser, region="us-west-1")
    assert "There are no prices of us-west-1" in page
    assert "no price of this region" in page
    assert "preview-total" not in page


def test_a_taken_network_offers_the_next_free_one(browser):
    taken = a_district(cidr="10.0.0.0/22")
    page = checked(browser, cidr=str(taken.cidr))
    assert 'data-fill="id_cidr" data-value="10.0.4.0/22"' in page
    assert "overlaps" in page
    assert 'data-fill="id_cidr"' not in checked(browser), "where the next free one is taken anyway nothing is offered"


def test_half_filled_forms_are_previewed_as_well(browser):
    for changes in ({"size": "", "zones": "", "environment": "x"}, {"cidr": "nonsense"}, {"name": "", "slug": ""}):
        assert "Resource suffix" in checked(browser, **changes)


def test_a_draft_takes_name_and_network_and_makes_nothing_in_aws(browser):
    answer = browser.post("/districts/new", typed(act="draft", tags="Team=Assessment"))
    district = District.objects.get()
    assert answer["Location"] == f"/districts/{district.suffix}"
    assert district.status_badge is DistrictStatus.DRAFT
    assert district.tags == {"Team": "Assessment"}
    assert not Run.objects.exists()


def test_create_and_plan_changes_nothing_and_twice_makes_one(browser):
    same = typed(act="plan")
    first, second = browser.post("/districts/new", same), browser.post("/districts/new", same)
    run = Run.objects.get()
    assert run.kind_badge is RunKind.PLAN
    assert first["Location"] == second["Location"] == f"/runs/{run.number}"


def test_testing_the_access_without_script_keeps_what_was_typed(browser):
    answer = browser.post("/districts/new", typed(act="test", note="Keep me"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Keep me" in page
    assert "Checking with AWS" in page
    check_account(an_account())
    page = browser.post("/districts/new", typed(act="test")).content.decode()
    assert "AWS did not let us ask who we are." in page, "nobody answers at the tests' address"
    assert "127.0.0.1:9" in page, "the error's own words"
    assert not District.objects.exists()


def test_testing_the_access_with_script_polls_until_somebody_has_answered(browser):
    page = browser.post("/accounts/test", {"account_id": ACCOUNT_ID}, headers={"HX-Request": "true"}).content.decode()
    assert f'hx-get="/accounts/{ACCOUNT_ID}/access"' in page
    AccountAccess.objects.update(checked_at=AccountAccess.objects.get().asked_at, arn="arn:aws:iam::1:role/homeroom")
    answered = browser.get(f"/accounts/{ACCOUNT_ID}/access").content.decode()
    assert "arn:aws:iam::1:role/homeroom" in answered
    assert "hx-get" not in answered
    assert browser.post("/accounts/test", {"account_id": "1"}).status_code == 404


def test_a_viewer_tests_no_access():
    an_account()
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    assert client.post("/accounts/test", {"account_id": ACCOUNT_ID}).status_code == 403
