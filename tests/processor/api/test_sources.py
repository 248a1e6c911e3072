"""Sources and choices on the data office's pages and by the API: a secret goes in and never comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devtools.services.edfi_source import EdFiSource
from devtools.services.source_server import serving
from processor.sources import credentials
from processor.sources.address import Reach
from processor.sources.problems import SourceProblemError
from processor.sources.pull import Pulling
from tests.markup import squeezed
from tests.processor.api.world import PLAIN, Api, Issuer, running_api
from tests.processor.cases.files import lines, result, scores
from tests.processor.pipeline import Pipeline
from tests.processor.sources.world import fill_edfi


@pytest.fixture
def system() -> Iterator[EdFiSource]:
    standin = EdFiSource()
    fill_edfi(standin)
    with serving(standin):
        yield standin


@pytest.fixture
def secret(pipeline: Pipeline) -> str:
    manager = pipeline.client("secretsmanager")
    return str(manager.create_secret(Name=f"sources-{pipeline.bucket}")["ARN"])


@pytest.fixture
def own(pipeline: Pipeline, issuer: Issuer, system: EdFiSource, secret: str, tmp_path: Path) -> Iterator[Api]:
    let_in = system.url.removeprefix("http://")
    with running_api(pipeline, issuer, tmp_path, SOURCES_SECRET_ARN=secret, SOURCES_LET_IN=let_in) as api:
        yield api


@pytest.fixture
def office(own: Api, issuer: Issuer) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=own.url, follow_redirects=True, headers=headers, timeout=60, verify=PLAIN) as client:
        client.post("/sign-in", data={"token": issuer.token()})
        yield client


def pull(pipeline: Pipeline, system: EdFiSource, secret: str) -> None:
    """Do what the worker does, with the secret that the page has written."""
    manager = pipeline.client("secretsmanager")
    reach = Reach(frozenset({system.url.removeprefix("http://")}))
    pulling = Pulling(
        pipeline.client("s3"), pipeline.bucket, lambda number: credentials.read(manager, secret, number), reach
    )
    pipeline.drain()
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        assert pulling.pull_next(connection)
    pipeline.drain()


def test_a_source_is_added_pulled_and_removed_on_its_page_and_its_secret_is_never_shown(
    office: httpx.Client, own: Api, pipeline: Pipeline, system: EdFiSource, secret: str
):
    form = {"kind": "edfi", "name": "Maple's ODS", "address": system.url, "token_address": "", "every_minutes": "60",
            "client_id": system.client_id, "client_secret": system.client_secret}  # fmt: skip
    refused = office.post("/sources", data={**form, "address": "https://169.254.169.254/latest"})
    assert refused.status_code == 422
    assert "leads into a private network" in refused.text
    assert system.client_secret not in refused.text
    page = office.post("/sources", data=form)
    assert "Maple&#39;s ODS" in page.text
    pull(pipeline, system, secret)
    page = office.get(str(page.url))
    text = squeezed(page.text)
    assert ">in order<" in text
    assert re.search(r'href="/files/\d+">studentAssessments</a></th>.*is in</td>', text)
    assert "test" in office.post(str(page.url), data={"act": "test"}).text
    pull(pipeline, system, secret)
    assert "studentAssessments: 3" in office.get(str(page.url)).text
    office.post(str(page.url), data={"act": "pause"})
    assert "<dd>paused</dd>" in squeezed(office.get(str(page.url)).text)
    output = office.get("/sources").text + office.get(str(page.url)).text + own.get("/v1/sources").text + own.output()
    assert system.client_secret not in output
    assert system.client_id not in output
    removed = office.post(str(page.url), data={"act": "remove"})
    assert removed.url.path == "/sources"
    assert "Maple&#39;s ODS" not in removed.text
    number = int(page.url.path.rpartition("/")[2])
    with pytest.raises(SourceProblemError, match="not there"):
        credentials.read(pipeline.client("secretsmanager"), secret, number)
    changes = "SELECT purpose FROM homeroom.access_record WHERE purpose LIKE %s ORDER BY access_id"
    purposes = [row[0].removeprefix(f"source {number} ") for row in pipeline.rows(changes, f"source {number} %")]
    assert purposes == ["added", "given its credentials", "asked to test", "paused", "removed"]


def test_the_api_does_the_same_and_refuses_what_is_none(own: Api, pipeline: Pipeline, system: EdFiSource, secret: str):
    source: dict[str, Any] = {"kind": "edfi", "name": "ODS", "address": system.url, "client_id": "x",
                            "client_secret": "y"}  # fmt: skip
    with own.client() as client:
        assert client.post("/v1/sources", json={**source, "every_minutes": 1}).status_code == 422
        assert client.post("/v1/sources", json={**source, "address": "http://10.0.0.1"}).status_code == 422
        number = client.post("/v1/sources", json=source).json()["source_id"]
        pull(pipeline, system, secret)
        assert client.get(f"/v1/sources/{number}").json()["problem_code"] == "not_let_in"
        right = {"client_id": system.client_id, "client_secret": system.client_secret}
        assert client.put(f"/v1/sources/{number}/credentials", json=right).status_code == 204
        pull(pipeline, system, secret)
        answer = client.get(f"/v1/sources/{number}").json()
        assert (answer["problem_code"], answer["failures"]) == (None, 0)
        cursors = pipeline.rows("SELECT resource, position, rows FROM homeroom.source_cursor ORDER BY 1")
        assert cursors
        assert [(cursor["resource"], cursor["position"], cursor["rows"]) for cursor in answer["cursors"]] == cursors
        assert client.post(f"/v1/sources/{number}/explode").status_code == 422
        assert client.post("/v1/sources/9999/pull").status_code == 404
        assert client.delete(f"/v1/sources/{number}").status_code == 204
        assert client.get(f"/v1/sources/{number}").status_code == 404
    assert own.get("/v1/sources", scope="aggregate").status_code == 403


def test_what_counts_of_a_test_is_chosen_on_its_page_and_by_the_api(
    office: httpx.Client, own: Api, pipeline: Pipeline, system: EdFiSource
):
    pipeline.take("a.json", lines(result(scoreResults=scores(("Scale Score", "310"), ("Raw Score", "28")))))
    (assessment,) = own.get("/v1/assessments").json()
    assert (assessment["usual_score"], assessment["scores"]) == ("scale score", ["raw score", "scale score"])
    assert "as usual" in office.get("/tests").text
    form = {"test": assessment["assessment_id"], "score": "raw score", "level": "", "window": "year"}
    assert "raw score" in office.post("/tests/choice", data=form).text
    (assessment,) = own.get("/v1/assessments").json()
    assert (assessment["score"], assessment["window"], assessment["chosen_by"]) == ("raw score", "year", "office@maple")
    with own.client() as client:
        choice = {"assessment_id": assessment["assessment_id"], "score": "no such method"}
        assert client.put("/v1/assessments/choice", json=choice).status_code == 422
        assert client.put("/v1/assessments/choice", json={**choice, "assessment_id": "ef:x|y"}).status_code == 404
        assert client.put("/v1/assessments/choice", json={**choice, "score": ""}).json() == {"version": 2}


@pytest.mark.parametrize(("way_out", "says"), [("none", "no way out to the internet"), ("nat", "Add the source")])
def test_where_no_route_leads_out_the_page_says_so(
    pipeline: Pipeline, issuer: Issuer, tmp_path: Path, secret: str, way_out: str, says: str
):
    with running_api(pipeline, issuer, tmp_path, SOURCES_SECRET_ARN=secret, WAY_OUT=way_out) as api:
        token = {"Authorization": f"Bearer {issuer.token()}", "accept": "text/html"}
        page = httpx.get(f"{api.url}/sources", headers=token, verify=PLAIN, timeout=60).text
        assert says in page
        assert ('name="client_secret"' in page) == (way_out == "nat")
