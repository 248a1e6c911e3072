"""A specification is refused field by field, each with a sentence that says what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sizes import SIZES
from infra.spec import DistrictSpec, Size, SpecError, parse_spec

GOOD: dict[str, Any] = {
    "spec_version": 1,
    "district_name": "Lakeside Unified",
    "slug": "lakeside",
    "environment": "sandbox",
    "suffix": "lakeside-sbx",
    "account_id": "123456789012",
    "cidr": "10.0.0.0/22",
}

BAD = [
    ("district_name", ""),
    ("district_name", "x" * 300),
    ("slug", "Lakeside"),
    ("slug", "-lakeside"),
    ("slug", "lake--side"),
    ("slug", "l" * 16),
    ("environment", "moon"),
    ("suffix", "lakeside-prod"),
    ("suffix", "x"),
    ("region", "Ohio"),
    ("account_id", "12345"),
    ("account_id", "١٢٣٤٥٦٧٨٩٠١٢"),
    ("alarm_emails", ["${aws_kms_key.x}@a.org"]),
    ("cidr", "10.0.0.0/24"),
    ("cidr", "10.0.0.0/8"),
    ("cidr", "8.8.0.0/16"),
    ("cidr", "10.0.0.1/22"),
    ("cidr", "somewhere"),
    ("zones", 4),
    ("size", "XXL"),
    ("egress", "tunnel"),
    ("certificate_arn", "mine"),
    ("alarm_emails", ["nobody"]),
    ("retention_days", 42),
    ("backup_days", 0),
    ("monthly_budget_usd", 0),
    ("tags", {"Suffix": "mine"}),
    ("tags", {"aws:thing": "mine"}),
    ("tags", {"a": "x" * 300}),
    ("spec_version", 2),
    ("extra", "field"),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=lambda part: str(part)[:20])
def test_a_bad_field_is_named_with_a_sentence(field, value):
    with pytest.raises(SpecError) as refused:
        parse_spec(GOOD | {field: value})
    named = {problem.field.split(".")[0]: problem.sentence for problem in refused.value.problems}
    assert field in named
    assert named[field].endswith(".")


@pytest.mark.parametrize("field", ["district_name", "slug", "environment", "suffix", "account_id", "cidr"])
def test_a_missing_field_is_named(field):
    with pytest.raises(SpecError) as refused:
        parse_spec({key: value for key, value in GOOD.items() if key != field})
    assert (field, "This field is missing.") in {(p.field, p.sentence) for p in refused.value.problems}


@pytest.mark.parametrize(("environment", "code"), [("staging", "stg"), ("production", "prod")])
def test_staging_and_production_need_a_certificate(environment, code):
    with pytest.raises(SpecError) as refused:
        parse_spec(GOOD | {"environment": environment, "suffix": f"lakeside-{code}"})
    assert [problem.field for problem in refused.value.problems] == ["certificate_arn"]


def test_a_good_specification_survives_its_own_json():
    spec = parse_spec(GOOD)
    assert parse_spec(json.loads(spec.model_dump_json())) == spec


@given(st.text(min_size=1, max_size=120))
def test_people_may_name_their_district_as_they_like(name):
    assert parse_spec(GOOD | {"district_name": name}).district_name == name


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_that_is_no_specification_is_refused_in_sentences(data):
    with pytest.raises(SpecError) as refused:
        parse_spec(data)
    assert all(problem.sentence for problem in refused.value.problems)


def test_the_subnets_share_no_address_and_stay_inside():
    spec: DistrictSpec = parse_spec(GOOD)
    blocks = spec.subnets()
    assert len(blocks) == 16
    assert all(block.subnet_of(spec.cidr) for block in blocks)
    assert sum(block.num_addresses for block in blocks) == spec.cidr.num_addresses


def test_sizes_grow():
    rows = [SIZES[size] for size in (Size.S, Size.M, Size.L)]
    assert [row.acu_max for row in rows] == sorted({row.acu_max for row in rows})
    assert [row.tasks_max for row in rows] == sorted({row.tasks_max for row in rows})
