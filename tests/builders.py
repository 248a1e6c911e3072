"""Makes people, accounts and districts for tests, through the portal's own services."""

from __future__ import annotations

import itertools
from typing import Any

from django.utils import timezone

from engine.aws.quotas import KINDS
from provisioning.models import AccountQuota, Run
from provisioning.models.quota import QuotaSource
from provisioning.onboarding.service import onboard
from provisioning.runs.claim import TakeOver, claim
from provisioning.runs.fence import Fence
from provisioning.runs.transitions import move
from provisioning.states.districts import WELL
from provisioning.states.runs import TABLE, RunKind, RunState
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.accounts.services import set_user
from registry.districts.accounts import add_account
from registry.districts.models import AwsAccount, District
from registry.districts.registration import DEFAULT_REGION, Registration
from registry.districts.services import register
from registry.state_table import By

PASSWORD = "correct horse battery"
ACCOUNT_ID = "123456789012"
_numbers = itertools.count(1)


def a_person(role: Role = Role.OPERATOR, username: str = "") -> User:
    """Return a user with this role."""
    return set_user(username=username or f"{role.lower()}-{next(_numbers)}", password=PASSWORD, role=role)


def an_account() -> AwsAccount:
    """Return the sandbox's account, with room for all that a test makes."""
    return with_room(add_account(name="Sandbox", account_id=ACCOUNT_ID, actor=None))


def with_room(account: AwsAccount) -> AwsAccount:
    """Return the account, its limits raised once.

    As rows: the service that raises one limit, with its record, is a hundred queries for all of them.
    """
    if not AccountQuota.objects.filter(account=account).exists():
        source = QuotaSource.DEFAULT.value
        AccountQuota.objects.bulk_create(
            AccountQuota(
                account=account, region=DEFAULT_REGION, code=code, name=kind.name, limit=kind.default, source=source,
                set_limit=10_000,
            )
            for code, kind in KINDS.items()
        )  # fmt: skip
    return account


def a_registration(**changes: Any) -> Registration:
    """Return a registration that is accepted, but for the changes."""
    number = next(_numbers)
    fields = {"name": f"Lakeside {number}", "slug": f"lakeside-{number}", "account_id": an_account().account_id}
    return Registration(**(fields | changes))


def a_district(**changes: Any) -> District:
    """Return a registered district, as Draft."""
    return register(registration=a_registration(**changes), actor=None)


def a_run(**changes: Any) -> Run:
    """Return the queued first run of a new district."""
    return onboard(registration=a_registration(**changes), actor=None)


def fenced(run: Run) -> Fence:
    """Return the fence of whoever holds the run now."""
    return Fence(run, run.claim_token)


def proven(run: Run, departures: tuple[dict[str, Any], ...] = ()) -> Run:
    """Return a teardown with the proof that a worker stores when AWS's inventory came back empty."""
    inventory = {
        "at": timezone.now().isoformat(),
        "account_id": ACCOUNT_ID,
        "region": DEFAULT_REGION,
        "tag": {"Suffix": run.district.suffix},
        "looked_for": [{"kind": "iam role", "by": "x"}],
        "calls": {"iam:ListRoles": 3},
        "found": [],
    }
    proof = {"inventory": inventory, "departures": list(departures)}
    Run.objects.filter(pk=run.pk).update(left_behind=[], removal_proof=proof)
    run.refresh_from_db()
    return run


def moved(run: Run, after: RunState, **fields: Any) -> Run:
    """Move a run as whoever may would: its worker with the claim it has, a person, the reaper."""
    if run.state_badge in {RunState.QUEUED, RunState.LOST} and after is RunState.SYNTHESIZING:
        claimed = claim(run.number, "test", TakeOver(run.attempt, after))
        assert claimed is not None
        Run.objects.filter(pk=run.pk).update(**fields)
        run.refresh_from_db()
        return run
    if run.kind_badge is RunKind.DESTROY and after in WELL and not run.removal_proof:
        proven(run)
    by = next(by for by in By if TABLE.row(run.state_badge, after, by))
    claim_token = run.claim_token if by is By.WORKER else None
    move(run, after, by=by, claim=claim_token, seen_attempt=run.attempt, **fields)
    return run
