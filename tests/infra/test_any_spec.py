"""Terraform with the real provider accepts whatever specification holds: ours, and a few that are made up each time."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from infra.naming import ENVIRONMENT_CODES
from infra.spec import LOG_RETENTION_DAYS, parse_spec
from tests.infra.conftest import CERTIFICATE, IMAGE, SIGN_IN, SPECS, synthesized_at_once

EXAMPLES = 2
"""How many stacks are made up. All are validated at once, as modules of one root: the provider looks at each."""


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60).filter(str.strip)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    environment = draw(st.sampled_from(sorted(ENVIRONMENT_CODES)))
    slug = draw(st.from_regex(r"[a-z][a-z0-9]{1,14}", fullmatch=True))
    tls = draw(
        st.sampled_from(
            [
                {"certificate_arn": CERTIFICATE},
                {"hosted_zone_id": "Z0123456789ABC", "domain_name": "results.lakeside.example.org"},
            ]
        )
    )
    prefix = draw(st.integers(16, 22))
    first = int(IPv4Network("10.0.0.0/8").network_address) + draw(st.integers(0, 63)) * 2**18
    network = IPv4Network((first, prefix), strict=False)
    role = {
        "role_arn": "arn:aws:iam::123456789012:role/homeroom-deploy",
        "external_id": "0123456789abcdef",
        "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/homeroom-district",
    }
    return {
        "district_name": draw(NAMES),
        "slug": slug,
        "environment": environment,
        "suffix": f"{slug}-{ENVIRONMENT_CODES[environment]}",
        "region": "us-east-1",
        "cidr": str(network),
        "zones": draw(st.sampled_from([2, 3])),
        "size": draw(st.sampled_from(["S", "M", "L"])),
        "database_instances": draw(st.sampled_from([None, 2] if environment == "production" else [None, 1, 2])),
        "egress": draw(st.sampled_from(["nat", "none"])),
        "retention_days": draw(st.sampled_from(LOG_RETENTION_DAYS)),
        "backup_days": draw(st.integers(1, 35)),
        "final_snapshot": draw(st.booleans()),
        "monthly_budget_usd": draw(st.integers(1, 1_000_000)),
        "allowed_client_cidrs": draw(st.sampled_from([["0.0.0.0/0"], ["203.0.113.0/24", "198.51.100.7/32"]])),
        "alarm_emails": draw(st.sampled_from([[], ["a@example.org", "b@example.org"]])),
        "images": {"api": IMAGE, "worker": IMAGE} if environment == "production" or draw(st.booleans()) else {},
        "cache_engine": draw(st.sampled_from(["redis", "valkey"])),
        "tags": draw(st.sampled_from([{}, {"Team": "Assessment", "Cost center": "K-12/7"}])),
        "district_ids": draw(st.sampled_from([[], ["3904380", "lea:0042"]])),
        "sign_in": draw(st.sampled_from([{}, SIGN_IN, {**SIGN_IN, "audience": "lakeside"}])),
        **(tls if environment != "sandbox" or draw(st.booleans()) else {}),
        **(role if draw(st.booleans()) else {}),
    }


@given(specs())
def test_what_is_made_up_here_holds(spec):
    parse_spec(spec | {"account_id": "123456789012"})


def made_up() -> dict[str, dict[str, Any]]:
    """Return specifications by name: the simplest there is, and others."""
    specifications: dict[str, dict[str, Any]] = {}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate])
    @given(specs())
    def collect(spec: dict[str, Any]) -> None:
        specifications[f"spec{len(specifications)}"] = spec

    collect()
    return specifications


@pytest.mark.terraform
def test_terraform_accepts_every_specification_that_holds():
    made = made_up()
    assert len(made) == EXAMPLES
    specifications = made | SPECS
    with tempfile.TemporaryDirectory(prefix="any-spec-") as folder:
        root = Path(folder)
        stacks = synthesized_at_once(specifications, root)
        for stack in stacks.values():
            # A module has no backend of its own; its provider's configuration is validated where it stands.
            del stack.data["terraform"]["backend"]
            (stack.folder / "cdk.tf.json").write_text(json.dumps(stack.data))
        modules = {name: {"source": f"./{name}"} for name in stacks}
        (root / "main.tf.json").write_text(json.dumps({"module": modules}))
        for arguments in (["init", "-input=false"], ["validate"]):
            completed = subprocess.run(
                [os.environ["HOMEROOM_TERRAFORM"], *arguments, "-no-color"],
                cwd=root,
                capture_output=True,
                text=True,
                check=False,
            )
            assert completed.returncode == 0, json.dumps(specifications) + completed.stdout + completed.stderr
