"""A specification is refused field by field, each with a sentence that says what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.paths import ROOT
from infra import schema
from infra.sizes import SIZES
from infra.spec import DistrictSpec, Size, SpecError, parse_spec
from infra.upgrade import SPEC_VERSION, STEPS, upgraded

GOOD: dict[str, Any] = {
    "spec_version": 1,
    "district_name": "Lakeside Unified",
    "slug": "lakeside",
    "environment": "sandbox",
    "suffix": "lakeside-sbx",
    "account_id": "123456789012",
    "cidr": "10.0.0.0/22",
}

ZONE, DOMAIN = "Z0123456789ABC", "lakeside.example.org"
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
    ("spec_version", 0),
    ("spec_version", 2),
    ("spec_version", True),
    ("role_arn", "arn:aws:iam::123456789012:user/somebody"),
    ("role_arn", "arn:aws:iam::999999999999:role/homeroom-deploy"),
    ("external_id", "alone-without-a-role"),
    ("external_id", "${x}"),
    ("permissions_boundary_arn", "arn:aws:iam::999999999999:policy/homeroom-district"),
    ("hosted_zone_id", "${x}"),
    ("hosted_zone_id", ZONE),
    ("domain_name", DOMAIN),
    ("domain_name", "Lakeside.example.org"),
    ("domain_name", "localhost"),
    ("certificate_arn", "arn:aws:acm:us-west-2:123456789012:certificate/0b0b0b0b"),
    ("certificate_arn", "arn:aws:acm:us-east-1:999999999999:certificate/0b0b0b0b"),
    ("allowed_client_cidrs", []),
    ("allowed_client_cidrs", ["203.0.113.0/24", "203.0.113.128/25"]),
    ("allowed_client_cidrs", [f"203.0.113.{number}/32" for number in range(26)]),
    ("allowed_client_cidrs", ["2001:db8::/32"]),
    ("alarm_emails", ["a@example.org", "a@example.org"]),
    ("alarm_emails", [f"a{number}@example.org" for number in range(11)]),
    ("images", {"api": "busybox:latest"}),
    ("cache_engine", "memcached"),
    ("engine_versions", {"postgres": "15.4"}),
    ("engine_versions", {"postgres": "16.2"}),
    ("engine_versions", {"cache": "6.2"}),
    ("engine_versions", {"mysql": "8"}),
    ("extra", "field"),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=lambda part: str(part)[:20])
def test_a_bad_field_is_named_with_a_sentence(field, value):
    with pytest.raises(SpecError) as refused:
        parse_spec(GOOD | {field: value})
    named = {problem.field.split(".")[0]: problem.sentence for problem in refused.value.problems}
    asked_for = {
        ("hosted_zone_id", "Z0123456789ABC"): "domain_name",
        ("domain_name", "lakeside.example.org"): "hosted_zone_id",
    }
    field = asked_for.get((field, value), field) if isinstance(value, str) else field
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


def production(**changes: Any) -> dict[str, Any]:
    image = "repository@sha256:" + "0" * 64
    names = {"environment": "production", "suffix": "lakeside-prod", "images": {"api": image, "worker": image}}
    return GOOD | names | {"certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b"} | changes


@pytest.mark.parametrize("size", list(Size))
def test_every_size_is_offered_a_second_database_instance_and_production_keeps_two(size):
    for instances in (None, 1, 2):
        assert parse_spec(GOOD | {"size": size, "database_instances": instances}).database_instances == instances
    assert parse_spec(production(size=size, database_instances=2)).database_instances == 2
    with pytest.raises(SpecError) as refused:
        parse_spec(production(size=size, database_instances=1))
    assert [problem.field for problem in refused.value.problems] == ["database_instances"]


@pytest.mark.parametrize("missing", ["api", "worker"])
def test_production_runs_no_placeholder(missing):
    images = {name: image for name, image in production()["images"].items() if name != missing}
    with pytest.raises(SpecError) as refused:
        parse_spec(production(images=images))
    assert [problem.field for problem in refused.value.problems] == [f"images.{missing}"]
    assert "sha256" in refused.value.problems[0].sentence


def test_a_hosted_zone_stands_in_for_a_certificate():
    spec = production(certificate_arn=None, hosted_zone_id=ZONE, domain_name=DOMAIN)
    assert parse_spec(spec).serves_tls


def test_an_older_specification_goes_through_each_step_to_the_newest_and_stays_as_it_was():
    steps = {
        1: lambda data: {**data, "zone_count": data["zones"]},
        2: lambda data: {name: value for name, value in data.items() if name != "zones"},
    }
    first = {"spec_version": 1, "zones": 3}
    assert upgraded(first, steps) == {"spec_version": 3, "zone_count": 3}
    assert upgraded({"spec_version": 2, "zones": 3, "zone_count": 2}, steps) == {"spec_version": 3, "zone_count": 2}
    assert first == {"spec_version": 1, "zones": 3}


@pytest.mark.parametrize("version", [True, "1", 1.0, None, 4, 0])
def test_what_has_no_version_that_a_step_begins_with_is_left_to_the_check(version):
    spec = {"spec_version": version, "zones": 3}
    assert upgraded(spec, {1: lambda data: {}, 2: lambda data: {}}) is spec


def test_what_the_steps_made_is_judged_like_any_other(monkeypatch):
    monkeypatch.setattr("infra.spec.upgraded", lambda data: {**data, "zones": 4})
    with pytest.raises(SpecError, match="zones"):
        parse_spec(GOOD)


def test_a_step_leads_from_every_version_before_todays():
    assert sorted(STEPS) == list(range(1, SPEC_VERSION))


def test_the_schema_in_the_documents_is_todays():
    assert (ROOT / "docs" / "district-spec.schema.json").read_text() == schema.text(), "Run: make golden"


def test_a_good_specification_survives_its_own_json():
    spec = parse_spec(GOOD)
    assert parse_spec(json.loads(spec.model_dump_json())) == spec


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=120).filter(str.strip))
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
