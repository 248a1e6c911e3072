"""Adoption with real Terraform: a district's state is lost, whole or in part, and nothing of the district is.

Runs on the sandbox's smallest stack with every kind of resource once and every rule, in the long edition on whole ones.
Those to run may be named by ADOPTION, such as "production-L-3-none staging-M-2-nat"; with "+certificate" behind it, a
stack of production is given a certificate in place of a hosted zone; with "+few" behind it, a stack has few resources.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from devtools.converge import CERTIFICATE, TLS, combinations, with_tls
from engine.adoption.blocks import ADOPTION_FILE, import_blocks
from engine.adoption.results import Findings
from engine.adoption.rules import Place
from engine.adoption.search import find_adoptable
from engine.adoption.table import TABLE
from engine.aws.clients import client
from engine.kinds.adoption import Adopt, Recreate
from engine.settings import EngineSettings
from engine.state.contents import contents_of
from engine.state.store import ensure_state_bucket, read_state, state_key
from engine.terraform.command import Plan, ResourceRecord, Terraform
from engine.terraform.synthesis import STACK_FILE, synthesize
from sandbox.launch import running_sandbox
from tests.synthesis import keep_of
from tests.worlds.modules import share_modules

pytestmark = [pytest.mark.terraform, pytest.mark.long]

FEW = "sandbox-S-2-nat+few"
LONG = ("sandbox-S-2-nat", "staging-M-3-none", "production-L-3-nat", "production-L-2-none+certificate")
"""Played in the long edition: the whole stack, and each other environment, size, egress and way to a certificate."""
NAMED = os.environ.get("ADOPTION", "").split()
STACKS: list[Any] = [*NAMED] or [FEW, *(pytest.param(name, marks=pytest.mark.soak) for name in LONG)]
APPLY_SECONDS = 900.0
SEED, SOME = 20, 30
"""The seed, and the number of resources that the state loses, or keeps, where it loses some."""
PASSWORD = "aws_secretsmanager_secret_version"
WAITING = {"aws_acm_certificate_validation"}
COMPOSED = {"aws_iam_role_policy_attachment", "aws_route53_record"}
"""Types whose id in the state is the provider's own, made otherwise by a create than by an import."""


Things = dict[str, ResourceRecord]
"""The resources of a state, by address."""


@dataclass(frozen=True)
class District:
    """A district that was deployed: its stack, what it had then, and the workspace of its Terraform."""

    settings: EngineSettings
    place: Place
    stack: dict[str, Any]
    had: Things
    folder: Path
    key: str

    def terraform(self) -> Terraform:
        return Terraform(self.settings, self.folder, self.key)

    def look(self, state: dict[str, Any]) -> Findings:
        return find_adoptable(self.settings, self.stack, state, self.place)

    def has(self) -> Things:
        return things(stored(self))

    def passwords(self) -> set[str]:
        secrets = client(self.settings, "secretsmanager", self.place.region)
        names = [f"database-{kind}-{self.place.suffix}" for kind in ("owner", "application")]
        return {json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])["password"] for name in names}


def specification(name: str) -> dict[str, Any]:
    combination, _, more = name.partition("+")
    spec = combinations()[combination]
    if more == "certificate":
        rest = {key: value for key, value in spec.items() if key not in TLS["production"]}
        return {**rest, "certificate_arn": CERTIFICATE}
    return spec


def keep_one_rule(path: Path) -> None:
    """Leave the firewall of a stack one rule.

    Each costs a plan half a second of processor time, and adoption takes the list as a whole. All of them are planned
    and applied by the district's journey.
    """
    stack = json.loads(path.read_text())
    (acl,) = stack["resource"]["aws_wafv2_web_acl"].values()
    del acl["rule"][1:]
    path.write_text(json.dumps(stack))


def keep_few(path: Path) -> None:
    """Leave a stack each kind of resource once, and each rule and password, with all that these and outputs refer to.

    A kind is found by its row, rules by what they admit, and a password decides on the database whose it is. Many kinds
    are there several times all the same.
    """
    stack = json.loads(path.read_text())
    whole = {kind for kind in stack["resource"] if kind.startswith("aws_vpc_security_group_") or kind == PASSWORD}
    every = ((kind, sorted(named)) for kind, named in stack["resource"].items())
    keep_of(stack, [f"{kind}.{name}" for kind, names in every for name in (names if kind in whole else names[:1])])
    path.write_text(json.dumps(stack))


@pytest.fixture(scope="module", params=STACKS)
def district(request, tmp_path_factory) -> Iterator[District]:
    folder = tmp_path_factory.mktemp("adoption")
    share_modules(folder)
    with running_sandbox() as sandbox:
        tools = {name: os.environ[f"HOMEROOM_{name}"] for name in ("TERRAFORM", "TF_CLI_CONFIG", "NODE")}
        settings = EngineSettings(
            work_dir=folder,
            state_bucket="states",
            terraform=tools["TERRAFORM"] or None,
            tf_cli_config=Path(tools["TF_CLI_CONFIG"]) if tools["TF_CLI_CONFIG"] else None,
            node=Path(tools["NODE"]) if tools["NODE"] else None,
            aws_endpoint_url=sandbox.url,
        )
        spec = with_tls(sandbox.url, specification(request.param))
        workspace, key = folder / "stack", state_key(spec["suffix"])
        synthesize(settings, json.dumps(spec), workspace)
        keep_one_rule(workspace / STACK_FILE)
        if request.param.endswith("+few"):
            keep_few(workspace / STACK_FILE)
        ensure_state_bucket(settings)
        Terraform(settings, workspace, key).init()
        # One command, which starts the provider once: how a plan is made and carried out is not what is tested here.
        program(settings, workspace, "apply", "-auto-approve", "-input=false", "-no-color")
        stack = json.loads((workspace / STACK_FILE).read_text())
        place = Place("us-east-1", spec["account_id"], spec["suffix"])
        deployed = District(settings, place, stack, {}, workspace, key)
        yield replace(deployed, had=deployed.has())


def stored(district: District) -> dict[str, Any]:
    """Return the state as it lies in its bucket; to show it, Terraform would load the provider for seconds."""
    state = read_state(district.settings, district.key)
    assert state is not None
    return state


def things(state: dict[str, Any]) -> Things:
    return {record.address: record for record in contents_of(state).resources}


def program(settings: EngineSettings, folder: Path, *arguments: str) -> str:
    completed = subprocess.run(
        [settings.terraform or "terraform", *arguments],
        cwd=folder,
        env=settings.child_environment(),
        capture_output=True,
        text=True,
        timeout=APPLY_SECONDS,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr[-3000:]
    return completed.stdout


def shown(settings: EngineSettings, folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(program(settings, folder, "show", "-json"))
    return document


def actions(plan: Plan) -> dict[str, set[str]]:
    """Return the addresses of a plan by what is done to them; an import is told beside what else is done."""
    by_action: dict[str, set[str]] = {"import": set()}
    for change in plan.shown["resource_changes"]:
        word = "+".join(change["change"]["actions"])
        by_action.setdefault(word, set()).add(change["address"])
        if "importing" in change["change"]:
            by_action["import"].add(change["address"])
    return by_action


def of_kind(addresses: set[str], rule: type) -> set[str]:
    return {address for address in addresses if isinstance(TABLE[address.partition(".")[0]], rule)}


def no_password_in(text: str, district: District) -> None:
    for password in district.passwords():
        assert password not in text


def found_whole(district: District) -> Findings:
    """Return what is found where the whole state is lost: all that can be adopted, and nothing else."""
    findings = district.look({})
    assert not findings.foreign
    assert not findings.surplus
    assert not findings.forget
    assert {adoption.address for adoption in findings.adoptions} == of_kind(set(district.had), Adopt)
    assert all(not adoption.unfinished for adoption in findings.adoptions)
    return findings


def test_all_of_a_district_whose_state_is_lost_is_found(district: District):
    found_whole(district)


@pytest.mark.soak
def test_a_district_whose_state_is_lost_is_adopted_whole(district: District, tmp_path: Path):
    before = district.had
    findings = found_whole(district)
    workspace = tmp_path / "stack"
    shutil.copytree(district.folder, workspace, ignore=shutil.ignore_patterns(".terraform*", "*.tfplan"))
    (workspace / ADOPTION_FILE).write_text(import_blocks(findings.adoptions))
    lost = replace(district, folder=workspace, key="states/anew.tfstate")
    terraform = lost.terraform()
    terraform.init()
    plan = terraform.plan()
    by_action = actions(plan)
    assert by_action["import"] == {adoption.address for adoption in findings.adoptions}
    assert by_action["create"] == of_kind(set(before), Recreate)
    assert set(by_action) <= {"import", "create", "update", "no-op", "read"}, by_action
    no_password_in(json.dumps(plan.shown), district)

    terraform.apply(plan)
    assert terraform.plan().is_empty
    after = stored(lost)
    no_password_in(json.dumps(after), district)
    same_things(before, things(after))
    shutil.rmtree(workspace)


def same_things(before: Things, after: Things) -> None:
    """Hold that each address is the very thing that it was: AWS's own identifiers of it have not changed."""
    assert set(before) == set(after)
    for address, record in before.items():
        assert record.id or record.arn, f"{address}: nothing identifies it"
        if record.type != "aws_secretsmanager_secret_version":
            assert record.arn == after[address].arn, address
            if record.type not in COMPOSED | WAITING:
                assert record.id == after[address].id, address


@pytest.mark.parametrize("lost", ["most", pytest.param("some", marks=pytest.mark.soak)])
def test_a_state_that_lost_some_is_whole_again(district: District, lost: str):
    before = district.had
    few = set(random.Random(SEED).sample(sorted(before), SOME))
    chosen = few if lost == "some" else set(before) - few
    chosen.add("aws_secretsmanager_secret_version.secret_owner_first_version")
    chosen -= {"aws_rds_cluster.database_cluster"}
    program(district.settings, district.folder, "state", "rm", *sorted(chosen))

    findings = district.look(shown(district.settings, district.folder))
    forgotten = {note.address for note in findings.forget}
    assert forgotten == {"aws_rds_cluster.database_cluster"}
    program(district.settings, district.folder, "state", "rm", *sorted(forgotten))
    assert {adoption.address for adoption in findings.adoptions} == of_kind(chosen | forgotten, Adopt)

    (district.folder / ADOPTION_FILE).write_text(import_blocks(findings.adoptions))
    terraform = district.terraform()
    plan = terraform.plan()
    by_action = actions(plan)
    assert by_action["import"] == {adoption.address for adoption in findings.adoptions}
    assert by_action["create"] == of_kind(chosen, Recreate)
    assert set(by_action) <= {"import", "create", "update", "no-op", "read"}, by_action
    written = [
        change["change"]["after"].get("master_password_wo_version")
        for change in plan.shown["resource_changes"]
        if change["address"] in forgotten and change["change"]["actions"] == ["update"]
    ]
    assert written == [1], "The cluster is given the password that its secret is given."

    terraform.apply(plan)
    assert terraform.plan().is_empty
    same_things(before, district.has())
