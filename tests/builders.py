"""Makes people, accounts and districts for tests, through the portal's own services."""

from __future__ import annotations

import itertools
from typing import Any

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.services import set_user
from portal.districts.accounts import add_account
from portal.districts.models import AwsAccount, District
from portal.districts.registration import Registration
from portal.districts.services import register
from provisioning.models import Run
from provisioning.services.onboarding import onboard

PASSWORD = "correct horse battery"
ACCOUNT_ID = "123456789012"
_numbers = itertools.count(1)


def a_person(role: Role = Role.OPERATOR, username: str = "") -> User:
    """Return a user with this role."""
    return set_user(username=username or f"{role.lower()}-{next(_numbers)}", password=PASSWORD, role=role)


def an_account() -> AwsAccount:
    """Return the sandbox's account."""
    return add_account(name="Sandbox", account_id=ACCOUNT_ID, actor=None)


def a_registration(**changes: Any) -> Registration:
    """Return a registration that is accepted, but for the changes."""
    number = next(_numbers)
    given = {"name": f"Lakeside {number}", "slug": f"lakeside-{number}", "account_id": an_account().account_id}
    return Registration(**(given | changes))


def a_district(**changes: Any) -> District:
    """Return a registered district, as Draft."""
    return register(registration=a_registration(**changes), actor=None)


def a_run(**changes: Any) -> Run:
    """Return the queued first run of a new district."""
    return onboard(registration=a_registration(**changes), actor=None)
