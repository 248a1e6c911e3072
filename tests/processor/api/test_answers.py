"""What the API answers, against the tables; who may ask; and that all answers together tell no small group."""

from __future__ import annotations

import statistics
import time
from typing import Any

import httpx
import jwt
import pytest

from processor.analytics.cells import DIMENSIONS, Cell
from processor.analytics.suppression import LEAST
from tests.processor.api.world import PLAIN, Api, Issuer
from tests.processor.pipeline import Pipeline

MATHS: dict[str, Any] = {"assessment": "or:mathematics benchmark", "year": 2025}
FALL, SPRING = {**MATHS, "period": "2025 Fall"}, {**MATHS, "period": "2025 Spring"}


def test_the_numbers_are_those_of_the_tables(api: Api, district: Pipeline):
    scores: dict[str, list[float]] = {}
    query = (
        "SELECT school_id, scale_score FROM homeroom.analytics_result WHERE assessment_id = %s AND period = %s "
        "AND scale_score IS NOT NULL"
    )
    for school, score in district.rows(query, MATHS["assessment"], FALL["period"]):
        scores.setdefault(school, []).append(score)
    rows = api.get("/v1/aggregates", **FALL, by="school").json()["rows"]
    assert {row["school"] for row in rows} == set(scores)
    for row in rows:
        of = scores[row["school"]]
        assert row["n"] == len(of)
        assert row["mean"] == pytest.approx(statistics.fmean(of), abs=0.051)
        assert row["deviation"] == pytest.approx(statistics.stdev(of), abs=0.051)
        assert row["percentiles"]["p50"] == pytest.approx(statistics.median(of), abs=0.051)


def test_growth_is_the_median_of_each_students_change(api: Api, district: Pipeline):
    query = (
        "SELECT b.scale_score - a.scale_score FROM homeroom.analytics_result a JOIN homeroom.analytics_result b "
        "USING (student, assessment_id) WHERE assessment_id = %s AND a.period = %s AND b.period = %s"
    )
    changes = [row[0] for row in district.rows(query, MATHS["assessment"], FALL["period"], SPRING["period"])]
    (row,) = api.get("/v1/growth", **FALL, to_year=2025, to_period=SPRING["period"]).json()["rows"]
    assert row["at_least"] == 100 <= len([change for change in changes if change is not None])
    assert row["median_change"] == pytest.approx(statistics.median(changes), abs=0.051)


def answers(api: Api, occasion: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every row that any question about an occasion is answered with."""
    bys = ("nothing", "school", "grade", *DIMENSIONS)
    schools = [row["school"] for row in api.get("/v1/aggregates", **occasion, by="school").json()["rows"]]
    grades = [row["grade"] for row in api.get("/v1/aggregates", **occasion, by="grade").json()["rows"]]
    rows = []
    for school in ("", *schools):
        for grade in ("", *grades):
            for by in bys:
                if (by == "school" and school) or (by == "grade" and grade):
                    continue
                answer = api.get("/v1/aggregates", **occasion, by=by, school=school, grade=grade)
                assert answer.status_code == 200
                rows += answer.json()["rows"]
    return rows


def test_no_two_answers_together_tell_a_small_group(api: Api, district: Pipeline):
    occasion: dict[str, Any] = {"assessment": "pl:interim reading", "year": 2025, "period": "2025 Fall"}
    truth: dict[Cell, int] = {}
    query = (
        "SELECT school_id, grade, gender, ethnicity, economically_disadvantaged::text, english_learner::text, "
        "disability::text FROM homeroom.analytics_result WHERE assessment_id = %s AND period = %s"
    )
    for school, grade, *values in district.rows(query, occasion["assessment"], occasion["period"]):
        for of_school in ("", school):
            for of_grade in ("", grade):
                for dimension, value in [("", ""), *zip(DIMENSIONS, values, strict=True)]:
                    cell = Cell(of_school, of_grade, dimension, value or ("not reported" if dimension else ""))
                    truth[cell] = truth.get(cell, 0) + 1
    small = {cell for cell, count in truth.items() if count < LEAST}
    assert small, "the made-up data has small groups"
    rows = answers(api, occasion)
    names = ("school", "grade", "dimension", "value")
    shown = {Cell(*(row[name] for name in names)): row["n"] for row in rows}
    assert shown
    assert all(truth[cell] == n for cell, n in shown.items())
    assert not small & set(shown)
    for whole, n in shown.items():
        for other, part in shown.items():
            if whole != other and whole.holds(other):
                assert n == part or n - part >= LEAST, (whole, other)
    for row in rows:
        assert row["n"] >= LEAST
        assert (row["mean"] is None) <= (row["percentiles"]["p50"] is None)
        assert row["why"]
        for share in row["levels"]:
            assert share["suppressed"] or share["n"] >= LEAST


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/v1/occasions", "aggregate"), ("/v1/files", "ingest"), ("/v1/access-chain", "audit"),
        ("/v1/students/00000000-0000-0000-0000-000000000000", "student"),
    ],
)  # fmt: skip
def test_each_right_opens_its_own_routes_only(api: Api, path: str, scope: str):
    assert httpx.get(api.url + path, verify=PLAIN).status_code == 401
    other_scopes = " ".join(word for word in ("aggregate", "student", "ingest", "audit") if word != scope)
    assert api.get(path, scope=other_scopes).status_code == 403
    assert api.get(path, scope=scope).status_code in (200, 404)


def test_only_the_issuers_own_fresh_tokens_for_this_district_are_good(api: Api, issuer: Issuer):
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{api.url}/v1/occasions", headers=headers, verify=PLAIN).status_code

    good = issuer.token()
    head, body, signature = good.split(".")
    other_issuer = Issuer(url=issuer.url)
    other_issuer.rotate(next(iter(issuer.keys)))
    claims = jwt.decode(good, options={"verify_signature": False})
    assert status(good) == 200
    assert status(issuer.token(aud="another-district")) == 401
    assert status(issuer.token(iss="https://elsewhere.example")) == 401
    assert status(issuer.token(exp=int(time.time()) - 60)) == 401
    assert status(other_issuer.token()) == 401
    assert status(jwt.encode(claims, "", algorithm="none")) == 401
    assert status(jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": next(iter(issuer.keys))})) == 401
    assert status(f"{head}.{body}.{signature[:-4]}AAAA") == 401


def test_a_student_is_read_with_a_purpose_and_the_reading_is_reported(api: Api, district: Pipeline, issuer: Issuer):
    ((student, local),) = district.rows("SELECT student::text, local_id FROM homeroom.student_identity LIMIT 1")
    headers = {"Authorization": f"Bearer {issuer.token('student')}"}
    assert httpx.get(f"{api.url}/v1/students/{student}", headers=headers, verify=PLAIN).status_code == 400
    token = issuer.token("student", act={"sub": "helper@vendor"})
    request_headers = {"Authorization": f"Bearer {token}", "X-Access-Purpose": "a parent's request"}
    answer = httpx.post(
        f"{api.url}/v1/students/find", json={"local_id": local}, headers=request_headers, verify=PLAIN
    ).json()
    assert answer["student"] == student
    counted = district.rows("SELECT count(*) FROM homeroom.analytics_result WHERE student = %s", student)
    assert counted == [(len(answer["results"]),)]
    report = api.get(f"/v1/students/{student}/accesses").json()["rows"]
    mine = next(row for row in report if row["purpose"] == "a parent's request")
    assert (mine["actor"], mine["on_behalf_of"], mine["scope"]) == ("helper@vendor", "office@maple", "student")
    assert mine["rows"] == len(answer["results"]) + len(answer["enrolments"]) + 1
    assert api.get("/v1/access-chain").json() == {"whole": True, "first_broken": None}


def test_without_a_record_there_is_no_answer(api: Api, district: Pipeline):
    district.admin.execute("ALTER TABLE homeroom.access_chain ADD CONSTRAINT full_ CHECK (false) NOT VALID")
    try:
        assert api.get("/v1/aggregates", **FALL).status_code == 500
        ((student,),) = district.rows("SELECT student::text FROM homeroom.student LIMIT 1")
        assert api.get(f"/v1/students/{student}").status_code == 500
    finally:
        district.admin.execute("ALTER TABLE homeroom.access_chain DROP CONSTRAINT full_")
    assert api.get("/v1/aggregates", **FALL).status_code == 200


def test_the_description_names_every_route(api: Api):
    schema = httpx.get(f"{api.url}/openapi.json", verify=PLAIN).json()
    assert {"/v1/occasions", "/v1/aggregates", "/v1/growth", "/v1/uploads"} <= set(schema["paths"])
    assert "HTTPBearer" in schema["components"]["securitySchemes"]
