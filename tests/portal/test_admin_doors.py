"""Every address that there is stands in a list of doors; and Django's admin, by model and view, lets in whom it should.

The console's doors are walked by `tests.portal.test_every_door`, the API's operations by `tests.portal.api.test_walk`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from portal.api.door import OPEN_OPERATIONS, OPERATIONS
from portal.console.urls import urlpatterns
from provisioning.models import Presence
from registry.accounts.acts import TABLE, Act
from registry.accounts.roles import Role
from tests.portal.reaching import Where, World, a_world, somebody
from tests.portal.test_unfit_requests import PART, ROUTES

pytestmark = pytest.mark.django_db

OPEN = {
    *("livez", "readyz", "language", "metrics", "api/v1/openapi.json"),
    # Lead on to the console's own doors.
    *("admin/login/", "admin/logout/", "admin/password_change/", "admin/password_change/done/"),
    *("account/login/", "account/inactive/", "account/cancelled/", "account/logout/", "account/factors/"),
    "account/factors/passkeys/",
    # Signing in.
    *("account/<>/login/", "account/<>/login/callback/", "account/factors/authenticate/"),
    *("account/factors/passkeys/login/", "account/saml/acs/", "account/saml/acs/finish/", "account/saml/login/"),
    *("account/saml/metadata/", "account/saml/sign-out/"),
    # One's own factors.
    *("account/factors/totp/activate/", "account/factors/totp/deactivate/", "account/factors/recovery-codes/"),
    *(
        "account/factors/recovery-codes/generate/",
        "account/factors/passkeys/add/",
        "account/factors/passkeys/<>/remove/",
    ),
}
"""What strangers may ask for, and one's own; `/metrics` asks for its token by itself."""
STAFF = {
    *("admin/", "admin/<>/", "admin/<>", "admin/autocomplete/", "admin/jsi18n/", "admin/r/<>/<>/"),
}
"""The admin's own pages, which show of each model what its pages would."""
VIEWS = ("", "add/", "<>/", "<>/change/", "<>/delete/", "<>/history/")
READ = ("", "<>/", "<>/change/", "<>/history/")
READ_ONLY = dict.fromkeys(READ, Act.SEE)
ADMIN: dict[str, dict[str, Act]] = {
    # Of a row alone, an address leads on to its own page, whatever it is.
    "accounts/user": {**dict.fromkeys((*READ, "add/", "<>/password/"), Act.ADMINISTER), "<>/": Act.SEE},
    "audit/auditevent": READ_ONLY,
    "districts/awsaccount": {**READ_ONLY, "add/": Act.ADMINISTER},
    "districts/district": {**READ_ONLY, "add/": Act.OPERATE},
    "provisioning/accountquota": READ_ONLY,
    "provisioning/driftitem": READ_ONLY,
    "provisioning/presence": READ_ONLY,
    "provisioning/removalcertificate": READ_ONLY,
    "provisioning/rollout": READ_ONLY,
    "provisioning/run": READ_ONLY,
}
"""By model: who may open which of its pages; what stands in none is nobody's."""
ENTER = (Role.OPERATOR, Role.ADMINISTRATOR)
"""Whom the admin lets in at all, where the role is held for everything."""


def bare(route: str) -> str:
    """Return a route with its parts unnamed, as both Django and the API's router write it."""
    return PART.sub("<>", route)


def models() -> Iterator[tuple[str, str]]:
    """Yield each page of a model that there is: the model, and the view."""
    for name in ADMIN:
        start = f"admin/{name}/"
        yield from ((name, bare(route).removeprefix(start)) for route in ROUTES if route.startswith(start))


def test_every_address_is_a_door_that_is_listed():
    console = {bare(str(pattern.pattern)) for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    paths = {operation.path for operation in OPERATIONS.values()} | set(OPEN_OPERATIONS.values())
    api = {"api/v1" + "".join("<>" if part.startswith("{") else part for part in split(path)) for path in paths}
    pages = {f"admin/{name}/{view}" for name in ADMIN for view in {*VIEWS, *ADMIN[name]}}
    assert {bare(route) for route in ROUTES} == {*console, *api, *pages, *OPEN, *STAFF}
    assert {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry} == set(ADMIN)


def split(path: str) -> list[str]:
    return [part for piece in path.replace("}", "}\n").replace("{", "\n{").split("\n") if (part := piece)]


@pytest.fixture
def world() -> World:
    now = timezone.now()
    Presence.objects.create(name="worker@host-1", started_at=now, seen_at=now)
    return a_world()


def address(name: str, view: str) -> str:
    """Return a page's address, about some row."""
    model = next(model for model in admin.site._registry if f"{model._meta.app_label}/{model._meta.model_name}" == name)
    row = model._default_manager.order_by("pk").first()
    assert row is not None, name
    return f"/admin/{name}/{view.replace('<>', str(row.pk))}"


@pytest.mark.parametrize("role", list(Role))
def test_the_admin_lets_in_whom_the_table_says(role: Role, world: World):
    problems = {}
    for where in Where:
        client = Client()
        client.force_login(somebody(role, where, world))
        enters = role in ENTER and where is Where.ALL
        for name, view in models() if enters else [("provisioning/run", ""), ("accounts/user", "<>/change/")]:
            answer = client.get(address(name, view))
            act = ADMIN[name].get(view)
            may = act is not None and role in TABLE[act]
            at_the_door = answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
            fine = answer.status_code in {200, 302} and not at_the_door if may else answer.status_code == 403
            if fine != enters or at_the_door == enters:
                problems[name, view, where] = answer.status_code
    assert not problems
