"""The search finds a district by whatever somebody pastes, in a fixed number of queries that indexes serve."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client

from messages.message import verbatim
from portal.console.pages.search.page import _districts, _events, _resources, network_in, search, suffixes_in
from portal.reach import Within
from provisioning.models import Run, StackResource
from registry.accounts.rights import EVERYTHING
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District
from registry.districts.services import set_status
from registry.districts.statuses import TABLE, DistrictStatus
from tests.builders import a_district, a_person, a_run

pytestmark = pytest.mark.django_db
ALL = Within(EVERYTHING)

ARN = "arn:aws:rds:us-east-1:123456789012:cluster:aurora-{}"


def signed_in(role: Role | None = Role.VIEWER) -> Client:
    browser = Client()
    if role:
        browser.force_login(a_person(role))
    return browser


def with_resource(run: Run, **fields: str) -> StackResource:
    defaults = {"address": "aws_rds_cluster.this", "type": "aws_rds_cluster", "name": "this", "service": "RDS"}
    return StackResource.objects.create(district=run.district, run=run, **(defaults | fields))


def found(text: str) -> list[District]:
    return [hit.district for hit in search(text, ALL).districts.rows]


@pytest.fixture
def run():
    return a_run(name="Lakeside Union", slug="lakeside-u", nces_id="0601234")


@pytest.fixture
def resource(run):
    return with_resource(run, arn=ARN.format(run.district.suffix), provider_id=f"aurora-{run.district.suffix}")


@pytest.mark.parametrize("text", ["Lakeside Union", "lakeside un", "LAKESIDE-U", "0601234", " lakeside-u "])
def test_a_district_is_found_by_name_slug_and_number(run, text):
    a_district()
    assert found(text) == [run.district]


def test_a_private_address_and_a_network_find_the_district_that_has_them(run):
    a_district()
    network = run.district.cidr
    for text in (str(network[0]), str(network[77]), str(network[-1]), str(network), f"{network[64]}/28"):
        assert found(text) == [run.district], text
    assert found(str(network[-1] + 4096)) == []


def test_an_address_of_a_removed_district_finds_who_has_it_now():
    removed = a_district()
    for after in path_to(DistrictStatus.REMOVED):
        by = next(row.by for row in TABLE.rows if row.before is removed.status_badge and row.after is after)
        set_status(district=removed, status=after, by=by)
        removed.refresh_from_db()
    assert found(str(removed.cidr[5])) == []


def path_to(status: DistrictStatus) -> list[DistrictStatus]:
    """Return the shortest way of statuses from Draft."""
    ways = [[DistrictStatus.DRAFT]]
    while ways[0][-1] is not status:
        way = ways.pop(0)
        ways += [[*way, after] for after in TABLE.following(way[-1]) if after not in way]
    assert all(after in TABLE.following(before) for before, after in pairwise(ways[0]))
    return ways[0][1:]


def test_a_run_is_found_by_its_number_however_it_is_written(run):
    for text in (str(run.number), f"#{run.number}", f"Run #{run.number}", f"run {run.number}"):
        assert search(text, ALL).runs.rows == [run]
    assert search("9" * 30, ALL).runs.rows == []


def test_an_arn_an_id_and_a_part_of_either_find_resource_and_district(run, resource):
    for text in (resource.arn, resource.arn.upper(), resource.provider_id, resource.arn[12:-4]):
        assert search(text, ALL).resources.rows == [resource], text
    page = signed_in().get("/search", {"q": resource.arn}).content.decode()
    assert f"/districts/{run.district.suffix}/resources#resource-{resource.pk}" in page


def test_an_arn_that_nobody_recorded_finds_the_district_whose_suffix_it_names(run):
    suffix = run.district.suffix
    for text in (
        f"arn:aws:logs:us-east-1:1:log-group:/aws/lambda/rotation-{suffix}:log-stream:2026",
        f"{suffix}-20261124-snapshot",
        f"https://s3.amazonaws.com/uploads-{suffix}/x",
    ):
        assert run.district in found(text), text


def test_words_of_the_record_are_found_and_lead_to_all_of_them(run):
    for number in range(12):
        record(
            action=AuditAction.USER_SET,
            actor=None,
            subject_kind="u",
            subject_id="x",
            message=verbatim(f"Rare word {number}."),
        )
    results = search("rare WORD", ALL)
    assert (len(results.events.rows), results.events.more) == (10, True)
    browser = signed_in()
    assert "/audit?words=rare%20WORD" in browser.get("/search", {"q": "rare WORD"}).content.decode()
    assert len(browser.get("/audit", {"words": "rare WORD"}).context["events"]) == 12


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "'; --", "\\", "a" * 5000, "999.1.1.1", "10.0.0.0/99", "学"])
def test_whatever_is_pasted_gets_an_answer(run, text):
    answer = signed_in().get("/search", {"q": text})
    assert answer.status_code == 200


def test_wildcards_are_characters_like_others(run, resource):
    assert search("%" * 4, ALL).is_empty
    assert search("aurora_lakeside", ALL).is_empty


def test_the_text_stays_in_address_and_fields_and_is_text(run):
    page = signed_in().get("/search", {"q": '<b>"x'}).content.decode()
    assert "<b>" not in page
    assert page.count('value="&lt;b&gt;&quot;x"') == 2
    assert "Nothing found" in page


def test_only_people_with_a_role_search():
    assert signed_in(None).get("/search?q=x").status_code == 302


def test_networks_are_told_from_names():
    assert [network_in(text) is None for text in ("10.1.2.3", "10.1.2.0/24", "10.1.2", "v10.1.2.3", "300.1.1.1")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_no_text_makes_many_suffixes():
    assert len(suffixes_in("a-" * 2000)) < 100
    assert "lakeside-sbx" in suffixes_in("arn:x:aurora-lakeside-sbx-1")


@pytest.fixture
def thousand(run):
    """A thousand districts with nine resources each, as rows: the services would take minutes."""
    first = run.district
    fields = [field for field in District._meta.concrete_fields if not field.primary_key]
    values = {field.attname: getattr(first, field.attname) for field in fields}
    districts = District.objects.bulk_create(
        District(
            **values
            | {
                "name": f"District {number}",
                "status": DistrictStatus.DRAFT,
                "slug": f"d-{number}",
                "suffix": f"d-{number}-sbx",
                "cidr": f"172.{16 + number // 64 // 4}.{number % 256}.0/24",
                "registration_key": f"00000000-0000-4000-8000-{number:012d}",
            }
        )
        for number in range(1000)
    )
    StackResource.objects.bulk_create(
        StackResource(
            district=district,
            run=run,
            address=f"aws_x.r{place}",
            type="aws_x",
            name=f"r{place}",
            service="X",
            arn=ARN.format(f"{place}-{district.suffix}"),
            provider_id=f"id-{place}-{district.suffix}",
        )
        for district in districts
        for place in range(9)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return districts


def test_a_thousand_districts_cost_the_same_few_queries(thousand, django_assert_max_num_queries):
    browser = signed_in()
    for text in ("District", "172.16.7.9", "aurora-7-d-512-sbx", "#1", "nothing like it", "sbx"):
        with django_assert_max_num_queries(8, info=text):
            answer = browser.get("/search", {"q": text})
        assert len(answer.context["found"].districts.rows) <= 10, text


def test_indexes_serve_the_search_for_a_resource_and_for_words(thousand, run):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    plan = _resources("aurora-7-d-512-sbx").order_by().explain()
    assert "resource_arn_search" in plan
    assert "resource_id_search" in plan
    assert "audit_message_search" in _events("rare word").order_by().explain()
    assert "district_network_in_use" in _districts("172.16.7.9").order_by().explain()
