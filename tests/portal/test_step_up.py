"""What asks again who somebody is: a walk through every door of the console, and the admin's forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.test import Client
from django.utils import timezone

from portal.sign_in.reauthentication import FACTOR_AT, SIGNED_IN_AT
from provisioning.models import AccountQuota, NoticeEndpoint
from registry.accounts.models import Grant, User
from registry.accounts.roles import Role
from registry.accounts.services import set_service_account
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import create_token
from tests.builders import a_person
from tests.portal.reaching import World, a_world
from tests.portal.test_every_door import DOORS, address

pytestmark = pytest.mark.django_db

ACTS: dict[str, dict[str, str]] = {
    "run-decide": {"decision": "approved"},
    "run-apply": {},
    "run-force-stop": {"number": "1"},
    "run-override": {"reason": "It cannot wait."},
    "run-state": {"act": "release", "reason": "Because."},
    "teardown": {"full_name": "x", "reason": "Over."},
    "district-lifetime": {"last_day": "2030-01-01"},
    "drift-remove": {"consent": "yes", "reason": "Not ours."},
    "person-new": {"username": "new"},
    "person-act": {"act": "sessions"},
    "grant-new": {"role": "Viewer"},
    "grant-end": {},
    "rollout-confirm": {},
    "services": {"username": "robot", "role": "Viewer"},
    "service-act": {"act": "out"},
    "tokens": {"name": "x"},
    "token-revoke": {},
    "device": {"user_code": "BBBB-BBBB"},
    "aws-account-new": {"name": "x"},
    "aws-account": {"name": "x"},
    "aws-account-retire": {},
    "notice-new": {"name": "x"},
    "notice-endpoint": {"name": "x"},
    "notice-act": {"act": "test"},
    "account-password": {"old_password": "x"},
}
"""Each door that asks for a sign-in of lately, and what a form sends there."""
OWN = {"account", "account-password"}
ADMIN = (
    *("/admin/accounts/user/add/", "/admin/accounts/user/{otto}/change/", "/admin/accounts/user/{otto}/password/"),
    *("/admin/districts/awsaccount/add/", "/admin/provisioning/accountquota/{quota}/change/"),
)
AGAIN = "/sign-in/again"


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def ada() -> User:
    ada = a_person(Role.ADMINISTRATOR, "ada")
    TOTP.activate(ada, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    return ada


def signed_in(user: User, ago: timedelta) -> Client:
    """Return a client whose sign-in and second factor are so long ago."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[SIGNED_IN_AT] = session[FACTOR_AT] = (timezone.now() - ago).isoformat()
    session.save()
    return client


def numbers(ada: User) -> dict[str, dict[str, int]]:
    """Return what the doors beyond a district are about."""
    otto = a_person(Role.OPERATOR, "otto")
    robot = set_service_account(username="robot-1", role=Role.VIEWER, actor=None)
    grant = Grant.objects.create(user=otto, role=Role.VIEWER)
    endpoint = NoticeEndpoint.objects.create(name="x", kind="webhook")
    token = create_token(owner=ada, actor=ada, name="x", scopes=[Scope.READ])[0]
    about_otto = {"number": otto.pk, "grant": grant.pk}
    return {
        **dict.fromkeys(("person", "person-act", "grant-new", "grant-end"), about_otto),
        "service-act": {"number": robot.pk},
        "token-revoke": {"number": token.pk},
        "notice-endpoint": {"number": endpoint.pk},
        "notice-act": {"number": endpoint.pk},
    }


def test_every_act_that_is_listed_and_no_other_asks_again(world: World, ada: User):
    about = numbers(ada)
    for ago, asked in ((timedelta(minutes=16), set(ACTS)), (timedelta(minutes=1), set())):
        client, asks = signed_in(ada, ago), set()
        for name in sorted({*DOORS, *OWN}):
            savepoint = transaction.savepoint()
            answer: Any = client.post(address(name, world, about.get(name)), ACTS.get(name, {}))
            transaction.savepoint_rollback(savepoint)
            if answer.status_code == 302 and answer["Location"].startswith(AGAIN):
                asks.add(name)
        assert asks == asked, ago


def test_the_admin_asks_again_before_what_the_console_asks_again_for(world: World, ada: User):
    values = {"otto": a_person(Role.OPERATOR, "otto").pk, "quota": AccountQuota.objects.all()[0].pk}
    long_ago, lately = signed_in(ada, timedelta(minutes=16)), signed_in(ada, timedelta(minutes=1))
    for path in (path.format(**values) for path in ADMIN):
        assert lately.get(path).status_code == 200, path
        for answer in (long_ago.get(path), long_ago.post(path, {"set_limit": "1", "name": "x"})):
            assert (answer.status_code, answer["Location"].startswith(AGAIN)) == (302, True), path
    for path in ("/admin/accounts/user/", "/admin/provisioning/accountquota/"):
        assert long_ago.get(path).status_code == 200, "reading needs no sign-in of lately"
