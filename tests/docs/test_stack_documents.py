"""The documents of the stack, its deployment, its security and the sandbox say what the code does."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from devtools import golden
from devtools.paths import ROOT
from infra.endpoint_services import SERVICES
from infra.platform_spec import ZONE_COUNT, parse_platform_spec
from tests.docs.test_facts import table_below

GAPS = ROOT / "sandbox" / "gaps"
NO_GAPS = {"__init__", "extension"}
SKIPPED = tomllib.loads((ROOT / "devtools" / "policy" / "skipped.toml").read_text())


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_every_gap_that_is_filled_is_in_the_documents_table():
    documented = {key.strip("`") for key in table_below(read("sandbox.md"), "Gaps filled")}
    assert documented == {path.stem for path in GAPS.glob("*.py")} - NO_GAPS


@pytest.mark.parametrize("path", sorted(GAPS.glob("*.py")), ids=lambda path: path.stem)
def test_every_gap_is_tested(path: Path):
    """A gap's test names what it fills: its service's client, or the module itself."""
    if path.stem in NO_GAPS:
        return
    service = CLIENTS.get(path.stem, path.stem.split("_")[0])
    tests = [test.read_text() for test in (ROOT / "tests" / "sandbox").glob("test_*.py")]
    assert any(f'"{service}"' in text for text in tests), f"no test asks the sandbox's {service}"


CLIENTS = {
    "application_autoscaling": "application-autoscaling",
    "cost_explorer": "ce",
    "engine_versions": "rds",
    "lambda_permissions": "lambda",
    "lookups": "chime",
    "routing": "chime",
}


@pytest.mark.parametrize("check", sorted({check for part in SKIPPED.values() for check in part}))
def test_every_check_that_is_skipped_has_its_reason_in_the_security_page(check: str):
    rows = [line for line in read("security.md").splitlines() if re.search(rf"^\|.*\b{check}\b", line)]
    assert len(rows) == 1, check
    assert len(rows[0].split("|")[3]) > 40


def test_every_reason_for_a_skip_is_a_sentence():
    for part in SKIPPED.values():
        for check, reason in part.items():
            assert reason[0].isupper(), check
            assert reason.endswith("."), check
            assert len(reason) > 20, check


def test_the_rights_in_the_deployments_document_are_todays():
    document = read("deployment.md")
    for name, section in golden.rights_sections().items():
        assert golden.marked(name, section) in document, f"The part `{name}` is old. Run `make golden`."


def test_the_platform_that_the_document_shows_is_accepted():
    examples = re.findall(r"```json\n(.*?)```", read("deployment.md"), re.DOTALL)
    specs: list[dict[str, Any]] = [json.loads(text) for text in examples if "portal_principal_arns" in text]
    (spec,) = specs
    assert parse_platform_spec(spec | {"state_bucket": "homeroom-terraform-state"}).account_id == "111111111111"
    assert f"(at most {ZONE_COUNT})" in read("deployment.md")


def test_the_quotas_table_counts_what_the_stack_has():
    resources = json.loads((golden.FOLDER / "production-L-3-none.json").read_text())["resource"]
    table = table_below(read("deployment.md").replace("### 4. Quotas", "## Quotas"), "Quotas")
    needs = {
        row[0].strip(): row[2].strip()
        for row in (line.strip("|").split("|") for line in read("deployment.md").splitlines() if line.startswith("|"))
        if len(row) == 4
    }
    assert "CloudTrail trails per region" in table
    assert needs["CloudTrail trails per region"] == str(len(resources["aws_cloudtrail"]))
    assert needs["IAM roles"] == str(len(resources["aws_iam_role"]))
    assert needs["RDS event subscriptions"] == str(len(resources["aws_db_event_subscription"]))
    assert needs["Interface endpoints per VPC"].split()[0] == str(len(SERVICES))
    gateways = [
        endpoint for endpoint in resources["aws_vpc_endpoint"].values() if endpoint["vpc_endpoint_type"] == "Gateway"
    ]
    assert needs["Gateway endpoints per region"] == str(len(gateways))


def test_the_document_names_every_module_of_the_stack():
    modules = {path.stem for path in (ROOT / "infra").glob("*.py")} - {"__init__", "__main__"}
    named = set(re.findall(r"`(?:infra/)?([a-z_]+)(?:\.py)?`", read("stack.md")))
    assert modules - named == set()
