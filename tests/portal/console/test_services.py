"""The page of service accounts: made, looked at with their tokens, and kept out, by administrators alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.sign_in.reauthentication import SIGNED_IN_AT
from registry.accounts.models import ApiToken, User
from registry.accounts.people import invitation
from registry.accounts.roles import Role, role_of
from registry.accounts.services import set_service_account
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import Reach, create_token
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person

pytestmark = pytest.mark.django_db
PAGE = "/people/services"


@pytest.fixture
def ada() -> User:
    return a_person(Role.ADMINISTRATOR, "ada")


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def a_service(ada: User, name: str = "deploy-pipeline") -> tuple[User, ApiToken]:
    account = set_service_account(username=name, role=Role.OPERATOR, actor=ada)
    reach = Reach(suffixes=("lakeside-sbx",))
    token, _ = create_token(owner=account, actor=ada, name="nightly", scopes=[Scope.OPERATE], reach=reach)
    return account, token


def test_one_is_made_and_stands_there_with_its_tokens(client: Client, ada: User):
    assert client.post(PAGE, {"username": "deploy-pipeline", "role": "Operator"})["Location"] == PAGE
    account = User.objects.get(username="deploy-pipeline")
    assert (account.is_service, role_of(account), account.has_usable_password()) == (True, Role.OPERATOR, False)
    assert "It has no token" in client.get(PAGE).content.decode()
    a_service(ada)
    page = client.get(PAGE).content.decode()
    for text in ("nightly", "operate, read", "lakeside-sbx", "Never"):
        assert text in page
    assert PAGE in client.get("/people").content.decode()


@pytest.mark.parametrize("name", ["deploy-pipeline", "ada", "deploy pipeline", "system", ""])
def test_a_name_that_is_had_or_is_none_is_refused_beside_its_field(client: Client, ada: User, name: str):
    a_service(ada)
    before = User.objects.count()
    answer = client.post(PAGE, {"username": name, "role": "Viewer"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["username"]
    assert User.objects.count() == before
    assert role_of(User.objects.get(username="deploy-pipeline")) is Role.OPERATOR


def test_a_token_is_revoked_and_an_account_kept_out_with_all_of_its_tokens(client: Client, ada: User):
    account, token = a_service(ada)
    own, _ = create_token(owner=ada, actor=ada, name="own", scopes=[])
    act = f"{PAGE}/{account.pk}/act"
    assert client.post(act, {"token": own.pk}).status_code == 404
    assert client.post(act, {"token": "9" * 30, "act": "?"}).status_code == 302
    client.post(act, {"token": token.pk})
    assert ApiToken.objects.get(pk=token.pk).revoked_by == ada
    assert ApiToken.objects.get(pk=own.pk).revoked_at is None
    other_token, _ = create_token(owner=account, actor=ada, name="other", scopes=[])
    client.post(act, {"act": "out"})
    assert ApiToken.objects.get(pk=other_token.pk).revoked_at is not None
    assert "Activate" in client.get(PAGE).content.decode()
    client.post(act, {"act": "in"})
    assert User.objects.get(pk=account.pk).is_active
    assert AuditEvent.objects.filter(action=AuditAction.USER_SET, subject_id=account.username).count() == 3
    assert client.post(f"{PAGE}/{ada.pk}/act", {"act": "out"}).status_code == 404, "a person is no service account"


def test_only_administrators_who_signed_in_lately_change_anything(client: Client, ada: User):
    account, _ = a_service(ada)
    his = Client()
    his.force_login(a_person(Role.OPERATOR))
    assert his.get(PAGE).status_code == his.post(f"{PAGE}/{account.pk}/act", {"act": "out"}).status_code == 403
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()
    for address, form in ((PAGE, {"username": "x1", "role": "Viewer"}), (f"{PAGE}/{account.pk}/act", {"act": "out"})):
        assert client.post(address, form)["Location"].startswith("/sign-in/again?next=")
    assert User.objects.get(pk=account.pk).is_active
    assert not User.objects.filter(username="x1").exists()


def test_nobody_gets_a_link_to_a_password_of_a_service_account(client: Client, ada: User):
    account, _ = a_service(ada)
    with pytest.raises(ValidationError):
        invitation(account, actor=ada)
    assert "New link" not in client.get(f"/people/{account.pk}").content.decode()


def test_a_list_of_many_asks_as_often_as_one_of_few(client: Client, ada: User):
    a_service(ada)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(6):
        a_service(ada, f"pipeline-{number}-{'abcdef'[number]}")
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)
