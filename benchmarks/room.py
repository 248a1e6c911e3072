"""Gives a benchmark's account room for all the districts that it makes."""

from __future__ import annotations

ACCOUNT_ID = "123456789012"


def make_room() -> None:
    """Add the account and raise its limits in the portal; needs Django to be set up."""
    from engine.aws.quotas import KINDS
    from provisioning.capacity.quotas import set_limit
    from registry.districts.accounts import add_account
    from registry.districts.registration import DEFAULT_REGION

    account = add_account(name="Bench", account_id=ACCOUNT_ID, actor=None)
    for code in KINDS:
        set_limit(account=account, region=DEFAULT_REGION, code=code, limit=10_000, actor=None)
