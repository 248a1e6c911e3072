"""A stored plan: it comes back whole on another host, and one whose grounds have changed is told by what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PlanExchangedError, PlanStaleError
from engine.settings import EngineSettings
from engine.state.plan_store import delete_plans, fetch_plan, packed_plan, plan_key, plan_sha256, store_plan
from engine.state.store import ensure_state_bucket
from engine.terraform.binding import PlanBinding, differences, spec_sha256
from sandbox.launch import running_sandbox

MADE = PlanBinding("lineage", 7, "spec", "stack", "1.11.4", {"hashicorp/aws": "5.100.0"})


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    with running_sandbox() as sandbox:
        settings = EngineSettings(tmp_path_factory.mktemp("work"), "states", aws_endpoint_url=sandbox.url)
        ensure_state_bucket(settings)
        yield settings


def test_a_plan_comes_back_with_what_it_was_made_from_and_without_the_rest(settings, tmp_path):
    source, target = tmp_path / "here", tmp_path / "there"
    source.mkdir()
    target.mkdir()
    files = {"run.tfplan": b"\x00plan", "cdk.tf.json": b"{}", "rotation.zip": b"PK", "versions.tf": b"terraform {}"}
    for name, content in files.items():
        (source / name).write_bytes(content)
    (source / ".terraform.lock.hcl").write_text("provider")
    (source / ".terraform").mkdir()
    (source / "stderr.log").write_text("noise")
    packed = packed_plan(source)
    key = plan_key("maple-sbx", 42, plan_sha256(packed))
    store_plan(settings, key, packed)
    fetch_plan(settings, key, target, sha256=plan_sha256(packed))
    assert {path.name for path in target.iterdir()} == {*files, ".terraform.lock.hcl"}
    assert all((target / name).read_bytes() == content for name, content in files.items())
    delete_plans(settings, "maple-sbx", 42)
    with pytest.raises(PlanStaleError, match="gone"):
        fetch_plan(settings, key, target, sha256=plan_sha256(packed))


@pytest.mark.parametrize("recorded", ["", "0" * 64])
def test_a_plan_of_another_digest_is_refused_before_anything_of_it_is_unpacked(settings, tmp_path, recorded):
    source, target = tmp_path / "here", tmp_path / "there"
    source.mkdir()
    target.mkdir()
    (source / "run.tfplan").write_bytes(b"another plan")
    key = plan_key("maple-sbx", 43, recorded)
    store_plan(settings, key, packed_plan(source))
    with pytest.raises(PlanExchangedError, match="not the one that was approved"):
        fetch_plan(settings, key, target, sha256=recorded)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"serial": 8}, ["the state has changed"]),
        ({"lineage": "other"}, ["the state is another one"]),
        ({"spec_sha256": "other"}, ["the district's settings have changed"]),
        ({"terraform": "1.12.0"}, ["this worker has another Terraform"]),
        ({"providers": {"hashicorp/aws": "6.0.0"}}, ["this worker has other provider versions"]),
        ({"stack_sha256": "x", "serial": 9}, ["the state has changed", "the stored stack is another one"]),
    ],
)
def test_a_plan_says_what_it_no_longer_fits(change, words):
    assert differences(MADE, replace(MADE, **change)) == words
    assert PlanBinding.from_data(MADE.as_data()) == MADE


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())))
def test_the_hash_of_a_specification_does_not_mind_the_order_of_its_fields(spec):
    assert spec_sha256(spec) == spec_sha256(dict(reversed(spec.items())))
