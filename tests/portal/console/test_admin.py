"""The admin: what the engine and the services write is read only, and every way to change something is a service's."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from provisioning.models import AccountQuota, Run
from provisioning.states.runs import RunState
from registry.accounts.models import Credential, CredentialChange, User
from registry.accounts.roles import Role, role_of
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import create_token
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import AwsAccount
from tests.builders import a_person, a_run, an_account, moved

pytestmark = pytest.mark.django_db

MAY_BE_CHANGED = {"user", "accountquota"}
"""The only pages with a form over a row that exists: a person's roles, and a limit of one's own."""
MAY_BE_ADDED = {"user", "district", "awsaccount"}


@pytest.fixture
def ada() -> Client:
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR, username="ada"))
    return client


def test_no_page_adds_or_changes_what_services_write(rf, ada):
    request = rf.get("/admin/")
    request.user = a_person(Role.ADMINISTRATOR)
    for model, page in admin.site._registry.items():
        name = model._meta.model_name
        assert page.has_change_permission(request) == (name in MAY_BE_CHANGED), name
        assert page.has_add_permission(request) == (name in MAY_BE_ADDED), name
        assert not page.has_delete_permission(request), name


def test_a_run_cannot_be_written_by_a_posted_form(ada):
    run = a_run()
    answer = ada.post(f"/admin/provisioning/run/{run.pk}/change/", {"state": "succeeded"})
    assert answer.status_code == 403
    assert Run.objects.get().state_badge is RunState.QUEUED


def test_a_limit_is_set_by_the_service_which_records_it(ada):
    account = an_account()
    quota = AccountQuota.objects.filter(account=account).first()
    assert quota is not None
    address = f"/admin/provisioning/accountquota/{quota.pk}/change/"
    assert ada.post(address, {"set_limit": "42", "limit": "7", "code": "x"}).status_code == 302
    quota.refresh_from_db()
    assert (quota.set_limit, quota.code == "x", quota.limit == 7) == (42, False, False)
    event = AuditEvent.objects.filter(action=AuditAction.ACCOUNT_QUOTA_SET).first()
    assert event is not None
    assert event.actor_name == "ada"
    assert "Give a number of 0 or more" in ada.post(address, {"set_limit": "-1"}).content.decode()
    operator = Client()
    operator.force_login(a_person(Role.OPERATOR))
    assert operator.post(address, {"set_limit": "1"}).status_code == 403


@pytest.mark.parametrize(
    ("address", "filters", "told"),
    [
        ("/admin/districts/district/{district}/history/", "district={suffix}", "was registered as"),
        ("/admin/provisioning/run/{run}/history/", "run={run}", "was requested for"),
        ("/admin/districts/awsaccount/{account}/history/", "words=123456789012", "was added"),
    ],
)
def test_the_history_of_a_row_is_the_audit_record(ada, address, filters, told):
    run = a_run()
    account = AwsAccount.objects.get().pk
    values = {"district": run.district_id, "run": run.pk, "suffix": run.district.suffix, "account": account}
    answer = ada.get(address.format(**values))
    assert answer["Location"] == f"/audit?{filters.format(**values)}"
    assert told in ada.get(answer["Location"]).content.decode()


def test_a_run_page_has_the_live_part_and_the_way_to_the_teardown(ada):
    run = a_run()
    page = ada.get(f"/admin/provisioning/run/{run.pk}/change/").content.decode()
    assert "run-live" in page
    assert f"/districts/{run.district.suffix}/teardown" in page
    assert "claim_token" not in page


def test_lists_are_searched_and_filtered(ada):
    run = a_run(name="Maple Valley")
    other_run = a_run(name="Cedar")
    moved(other_run, RunState.SYNTHESIZING)
    page = ada.get("/admin/provisioning/run/?q=Maple").content.decode()
    assert f"Run #{run.pk}" in page
    assert f"Run #{other_run.pk}" not in page
    page = ada.get("/admin/provisioning/run/?state__exact=synthesizing").content.decode()
    assert f"Run #{other_run.pk}" in page
    assert f"Run #{run.pk}<" not in page


def form_of(user: User, **changes: str) -> dict[str, str]:
    """Return what the form about a person sends, but for the changes; what is empty is left out, as a box is."""
    role = role_of(user)
    values = {"username": user.username, "email": user.email, "is_active": "on", "held": role.value if role else ""}
    return {name: value for name, value in (values | changes).items() if value or name == "held"}


def change(client: Client, user: User, **changes: str) -> str:
    """Send the form about a person and return the page that follows."""
    answer = client.post(f"/admin/accounts/user/{user.pk}/change/", form_of(user, **changes), follow=True)
    assert answer.status_code == 200
    user.refresh_from_db()
    return answer.content.decode()


def test_an_administrator_keeps_role_and_entry_in_the_admin_too(ada):
    own = User.objects.get(username="ada")
    for changes in ({"is_active": ""}, {"held": "Viewer"}, {"held": ""}):
        assert "You cannot do this to yourself." in change(ada, own, **changes)
        assert (role_of(own), own.is_active, own.is_superuser) == (Role.ADMINISTRATOR, True, True)
    change(ada, own, email="ada@example.org")
    assert own.email == "ada@example.org"


def test_the_last_administrator_keeps_role_and_entry_in_the_admin_too(ada):
    anna = a_person(Role.ADMINISTRATOR, "anna")
    change(ada, anna, is_active="")
    assert not anna.is_active
    change(ada, anna, is_active="on", held="Administrator")
    assert role_of(User.objects.get(pk=anna.pk)) is Role.ADMINISTRATOR


def test_a_role_that_is_changed_in_the_admin_ends_sessions_and_tokens(ada):
    """Of two roles that somebody had from before, the lower one lets through what the higher one does not."""
    otto = a_person(Role.OPERATOR, "otto")
    otto.groups.add(Group.objects.get(name="Auditor"))
    token = create_token(owner=otto, actor=otto, name="x", scopes=[Scope.AUDIT])[0]
    his = Client()
    his.force_login(otto)
    assert his.get("/evidence").status_code == 200
    role_again = {"act": "role", "role": "Operator"}
    assert ada.post(f"/people/{otto.pk}/act", role_again).status_code == 302
    token.refresh_from_db()
    assert (his.get("/evidence").status_code, token.revoked_at is None) == (302, False)
    assert [group.name for group in otto.groups.all()] == ["Operator"]
    his.force_login(User.objects.get(pk=otto.pk))
    change(ada, otto, held="Viewer")
    assert his.get("/").status_code == 302
    assert role_of(otto) is Role.VIEWER


def test_an_address_that_an_administrator_sets_counts_as_a_credential(ada):
    otto = a_person(Role.OPERATOR, "otto")
    change(ada, otto, email="ada@example.org")
    newest = CredentialChange.objects.filter(user=otto).latest("id")
    assert newest.by is not None
    assert (newest.by.username, newest.what) == ("ada", Credential.ADDRESS)
