"""Alerts, dashboard and runbooks speak of what is there: each metric is exposed, each alert has its runbook."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from devtools.paths import ROOT
from provisioning.states.runs import RunState
from registry.districts.statuses import DistrictStatus, DriftStatus
from tests.docs.promql import NotPromQLError, metrics
from tests.portal.exposed import queried_names

GROUPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/monitoring/alerts.yml").read_text())["groups"]
RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
PANELS: list[dict[str, Any]] = json.loads((ROOT / "deploy/monitoring/dashboard.json").read_text())["panels"]
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()
QUERIES = {
    **{name: rule["expr"] for name, rule in RULES.items()},
    **{f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]},
}
PARTS = ("Meaning", "Look at", "Do", "Escalate")


def sections() -> dict[str, str]:
    parts = RUNBOOKS.split("\n## ")[1:]
    return {section.partition("\n")[0].strip(): section.partition("\n")[2] for section in parts}


def test_no_alert_has_the_name_of_another():
    assert len(RULES) == sum(len(group["rules"]) for group in GROUPS)
    assert len({group["name"] for group in GROUPS}) == len(GROUPS)


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_when_how_bad_what_and_where_to_read_on(name):
    rule = RULES[name]
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Homeroom[A-Z]\w+", name)
    assert re.fullmatch(r"[1-9][0-9]*[smhd]", rule["for"])
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{name.lower()}"


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    assert list(sections()) == list(RULES), "in the same order"


@pytest.mark.parametrize("name", RULES)
def test_a_runbook_has_all_its_parts(name):
    assert re.findall(r"^\*\*([A-Z][a-z ]+):\*\* \S", sections()[name], re.MULTILINE) == list(PARTS)


@pytest.mark.django_db
def test_every_metric_that_is_asked_for_is_exposed():
    known = queried_names()
    assert {name: metrics(query) - known for name, query in QUERIES.items() if metrics(query) - known} == {}


def test_every_value_that_a_query_names_exists():
    known: dict[str, set[str]] = {
        "state": {state.value for state in RunState},
        "result": {state.value for state in RunState},
        "step": {state.value for state in RunState},
        "status": {status.value for status in DistrictStatus},
        "drift": {status.value for status in DriftStatus},
        "work": {"runs", "upkeep", "chores", "long-chores"},
        "code": {"internal_error"},
    }
    for name, query in QUERIES.items():
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', query):
            assert set(values.split("|")) <= known[label], name


@pytest.mark.django_db
def test_the_runbooks_speak_of_metrics_and_settings_that_exist():
    assert set(re.findall(r"\bhomeroom_[a-z_]+", RUNBOOKS)) <= queried_names()
    settings = (ROOT / "portal" / "settings.py").read_text()
    for name in set(re.findall(r"HOMEROOM_([A-Z_]+)", RUNBOOKS)):
        assert f'"{name}"' in settings, name


def test_a_panel_has_a_place_of_its_own():
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert all(panel["description"] and panel["targets"] for panel in PANELS)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("up", {"up"}),
        ("sum by (le, kind) (increase(a_bucket[6h])) > 2 * b + 600", {"a_bucket", "b"}),
        ('a{state=~"x|y", other!="("} / on (task) group_left b', {"a", "b"}),
        ("time() - c > 2e9", {"c"}),
    ],
)
def test_names_are_read_out_of_a_query(query, names):
    assert metrics(query) == names


@pytest.mark.parametrize(
    "query",
    ["", "sum(a", "sum(a))", "sum(a]", 'a{b="c}', "increase", "summ(a)", "a $ b", "time()", "a[5 minutes]"],
)
def test_what_is_no_query_is_refused(query):
    with pytest.raises(NotPromQLError):
        metrics(query)
