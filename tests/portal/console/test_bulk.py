"""Many districts by a file: tried without a trace, then all that are ticked or none; plans and exports of the fleet."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.console.pages.bulk.file import COLUMNS, FileRefusedError, decoded, read, template
from portal.console.pages.fleet.page import COLUMNS as FLEET_COLUMNS
from provisioning.capacity.quotas import set_limit
from provisioning.models import Run
from provisioning.onboarding.bulk import MOST_ROWS, RowsRefusedError, batch_key, districts_of, onboard_all, try_all
from provisioning.states.runs import RunKind, RunState
from registry.accounts.rights import EVERYTHING
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import ACCOUNT_ID, a_district, a_person, a_registration, a_run, an_account, moved

pytestmark = pytest.mark.django_db

GOOD = 'name,slug,size,environment\nLakeside,lakeside,s,Sandbox\nمدرسة,quds,M,\n\n"Hill, Upper",,,\n'


@pytest.fixture(autouse=True)
def account():
    return an_account()


def signed_in(role: Role = Role.OPERATOR) -> Client:
    browser = Client()
    browser.force_login(a_person(role))
    return browser


def sent(browser: Client, text: str | bytes):
    content = text if isinstance(text, bytes) else text.encode()
    return browser.post("/districts/bulk", {"file": SimpleUploadedFile("districts.csv", content)})


def taken(answer: Any) -> bytes:
    """Return a streamed file."""
    return b"".join(answer.streaming_content)


def again(page: str, text: str, **fields: Any) -> dict[str, Any]:
    batch = re.search(r'name="batch" value="([^"]+)"', page)
    assert batch is not None, "the page does not show the rows"
    return {"batch": batch[1], "text": text, "register": "yes", **fields}


class TestTheFile:
    def test_the_template_has_every_column_of_the_form_and_is_read(self):
        answer = signed_in().get("/districts/bulk/template")
        assert answer.content.decode() == template()
        filled = template() + "Lakeside" + "," * (len(COLUMNS) - 1)
        assert [row.problems for row in read(filled, uuid.uuid4(), EVERYTHING)] == [{}]

    def test_empty_cells_take_the_forms_defaults_and_the_only_account(self):
        first, second, third = read(GOOD, uuid.uuid4(), EVERYTHING)
        assert first.registration is not None
        assert (first.registration.size, first.registration.environment) == ("S", "sandbox")
        assert first.registration.account_id == ACCOUNT_ID
        assert second.registration is not None
        assert second.registration.zones == 2
        assert third.name == "Hill, Upper"

    @pytest.mark.parametrize("text", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, "name;size\nLakeside;S\n"])
    def test_what_spreadsheets_write_is_read(self, text):
        assert all(row.registration for row in read(decoded(text.encode()), uuid.uuid4(), EVERYTHING))

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "is empty"),
            ("name\n", "no row below"),
            ("nam,size\nLakeside,S\n", "no column nam"),
            ("size\nS\n", "column name is missing"),
            ("name,name\na,b\n", "stands twice"),
            ('name\n"a\n', "not proper CSV"),
            ("name\n" + "A\n" * (MOST_ROWS + 1), "at a time"),
            ("name\na\x00\n", "is no text"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(self, text, sentence):
        with pytest.raises(FileRefusedError, match=sentence):
            read(text, uuid.uuid4(), EVERYTHING)

    def test_bytes_that_are_no_text_and_too_many_are_refused(self):
        assert sent(signed_in(), b"\xff\xfe\x00").status_code == 422
        with pytest.raises(FileRefusedError, match="larger"):
            decoded(b"a" * 1_000_001)

    def test_errors_stand_at_their_rows_and_columns(self):
        rows = read("name,size,zones,nces_id\nA,XL,9,\nB,S,2,12,extra\n", uuid.uuid4(), EVERYTHING)
        assert rows[0].problems == {
            "size": ["XL is not known. Use one of S, M, L."],
            "zones": ["9 is not known. Use one of 2, 3."],
        }
        assert "more cells" in rows[1].problems["name"][0]


class TestTheTrial:
    def test_leaves_nothing_behind_and_shows_suffix_and_network(self):
        browser = signed_in()
        before = (District.objects.count(), Run.objects.count(), AuditEvent.objects.count())
        page = sent(browser, GOOD).content.decode()
        assert (District.objects.count(), Run.objects.count(), AuditEvent.objects.count()) == before
        assert "lakeside-sbx" in page
        assert "10.0.0.0/22" in page
        assert "10.0.4.0/22" in page
        assert page.count(" checked") == 3

    def test_sees_rows_that_contradict_one_another(self):
        text = "name,slug,cidr\nA,same,10.9.0.0/22\nB,same,\nC,other,10.9.0.0/20\n"
        page = sent(signed_in(), text).content.decode()
        assert "same-sbx is taken by A" in page
        assert "overlaps" in page
        assert "1 row can be registered, 2 cannot" in page

    def test_counts_the_room_of_an_account_over_all_rows(self, account):
        set_limit(account=account, region="us-east-1", code="L-F678F1CE", limit=3, actor=None)
        # The default VPC of the account takes one of the three.
        set_limit(account=account, region="us-east-1", code="L-29B6F2EB", limit=12, actor=None)
        tried = try_all([a_registration() for _ in range(4)], actor=None)
        assert [bool(trial.problems) for trial in tried] == [False, False, True, True]
        assert "account_id" in tried[3].problems

    def test_needs_an_operator(self):
        assert sent(signed_in(Role.VIEWER), GOOD).status_code == 403
        with pytest.raises(NotAllowedError):
            try_all([], actor=a_person(Role.VIEWER))


class TestRegistering:
    def test_makes_every_ticked_district_and_leads_to_their_progress(self):
        browser = signed_in()
        page = sent(browser, GOOD).content.decode()
        answer = browser.post("/districts/bulk", again(page, GOOD, row=["1", "3"]), follow=True)
        assert sorted(District.objects.values_list("name", flat=True)) == ["Hill, Upper", "Lakeside"]
        assert Run.objects.filter(kind=RunKind.APPLY).count() == 2
        html = answer.content.decode()
        assert "2 districts were registered" in html
        assert "0 of 2 runs ended" in html

    def test_sent_twice_makes_each_district_once(self):
        browser = signed_in()
        data = again(sent(browser, GOOD).content.decode(), GOOD, row=["1", "2", "3"])
        for _ in range(2):
            assert browser.post("/districts/bulk", data).status_code == 302
        assert District.objects.count() == Run.objects.count() == 3

    def test_makes_none_when_one_is_refused_late(self):
        browser = signed_in()
        page = sent(browser, GOOD).content.decode()
        a_district(slug="quds")
        answer = browser.post("/districts/bulk", again(page, GOOD, row=["1", "2", "3"]))
        assert answer.status_code == 422
        assert "quds-sbx is taken" in answer.content.decode()
        assert District.objects.count() == 1
        assert not Run.objects.exists()

    def test_refuses_a_ticked_row_with_an_error_and_no_row_at_all(self):
        browser = signed_in()
        text = "name,size\nA,S\nB,XL\n"
        page = sent(browser, text).content.decode()
        for rows in (["1", "2"], []):
            assert browser.post("/districts/bulk", again(page, text, row=rows)).status_code == 422
        assert not District.objects.exists()

    def test_the_service_makes_all_or_none_and_names_the_places(self):
        good, bad = a_registration(), a_registration(size="XL")
        with pytest.raises(RowsRefusedError) as refused:
            onboard_all([good, bad], actor=None)
        assert list(refused.value.problems) == [1]
        assert not District.objects.exists()


class TestProgress:
    def test_counts_what_has_ended_and_stops_asking(self):
        batch = uuid.uuid4()
        runs = onboard_all([a_registration(key=batch_key(batch, row)) for row in (1, 2)], actor=None)
        browser = signed_in(Role.VIEWER)
        page = browser.get(f"/districts/bulk/{batch}").content.decode()
        assert "0 of 2 runs ended" in page
        assert "hx-get" in page
        for run in runs:
            moved(run, RunState.CANCELED)
        part = browser.get(f"/districts/bulk/{batch}", headers={"HX-Request": "true"}).content.decode()
        assert "2 of 2 runs ended" in part
        assert "hx-get" not in part
        assert "<html" not in part
        assert len(districts_of(batch, District.objects.all())) == 2

    def test_there_is_no_page_of_a_batch_that_nobody_sent(self):
        assert signed_in().get(f"/districts/bulk/{uuid.uuid4()}").status_code == 404


class TestPlans:
    def test_every_ticked_district_gets_a_plan_and_refusals_are_told(self):
        idle, busy = a_district(), a_run().district
        answer = signed_in().post(
            "/districts/bulk/plan", {"district": [idle.suffix, busy.suffix, "no-such"]}, follow=True
        )
        assert list(Run.objects.filter(kind=RunKind.PLAN).values_list("district", flat=True)) == [idle.pk]
        page = answer.content.decode()
        assert "1 plan was asked for" in page
        assert f"{busy.suffix}:" in page

    def test_nothing_ticked_is_told_and_viewers_are_refused(self):
        assert "No district is selected" in signed_in().post("/districts/bulk/plan", follow=True).content.decode()
        viewer = signed_in(Role.VIEWER)
        assert viewer.post("/districts/bulk/plan").status_code == 403
        a_district()
        assert "bulk-plan" not in viewer.get("/").content.decode()


class TestTheFleetsExport:
    def test_is_the_filtered_fleet_as_csv_and_ndjson_and_is_recorded(self):
        run = a_run(name="=Lakeside", slug="lakeside-x")
        a_district()
        browser = signed_in(Role.VIEWER)
        for kind in ("csv", "ndjson"):
            answer = browser.get("/fleet/export", {"format": kind, "q": "lakeside-x"})
            text = taken(answer).decode()
            rows = list(csv.DictReader(io.StringIO(text))) if kind == "csv" else [json.loads(text)]
            assert [row["suffix"] for row in rows] == [run.district.suffix]
            assert rows[0]["name"] == ("'=Lakeside" if kind == "csv" else "=Lakeside")
            assert str(rows[0]["last_run"]) == str(run.number)
            assert tuple(rows[0]) == tuple(FLEET_COLUMNS)
        events = AuditEvent.objects.filter(action=AuditAction.FLEET_EXPORTED)
        assert [event.after for event in events] == [{"filters": {"q": "lakeside-x"}}] * 2
        assert browser.get("/fleet/export").status_code == 404

    def test_keeps_the_pages_filters_and_asks_a_few_times_for_many(self, django_assert_max_num_queries):
        for _ in range(12):
            a_district()
        browser = signed_in(Role.VIEWER)
        assert "/fleet/export?q=lake&amp;format=csv" in browser.get("/?q=lake").content.decode()
        with django_assert_max_num_queries(10):
            answer = browser.get("/fleet/export?format=ndjson")
            assert len(taken(answer).splitlines()) == 12
