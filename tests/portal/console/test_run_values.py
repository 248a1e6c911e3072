"""A run's page shows what its plan changes, value by value, and no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest
from django.test import Client

from engine.terraform.plan_values import told_changes
from portal.console.pages.run.changes import AT_ONCE
from provisioning.models import PlannedChange, Run
from provisioning.runs.plan_differences import PlanQuery, plan_data, tree_of
from provisioning.runs.planned_changes import store_changes
from registry.accounts.roles import Role
from tests.builders import a_person, a_run
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

SECRET = "correct-horse-battery"
SHOWN = {
    "resource_changes": [
        {
            "address": "aws_cloudwatch_log_group.this",
            "type": "aws_cloudwatch_log_group",
            "change": {
                "actions": ["update"],
                "before": {"retention_in_days": 365, "policy": '{"Action":["s3:Get*"]}', "token": SECRET},
                "after": {"retention_in_days": 30, "policy": '{"Action":["s3:*"]}', "token": "another-secret"},
                "after_unknown": {"arn": True},
                "before_sensitive": {"token": True},
            },
        },
        {
            "address": "aws_subnet.new",
            "previous_address": "aws_subnet.old",
            "type": "aws_subnet",
            "action_reason": "replace_because_cannot_update",
            "change": {
                "actions": ["delete", "create"],
                "before": {"cidr": "10.0.0.0/24", "note": "<script>alert(1)</script>"},
                "after": {"cidr": "10.0.1.0/24", "note": f"password is {SECRET}"},
                "replace_paths": [["cidr"]],
            },
        },
        {
            "address": "aws_sqs_queue.taken",
            "type": "aws_sqs_queue",
            "change": {"actions": ["no-op"], "before": {}, "after": {}, "importing": {"id": "https://queue"}},
        },
    ]
}


def page(run: Run, query: str = "", role: Role = Role.VIEWER) -> str:
    client = Client()
    client.force_login(a_person(role))
    return squeezed(client.get(f"/runs/{run.number}{query}").content.decode())


def planned(plan: Mapping[str, Any]) -> Run:
    run = a_run()
    store_changes(run, told_changes(plan))
    Run.objects.filter(pk=run.pk).update(add_count=0, change_count=1, remove_count=0)
    return run


def test_before_and_after_of_each_value_and_why():
    html = unescape(page(planned(SHOWN)))
    for text in (
        *("retention_in_days", "365", "30", '    "s3:Get*"</del>', '    "s3:*"</ins>', "known after apply"),
        *("changes; withheld: sensitive", "forces replacement", "It can't be updated in place.", "aws_subnet.old"),
        *("It exists, and is imported into the state.", "https://queue"),
    ):
        assert text in html, text


def test_no_secret_is_in_a_row_or_on_the_page_and_markup_is_text():
    run = planned(SHOWN)
    rows = json.dumps(list(PlannedChange.objects.filter(run=run).values()))
    html = page(run)
    for secret in (SECRET, "another-secret"):
        assert secret not in rows
        assert secret not in html
    assert "<script>alert(1)" not in html


def test_so_many_changes_stand_on_a_page_and_the_others_on_the_next():
    change = {"actions": ["create"], "before": None, "after": {"name": "x"}}
    many = [{"address": f"aws_x.r{place:03}", "type": "aws_x", "change": change} for place in range(AT_ONCE + 1)]
    run = planned({"resource_changes": many})
    first, second = page(run), page(run, "?changes=2")
    assert ("aws_x.r000" in first, f"aws_x.r{AT_ONCE:03}" in first) == (True, False)
    assert ("aws_x.r000" in second, f"aws_x.r{AT_ONCE:03}" in second) == (False, True)
    assert f"1 to {AT_ONCE} of {AT_ONCE + 1} resources and outputs." in first
    assert "?changes=2#changes" in first
    assert "?changes=1#changes" in second
    narrow = page(run, "?action=create&group=service&changes=2")
    assert "?action=create&amp;group=service&amp;changes=1#changes" in narrow, "pages keep the filter"
    for nonsense in ("?changes=0", "?changes=x", "?changes=²", "?changes=99999", "?changes=-1"):
        assert page(run, nonsense)


def test_an_answer_to_a_page_that_has_the_values_leaves_them_out():
    run = planned(SHOWN)
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    address = re.search(r'hx-get="([^"]+)"', client.get(f"/runs/{run.number}").content.decode())
    assert address is not None
    kept = client.get(unescape(address[1]).replace("seen=", "seen=older.")).content.decode()
    place = f'id="run-values-{run.attempt}" hx-preserve="true"'
    assert f"<section {place}></section>" in kept
    assert "retention_in_days" not in kept
    assert f"has={run.attempt}" in kept, "nor does the next one ask for them"
    whole = client.get(f"/runs/{run.number}/live?has={run.attempt + 1}").content.decode()
    assert "retention_in_days" in whole, "of another attempt they are others"


def nested(old: int, new: int) -> dict[str, Any]:
    """Return a change deep inside a tree, beside a whole block that is new."""
    before = {"rule": [{"name": "a", "port": {"from": old, "to": 9}}]}
    after = {"rule": [{"name": "a", "port": {"from": new, "to": 9}}], "tags": {"team": "data"}}
    change = {"actions": ["update"], "before": before, "after": after}
    return {"address": "module.net.aws_x.deep", "type": "aws_x", "change": change}


def test_nested_values_stand_in_a_tree_below_the_parts_that_hold_them():
    run = planned({"resource_changes": [nested(1, 2)]})
    rows = [(row.depth, row.name, row.path) for row in tree_of(PlannedChange.objects.get(run=run).values)]
    assert rows == [
        (0, "rule", ""),
        (1, "[0]", ""),
        (2, "port", ""),
        (3, "from", "rule[0].port.from"),
        (0, "tags", ""),
        (1, "team", "tags.team"),
    ]
    html = page(run)
    assert re.search(r'class="depth-3"><span class="mono" title="rule\[0\].port.from">from</span>', html)
    assert "{&quot;" not in html, "no object is shown as a string of JSON"


def test_a_whole_block_is_read_as_a_tree_and_not_as_one_line():
    change = {"actions": ["update"], "before": {"block": {"a": 1, "b": [2]}}, "after": {"block": None}}
    run = planned({"resource_changes": [{"address": "aws_x.a", "type": "aws_x", "change": change}]})
    assert '<pre class="mono">{\n  "a": 1,\n  "b": [\n    2\n  ]\n}</pre>' in unescape(page(run))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=retention", {"aws_cloudwatch_log_group.this"}),
        ("?q=SUBNET.OLD", {"aws_subnet.new"}),
        ("?q=10.0.1.0", {"aws_subnet.new"}),
        ("?action=replace", {"aws_subnet.new"}),
        ("?service=SQS", {"aws_sqs_queue.taken"}),
        ("?resource=module.net.aws_x.deep", {"module.net.aws_x.deep"}),
        (f"?q={SECRET}", set()),
        ("?action=nonsense&group=nonsense", None),
    ],
)
def test_changes_are_found_by_text_action_service_and_address(query, found):
    run = planned({"resource_changes": [*SHOWN["resource_changes"], nested(1, 2)]})
    every = {"aws_cloudwatch_log_group.this", "aws_subnet.new", "aws_sqs_queue.taken", "module.net.aws_x.deep"}
    html, listed = page(run, query), page(run, f"/changes{query}")
    for text in (html, listed):
        assert {address for address in every if f'mono">{address}' in text or f'#changes">{address}' in text} == (
            every if found is None else found
        )
    if not found and found is not None:
        assert "No change matches." in html


def test_changes_are_grouped_by_action_service_or_module():
    run = planned({"resource_changes": [*SHOWN["resource_changes"], nested(1, 2)]})
    assert re.findall(r"<h3>([^<]+)</h3>", page(run))[-3:] == ["Replace", "Update", "Import"]
    assert "<h3>CloudWatch Logs</h3>" in page(run, "?group=service")
    assert re.findall(r"<h3>([^<]+)</h3>", page(run, "?group=module"))[-2:] == ["Root module", "module.net"]


def test_a_program_gets_the_same_changes_and_no_secret():
    run = planned(SHOWN)
    plan = plan_data(run, PlanQuery(action="replace"))
    assert (plan["total"], plan["matching"], plan["by_action"]) == (3, 1, {"replace": 1, "update": 1, "import": 1})
    (change,) = plan["changes"]
    assert (change["reason"], change["forced_by"]) == ("replace_because_cannot_update", ["cidr"])
    cidr = next(attribute for attribute in change["attributes"] if attribute["path"] == "cidr")
    assert (cidr["before"], cidr["after"], cidr["forces_replacement"]) == ('"10.0.0.0/24"', '"10.0.1.0/24"', True)
    whole = json.dumps(plan_data(run, PlanQuery()))
    for secret in (SECRET, "another-secret"):
        assert secret not in whole
    (logs,) = plan_data(run, PlanQuery(resource="aws_cloudwatch_log_group.this"))["changes"]
    marks = [line["mark"] for attribute in logs["attributes"] for line in attribute["lines"]]
    assert {"+", "-"} <= set(marks)


def test_five_hundred_changes_are_listed_on_one_page(django_assert_max_num_queries):
    change = {"actions": ["create"], "before": None, "after": {"name": "x"}}
    many = [{"address": f"aws_x.r{place:03}", "type": "aws_x", "change": change} for place in range(500)]
    run = planned({"resource_changes": many})
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    with django_assert_max_num_queries(8):
        listed = client.get(f"/runs/{run.number}/changes").content.decode()
    assert "500 of 500 resources and outputs." in listed
    assert "aws_x.r499" in listed


def test_outputs_are_counted_apart_from_the_resources_that_the_plan_counts():
    creation = {"actions": ["create"], "before": None, "after": {"name": "x"}}
    resources = [{"address": f"aws_x.r{place}", "type": "aws_x", "change": creation} for place in range(3)]
    outputs = {name: {"actions": ["create"], "before": None, "after": "x"} for name in ("url", "arn")}
    run = planned({"resource_changes": resources, "output_changes": outputs})

    def chips(query: str = "") -> list[str]:
        listed = page(run, query).partition('<ul class="chips">')[2].partition("</ul>")[0]
        return [
            " ".join(re.sub("<.*?>", " ", chip).split()) for chip in re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)
        ]

    assert chips() == ["Create 3", "Outputs 2"]
    html = page(run)
    assert "All 3 changes on one page" in html
    assert "1 to 5 of 5 resources and outputs." in html
    assert "1 to 3 of 3 resources and outputs." in page(run, "?action=create")
    assert "1 to 2 of 2 resources and outputs." in page(run, "?service=Outputs")
    assert "1 to 2 of 2 resources and outputs." in page(run, "?service=Outputs&action=create")
