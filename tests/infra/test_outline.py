"""The outline that previews show says what synthesis makes: as many resources, the same addresses, the same money."""

from __future__ import annotations

import random
from ipaddress import IPv4Network
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools import outlines
from devtools.converge import combinations
from infra.cost import charged, estimate, load_prices
from infra.outline import FACTORS, OUTLINES, count, names, outline, subnets, wish_of
from tests.infra.conftest import CERTIFICATE, IMAGE
from tests.synthesis import district

MORE: dict[str, dict[str, Any]] = {
    "a sandbox with a certificate and two clients": {
        "environment": "sandbox", "suffix": "lakeside-sbx", "certificate_arn": CERTIFICATE,
        "allowed_client_cidrs": ["203.0.113.0/24", "198.51.100.7/32"], "alarm_emails": [],
    },
    "a certificate and a hosted zone": {
        "environment": "staging", "suffix": "lakeside-stg", "certificate_arn": CERTIFICATE,
        "hosted_zone_id": "Z0123456789ABC", "domain_name": "results.lakeside.example.org", "images": {},
        "alarm_emails": ["a@example.org", "b@example.org"],
    },
    "a sandbox with two database instances": {
        "environment": "sandbox", "suffix": "lakeside-sbx", "database_instances": 2,
    },
    "staging with one database instance": {
        "environment": "staging", "suffix": "lakeside-stg", "database_instances": 1, "certificate_arn": CERTIFICATE,
        "size": "L",
    },
    "valkey with an image": {
        "environment": "sandbox", "suffix": "lakeside-sbx", "cache_engine": "valkey", "size": "M", "egress": "none",
        "images": {"api": IMAGE, "worker": IMAGE},
    },
}  # fmt: skip
SPECS = combinations() | {name: {"slug": "lakeside", **spec} for name, spec in MORE.items()}
PAIRS = {
    "sandbox-S-2-nat", "sandbox-S-3-none", "staging-M-2-none", "staging-M-3-nat", "production-L-2-nat",
    "production-L-3-none",
}  # fmt: skip
"""Of the combinations, every pair of a size, a number of zones and a way out; the others are the long edition's."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in {*PAIRS, *MORE} else pytest.mark.soak) for name in SPECS]
)
def test_the_outline_is_the_stack(name):
    stack, wish = district(SPECS[name]), wish_of(SPECS[name])
    advice = "The stack has changed. Run `make golden` and review the difference."
    declared: dict[str, dict[str, Any]] = {}
    for kind, address, body in stack.each():
        declared.setdefault(kind, {})[address] = charged(kind, body)
    assert outline(wish) == declared, advice
    assert count(wish) == len(stack.each())
    mine, true = (
        estimate({"resource": resources}, load_prices(), "us-east-1")
        for resources in (outline(wish), stack.data["resource"])
    )
    assert mine == true


@pytest.mark.soak
def test_the_outlines_are_what_their_samples_make():
    assert outlines.outlines(lambda spec: district(spec).data) == OUTLINES.read_text(encoding="utf-8")


def test_the_samples_have_each_value_of_each_choice():
    samples = outlines.samples()
    for name, values in FACTORS.items():
        assert {getattr(sample, name) for sample in samples} == set(values)


@given(seed=st.integers(0, 2**16), names=st.permutations(["environment", "size", "egress", "zones"]))
def test_the_fewest_choices_that_decide_are_found(seed, names):
    """Whatever two choices decide that are sampled in every combination, the condition says it of each sample."""
    first, second = names[:2]
    samples = outlines.samples()
    chosen = random.Random(seed)
    truth = {pair: chosen.random() < 0.5 for pair in product(FACTORS[first], FACTORS[second])}
    having = {sample for sample in samples if truth[getattr(sample, first), getattr(sample, second)]}
    choices, values = outlines.condition(having, samples)
    assert len(choices) <= 2
    assert {sample for sample in samples if tuple(getattr(sample, name) for name in choices) in values} == having


def test_subnets_are_the_stacks_own():
    name = "production-L-3-none"
    expected = {f"{subnet.tier}_{subnet.zone}": str(subnet.block) for subnet in subnets(IPv4Network("10.0.0.0/22"), 3)}
    declared = district(SPECS[name]).all("aws_subnet")
    assert {f"network_{part}": block for part, block in expected.items()} == {
        address: body["cidr_block"] for address, body in declared.items()
    }
    assert subnets(IPv4Network("10.0.0.0/30"), 2) == []


def test_names_are_the_stacks_own():
    text = str(district(SPECS["staging-M-2-none"]).data)
    for what, name in names("lakeside-stg", "123456789012"):
        assert f"'{name}'" in text, what
    assert names("x" * 60, "123456789012") == []
