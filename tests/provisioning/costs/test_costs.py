"""What districts really cost: read once a day, kept by day, and looked ahead to the end of the month."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import boto3
import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from engine.aws.costs import DailyCost
from engine.errors import AwsUnavailableError
from messages.message import verbatim
from provisioning.costs import reading
from provisioning.costs.forecast import outlook
from provisioning.costs.reading import RIGHT_REMEDY, TAG_REMEDY, in_turn, keep, period_of, read_all
from provisioning.costs.selectors import actual_of, in_all, totals_by
from provisioning.models import AccountCosts, DistrictCost
from registry.accounts.roles import Role
from registry.districts.accounts import add_account
from registry.districts.models import District
from sandbox.launch import Sandbox, running_sandbox
from tests.builders import a_district, a_person

TODAY = date(2026, 3, 20)
days = st.dictionaries(
    st.dates(date(2026, 2, 1), date(2026, 3, 19)), st.decimals(0, 1000, places=2, allow_nan=False), max_size=40
)


def test_a_steady_month_comes_to_its_days():
    steady = {date(2026, 3, day): Decimal(10) for day in range(1, 20)}
    month = outlook(steady, TODAY)
    assert (month.so_far, month.forecast, month.days_left) == (Decimal(190), Decimal(310), 12)


def test_the_last_seven_days_count_for_those_to_come():
    grown = {date(2026, 3, day): Decimal(24 if day >= 13 else 10) for day in range(1, 20)}
    assert outlook(grown, TODAY).forecast == 12 * 10 + 7 * 24 + 12 * 24


def test_a_new_district_is_not_thinned_by_days_before_it_was_there():
    new = {date(2026, 3, 18): Decimal(10), date(2026, 3, 19): Decimal(10), TODAY: Decimal(3)}
    month = outlook(new, TODAY)
    assert (month.so_far, month.forecast) == (Decimal(20), Decimal(140)), (
        "today is not over, and counts as a day to come"
    )


def test_where_no_day_is_over_nothing_is_foretold():
    assert outlook({TODAY: Decimal(3)}, TODAY).forecast is None
    assert outlook({}, TODAY).forecast is None


@given(days, st.dates(date(2026, 2, 1), date(2026, 3, 31)))
def test_a_forecast_lies_between_what_was_spent_and_the_dearest_days(costs, today):
    month = outlook(costs, today)
    assert month.so_far == sum(usd for day, usd in costs.items() if today.replace(day=1) <= day < today)
    assert month.days_left == calendar.monthrange(today.year, today.month)[1] - today.day + 1
    if month.forecast is not None:
        dearest = max([usd for day, usd in costs.items() if day < today], default=Decimal(0))
        assert month.so_far <= month.forecast <= month.so_far + dearest * month.days_left + Decimal("0.01")


@pytest.mark.parametrize(
    ("today", "since"),
    [
        ("2026-03-20", "2026-03-01"),
        ("2026-03-08", "2026-02-26"),
        ("2026-03-05", "2026-02-01"),
        ("2026-01-01", "2025-12-01"),
    ],
)
def test_a_month_is_asked_for_until_its_bill_is_final(today, since):
    period = period_of(date.fromisoformat(today))
    assert (period.since.isoformat(), period.until.isoformat()) == (since, today)


def cost(suffix: str, usd: str, back: int = 0) -> DailyCost:
    return DailyCost(timezone.now().date() - timedelta(days=back), suffix, Decimal(usd), is_estimate=back < 2)


def answering(monkeypatch: pytest.MonkeyPatch, *answers) -> list[str]:
    """Let AWS answer so, or refuse so, time after time; return which accounts it is asked for."""
    calls: list[str] = []
    remaining = list(answers)

    def ask(account):
        calls.append(account.account_id)
        answer = remaining.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(reading, "_ask", ask)
    return calls


@pytest.mark.django_db
def test_an_account_is_asked_once_a_day_also_where_it_refuses(monkeypatch):
    district = a_district()
    denied = AwsUnavailableError(
        verbatim("AWS did not let us read what districts cost."), detail="AccessDeniedException: no"
    )
    calls = answering(monkeypatch, denied, [cost(district.suffix, "1.5")])
    assert read_all() == 0
    assert read_all() == 0
    assert len(calls) == 1, "each request costs a cent"
    row = AccountCosts.objects.get()
    assert (row.problem, row.remedy) == (denied.summary, RIGHT_REMEDY)
    AccountCosts.objects.update(asked_at=timezone.now() - timedelta(days=1))
    assert read_all() == 1
    row.refresh_from_db()
    assert (row.problem, row.told_at is not None) == ("", True)
    assert DistrictCost.objects.get().usd == Decimal("1.5")


@pytest.mark.django_db
def test_what_a_day_did_not_reach_is_asked_first_on_the_next():
    names = ("1" * 12, "2" * 12, "3" * 12)
    lately, never, long_ago = (add_account(name=name, account_id=name, actor=None) for name in names)
    now = timezone.now()
    for account, days in ((lately, 1), (never, None), (long_ago, 2)):
        a_district(account_id=account.account_id)
        told_at = None if days is None else now - timedelta(days=days)
        AccountCosts.objects.create(account=account, asked_at=now - timedelta(days=1), told_at=told_at)
    assert list(in_turn(now)) == [never, long_ago, lately]


@pytest.mark.django_db
def test_where_it_is_switched_off_nobody_is_asked(monkeypatch, settings):
    settings.READ_COSTS = False
    a_district()
    calls = answering(monkeypatch)
    assert read_all() == 0
    assert calls == []


@pytest.mark.django_db
def test_a_tag_that_is_not_active_is_told_with_its_remedy(monkeypatch):
    a_district()
    answering(monkeypatch, [cost("", "40")])
    read_all()
    assert AccountCosts.objects.get().remedy == TAG_REMEDY


@pytest.mark.django_db
def test_what_aws_tells_anew_takes_the_place_of_what_it_told():
    district = a_district()
    District.objects.update(created_at=timezone.now() - timedelta(days=5))
    keep(district.account, [cost(district.suffix, "1", 1), cost("nowhere-sbx", "9", 1), cost(district.suffix, "2", 9)])
    keep(district.account, [cost(district.suffix, "1.25", 1)])
    (row,) = DistrictCost.objects.all()
    assert row.usd == Decimal("1.25"), "a day before the district was there is another's"


@pytest.mark.django_db
def test_the_fleet_is_told_by_environment_and_state():
    first, second = a_district(state_code="OH"), a_district(state_code="TX")
    District.objects.update(created_at=timezone.now() - timedelta(days=40))
    keep(first.account, [cost(first.suffix, "2", 1), cost(second.suffix, "3", 1)])
    by_state = totals_by("state_code")
    today = timezone.now().date()
    if today.day > 1:
        assert {state: total.so_far for state, total in by_state.items()} == {"OH": 2, "TX": 3}
    assert by_state["OH"].forecast is not None
    everything = in_all(totals_by("environment").values())
    assert everything is not None
    assert everything.forecast == sum(total.forecast or 0 for total in by_state.values())


@pytest.mark.django_db
def test_pages_show_actual_beside_estimate_and_what_keeps_it_from_being_known():
    district = a_district()
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    District.objects.update(status="provisioning", created_at=timezone.now() - timedelta(days=40))
    address = f"/districts/{district.suffix}"
    assert "costs have not been read yet" in client.get(address).content.decode()
    now = timezone.now()
    AccountCosts.objects.create(account=district.account, asked_at=now, problem="x", remedy=TAG_REMEDY)
    assert "Activate the cost allocation tag Suffix" in client.get(address).content.decode()
    AccountCosts.objects.update(problem="", remedy="", told_at=now)
    keep(district.account, [cost(district.suffix, "100", back) for back in range(1, 9)])
    page = client.get(address).content.decode()
    assert "over budget" in page, "a hundred dollars a day is more than five hundred a month"
    assert "100.00" in page
    overview = client.get("/overview").content.decode()
    assert "Actual so far" in overview
    assert "Cost by state" in overview


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.mark.django_db
def test_the_embedded_aws_tells_what_runs_there(aws: Sandbox, settings):
    settings.AWS_ENDPOINT_URL = aws.url
    district = a_district()
    kms = boto3.client("kms", region_name="us-east-1", endpoint_url=aws.url)
    kms.create_key(Tags=[{"TagKey": "Suffix", "TagValue": district.suffix}])
    assert read_all() == 1
    reading_kept = AccountCosts.objects.get()
    assert reading_kept.problem == "", reading_kept.detail
    assert actual_of(district).days == list(DistrictCost.objects.filter(district=district, day=timezone.now().date()))
