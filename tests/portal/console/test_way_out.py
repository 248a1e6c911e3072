"""A failed run's page says what it means for the district, and leads to where its cause is put right."""

from __future__ import annotations

from itertools import combinations

import pytest
from django.test import Client

import engine.errors
from engine.known_errors.catalogue import CATALOGUE
from portal.console.pages.run.way_out import WAYS, meaning
from provisioning.models import Run
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import Role
from registry.districts.models import District
from tests.builders import a_person, a_run, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db
OWN = {"worker_lost", "quota_exceeded"}
"""Codes that no class of the engine's errors and no entry of the catalogue has."""


def failed(run: Run, code: str) -> Run:
    moved(run, RunState.SYNTHESIZING)
    return moved(run, RunState.FAILED, error_code=code, error_summary="It failed.", error_remedy="Mend it.")


def card(run: Run, role: Role = Role.OPERATOR) -> str:
    client = Client()
    client.force_login(a_person(role))
    page = squeezed(client.get(f"/runs/{run.number}").content.decode())
    return page.partition('id="run-error"')[2].partition("</section>")[0]


def test_each_kind_knows_codes_that_there_are_and_no_code_is_in_two():
    classes = [one for one in vars(engine.errors).values() if isinstance(one, type) and hasattr(one, "code")]
    known = {hint.code for hint in CATALOGUE} | {str(one.code) for one in classes} | OWN
    for codes, _ways in WAYS:
        assert codes - known == set()
    for (one, _), (other, _) in combinations(WAYS, 2):
        assert one & other == set()


@pytest.mark.parametrize(
    ("code", "href"),
    [
        ("vpc_quota_reached", "/accounts/{account}/preflight/us-east-1"),
        ("vpc_quota_reached", "https://us-east-1.console.aws.amazon.com/servicequotas/"),
        ("role_not_assumable", "/system"),
        ("spec_refused", "/districts/{suffix}/settings"),
        ("disk_full", "/system"),
        ("aws_fault", "https://health.aws.amazon.com/"),
        ("still_in_use", "/districts/{suffix}/resources"),
    ],
)
def test_the_card_leads_to_what_puts_it_right(code: str, href: str):
    run = failed(a_run(), code)
    told = card(run)
    assert f'href="{href.format(account=run.spec["account_id"], suffix=run.district.suffix)}' in told
    assert "What to do:</strong> Mend it." in told
    assert "Nothing was created in AWS." in told


def test_a_page_that_somebody_may_not_open_is_not_offered():
    run = failed(a_run(), "state_changed_outside")
    assert f"/runs/{run.number}/state" not in card(run)
    assert f"/runs/{run.number}/state" in card(run, Role.ADMINISTRATOR)


def test_what_a_failure_means_depends_on_what_had_begun():
    first = a_run()
    assert meaning(first) == "Nothing was created in AWS. The district can't be used yet."
    first.apply_open = True
    assert meaning(first) == "The district is partly deployed and can't be used yet."
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(first, state)
    district = District.objects.get(pk=first.district_id)
    later = request_run(district=district, kind=RunKind.APPLY, actor=None)
    assert meaning(later) == "Nothing was changed in AWS. The district keeps running as before."
    later.apply_open = True
    assert "partly applied" in meaning(later)
    later.kind = RunKind.DRIFT
    assert "unknown until a check succeeds" in meaning(later)
    later.kind = RunKind.DESTROY
    assert "partly destroyed" in meaning(later)
    later.apply_open = False
    assert "as it was before" in meaning(later)
