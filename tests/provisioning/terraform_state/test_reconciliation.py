"""After a restored backup: what the portal has forgotten, what is gone since, and who is checked."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from engine.aws.clients import client
from engine.state.store import ensure_state_bucket, state_key, states
from provisioning.engine_settings import engine_settings
from provisioning.models import Run, StackResource
from provisioning.states.runs import RunKind, RunState
from provisioning.terraform_state.reconciliation import compare, reconcile
from registry.districts.models import District
from sandbox.launch import running_sandbox
from tests.builders import a_run, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(settings):
    with running_sandbox() as sandbox:
        settings.AWS_ENDPOINT_URL = sandbox.url
        ensure_state_bucket(engine_settings())
        yield client(engine_settings(), "s3", "us-east-1")


def live(slug: str) -> District:
    run = a_run(slug=slug)
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    StackResource.objects.create(
        district=run.district, run=run, address="aws_vpc.v", type="aws_vpc", name="v", service="VPC"
    )
    return run.district


def test_what_does_not_fit_is_told_with_what_to_do():
    remarks = compare({"new-sbx", "fine-sbx"}, {"fine-sbx": True, "gone-sbx": True, "draft-sbx": False}, {"fine-sbx"})
    assert [(remark.suffix, remark.sentence.split(",")[0]) for remark in remarks] == [
        ("new-sbx", "There is a state"),
        ("gone-sbx", "Resources are recorded"),
        ("fine-sbx", "A run was at work when the backup was made; the reaper marks it Lost"),
    ]


def test_only_states_are_taken_for_states(bucket):
    for key in (
        state_key("maple-sbx"),
        f"{state_key('oak-sbx')}.tflock",
        "districts/elm-sbx/runs/4/plan-00ff.zip",
        "x",
    ):
        bucket.put_object(Bucket=engine_settings().state_bucket, Key=key, Body=b"{}")
    assert states(engine_settings()) == ["maple-sbx"]


def test_live_districts_are_checked_and_the_others_named(bucket, capsys):
    fine, gone = live("fine"), live("gone")
    for suffix in (fine.suffix, "new-sbx"):
        bucket.put_object(Bucket=engine_settings().state_bucket, Key=state_key(suffix), Body=b"{}")
    call_command("reconcile")
    output = capsys.readouterr().out
    assert "new-sbx: There is a state" in output
    assert f"{gone.suffix}: Resources are recorded" in output
    assert "1 district is checked for drift; 2 remarks." in output
    checks = Run.objects.filter(kind=RunKind.DRIFT)
    assert [run.district for run in checks] == [fine]
    assert reconcile().runs == (), "the check is under way"


def test_without_aws_the_command_says_so():
    with pytest.raises(CommandError, match="AWS did not let us"):
        call_command("reconcile")
