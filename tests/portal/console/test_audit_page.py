"""The audit page: filters in the address, rows in words, the chain, and files to take away."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test import Client

from messages.message import verbatim
from portal.console.exports import neutral
from portal.console.pages.audit.page import COLUMNS
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record
from tests.builders import a_district, a_person
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://x","y")']  # noqa: RUF001


def signed_in(role: Role = Role.VIEWER) -> Client:
    browser = Client()
    browser.force_login(a_person(role))
    return browser


def committed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def taken(answer) -> str:
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def district():
    return a_district()


def test_a_row_is_words_and_unfolds_to_hash_and_previous_hash(district):
    committed()
    page = signed_in().get("/audit").content.decode()
    event = AuditEvent.objects.get(action=AuditAction.DISTRICT_REGISTERED)
    assert event.message in page
    assert "Registered a district" in page
    assert event.link.hash in page
    assert event.link.previous_hash in page


def test_filters_stay_in_the_address_of_pages_and_exports(district):
    answer = signed_in().get("/audit", {"actor": "home", "act": "district:create", "outcome": "success", "run": ""})
    page = squeezed(answer.content.decode())
    assert "/audit/export?actor=home&amp;act=district%3Acreate&amp;outcome=success&amp;format=csv" in page
    assert 'value="home"' in page
    assert '<option value="district:create" selected>' in page


def test_the_page_asks_the_database_a_fixed_number_of_times(django_assert_max_num_queries):
    for number in range(60):
        record(
            action=AuditAction.USER_SET,
            actor=None,
            subject_kind="user",
            subject_id=str(number),
            message=verbatim("Set."),
        )
    browser = signed_in()
    with django_assert_max_num_queries(8):
        browser.get("/audit")


def test_verify_now_is_an_operators_and_says_what_it_found(district):
    committed()
    assert signed_in(Role.VIEWER).post("/audit/verify").status_code == 403
    operator = signed_in(Role.OPERATOR)
    committed()
    assert "was never verified" in operator.get("/audit").content.decode()
    page = operator.post("/audit/verify", follow=True).content.decode()
    assert "Audit log verified: " in page
    assert "Audit log verified <time" in page
    assert operator.get("/audit/verify").status_code == 405


def test_the_csv_is_the_filtered_record_with_the_chain_and_is_recorded(district):
    committed()
    browser = signed_in()
    answer = browser.get("/audit/export", {"format": "csv", "act": "district:create"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(taken(answer))))
    assert [row["action"] for row in rows] == ["district:create"]
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["hash"] == AuditEvent.objects.get(action=AuditAction.DISTRICT_REGISTERED).link.hash
    event = AuditEvent.objects.latest("id")
    assert event.action == AuditAction.AUDIT_EXPORTED
    assert event.after == {"filters": {"act": "district:create"}}


def test_the_ndjson_has_before_and_after_as_they_are(district):
    record(
        action=AuditAction.USER_SET,
        actor=None,
        subject_kind="u",
        subject_id="x",
        message=verbatim("=1"),
        after={"a": [1]},
    )
    answer = signed_in().get("/audit/export", {"format": "ndjson", "act": "user:role:set"})
    rows = [json.loads(line) for line in taken(answer).splitlines()]
    assert [(row["message"], row["after"]) for row in rows if row["subject_kind"] == "u"] == [("=1", {"a": [1]})]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_begins_a_formula(text):
    record(action=AuditAction.USER_SET, actor=None, subject_kind="user", subject_id="x", message=verbatim(text))
    answer = signed_in().get("/audit/export", {"format": "csv", "act": "user:role:set"})
    cells = [row["message"] for row in csv.DictReader(io.StringIO(taken(answer), newline=""))]
    assert f"'{text}" in cells


def test_numbers_stay_numbers_and_nothing_stays_empty():
    assert [neutral(value) for value in (-1, 2.5, True, None, {"a": 1})] == ["-1", "2.5", "True", "", '{"a": 1}']


def test_an_export_reads_by_and_by_and_in_one_query(django_assert_max_num_queries):
    for number in range(1100):
        record(
            action=AuditAction.USER_SET,
            actor=None,
            subject_kind="user",
            subject_id=str(number),
            message=verbatim("Set."),
        )
    browser = signed_in()
    with django_assert_max_num_queries(9):
        assert len(taken(browser.get("/audit/export", {"format": "ndjson"})).splitlines()) >= 1100


@pytest.mark.parametrize("query", [{}, {"format": "xlsx"}, {"format": "csv", "run": "x"}])
def test_there_is_no_other_export(query):
    assert signed_in().get("/audit/export", query).status_code == 404
    assert not AuditEvent.objects.filter(action=AuditAction.AUDIT_EXPORTED).exists()


def test_nobody_without_a_role_takes_anything():
    assert Client().get("/audit/export?format=csv").status_code == 302
