"""A preflight is asked for by operators, stored, told line by line, and comes by itself before the first plan."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from engine.aws import quotas
from provisioning.capacity.quotas import set_limit
from provisioning.errors import ServiceRefusedError
from provisioning.models import Preflight, Run, RunEvent
from provisioning.preflight.check import look_and_store, place_of
from provisioning.preflight.service import request_preflight
from provisioning.states.runs import RunKind, RunState
from provisioning.tasks import execute_run
from registry.accounts.roles import NotAllowedError, Role
from registry.districts.accounts import add_account
from sandbox.launch import running_sandbox
from tests.builders import ACCOUNT_ID, a_person, a_run, an_account

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(scope="module")
def aws():
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(aws, settings):
    settings.AWS_ENDPOINT_URL, settings.PREFLIGHT, settings.AWS_PATIENCE_SECONDS = aws.url, True, 1
    # Nothing here comes to its plan: a whole stack would be synthesized for nothing.
    settings.STACK_MODULE = "tests.faults.small_stack"
    return aws


def executed(run: Run) -> Run:
    execute_run(run.number)
    run.refresh_from_db()
    return run


def test_the_command_prints_each_line_with_its_remedy_and_stores_it(sandbox):
    account, out = an_account(), StringIO()
    call_command("preflight", ACCOUNT_ID, stdout=out)
    output = out.getvalue()
    assert "ok  Identity: AWS knows us as arn:aws:sts::123456789012:user/moto." in output
    assert "!   GuardDuty: GuardDuty is off in this region." in output
    row = Preflight.objects.get(account=account, region="us-east-1")
    assert row.is_right
    assert 0 < (row.seconds or 0) < 60
    assert row.findings[0]["check"] == "Identity"


def test_the_commands_exit_status_says_that_a_run_would_fail(settings):
    an_account()
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("preflight", ACCOUNT_ID, "--json", stdout=out)
    assert refused.value.returncode == 1
    (only,) = json.loads(out.getvalue())
    assert (only["check"], only["verdict"]) == ("Identity", "refused")
    with pytest.raises(CommandError, match="There is no AWS account"):
        call_command("preflight", "999999999999")


def test_operators_ask_and_a_worker_answers_in_the_row():
    account = an_account()
    with pytest.raises(NotAllowedError):
        request_preflight(account=account, region="us-east-1", actor=a_person(Role.VIEWER, "vera"))
    with pytest.raises(ServiceRefusedError, match="is no region of AWS"):
        request_preflight(account=account, region="us-nowhere-9", actor=a_person())
    assert request_preflight(account=account, region="us-east-1", actor=None).is_under_way
    row = look_and_store(account, "us-east-1")
    assert (row.is_under_way, row.is_right) == (False, False)
    assert "AWS did not let us ask who we are." in row.refused[0]["told"]


def test_the_limits_that_an_administrator_has_set_and_the_certificates_of_districts_count():
    account = an_account()
    set_limit(account=account, region="us-east-1", code=quotas.VPCS.code, limit=50, actor=None)
    arn = f"arn:aws:acm:us-east-1:{ACCOUNT_ID}:certificate/0b0b0b0b-1111-2222-3333-444444444444"
    a_run(certificate_arn=arn)
    wanted = place_of(account, "us-east-1").wanted
    assert (wanted.free[quotas.VPCS.code], wanted.certificates) == (50, (arn,))
    assert wanted.needs[quotas.TRAILS.code] == 1
    assert place_of(account, "us-east-1", another=False).wanted.needs == {}, "a run's district has its room already"


def test_before_the_first_plan_the_account_is_looked_at_once(sandbox, settings):
    settings.TERRAFORM = "/nowhere/terraform"
    first = executed(a_run())
    assert first.error_code == "terraform_missing", "the run went on to its plan"
    lines = RunEvent.objects.filter(run=first, kind="preflight")
    assert lines.count() == len(Preflight.objects.get().findings)
    assert lines.filter(level="warning", message__startswith="GuardDuty: ").exists()
    second = executed(a_run(name="Birch Hill", slug="birch"))
    assert not RunEvent.objects.filter(run=second, kind="preflight").exists()


def test_a_run_that_would_fail_is_refused_with_every_reason_before_anything_is_planned(sandbox, settings):
    settings.TERRAFORM = "/nowhere/terraform"
    elsewhere = add_account(name="Elsewhere", account_id="999999999999", actor=None)
    run = executed(a_run(account_id=elsewhere.account_id))
    assert (run.state, run.error_code) == (RunState.FAILED, "preflight_refused")
    assert run.error_summary == "Elsewhere (999999999999) is not ready for runs in us-east-1."
    assert "The account 123456789012 answered, not 999999999999." in run.error_detail
    assert "Give the account its deploy role" in run.error_detail
    again = executed(a_run(name="Birch Hill", slug="birch", account_id=elsewhere.account_id))
    assert again.error_code == "preflight_refused", "what was refused is looked at again"


def test_an_aws_that_is_away_is_told_as_before_and_nothing_is_stored(settings):
    settings.PREFLIGHT, settings.AWS_PATIENCE_SECONDS = True, 1
    run = executed(a_run())
    assert run.error_code == "aws_unavailable"
    assert not Preflight.objects.exists()


def test_a_teardown_waits_for_no_preflight(sandbox, settings):
    settings.TERRAFORM = "/nowhere/terraform"
    run = a_run()
    run.kind = RunKind.DESTROY.value
    run.save(update_fields=["kind"])
    executed(run)
    assert not Preflight.objects.exists()
