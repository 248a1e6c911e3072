"""Every password and every role that somebody is given is an event, and the person is told of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.management import call_command
from django.test import Client

from provisioning.notices.outbox import deliver_due
from registry.accounts.models import Credential, CredentialChange, User
from registry.accounts.roles import Role
from registry.accounts.services import set_user
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db
NEW = "a long new password of 7 words"


@pytest.fixture
def ada() -> User:
    return a_person(Role.ADMINISTRATOR, "ada")


@pytest.fixture
def otto() -> User:
    return a_person(Role.OPERATOR, "otto")


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def newest(user: User) -> tuple[str, User | None]:
    change = CredentialChange.objects.filter(user=user).latest("id")
    return change.what, change.by


def event(action: AuditAction) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).latest("id")


def test_a_password_that_an_administrator_sets_is_an_event_of_theirs(admin: Client, ada: User, otto: User):
    form = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert admin.post(f"/admin/accounts/user/{otto.pk}/password/", form).status_code == 302
    otto.refresh_from_db()
    assert otto.check_password(NEW)
    assert newest(otto) == (Credential.PASSWORD, ada)
    entry = event(AuditAction.PASSWORD_SET)
    assert (entry.actor, entry.subject_id, entry.message) == (ada, "otto", "otto was given a new password by ada.")
    assert NEW not in str(entry.after)


def test_a_password_that_is_refused_is_none(admin: Client, otto: User):
    before = CredentialChange.objects.count()
    form = {"usable_password": "true", "password1": NEW, "password2": "another"}
    assert admin.post(f"/admin/accounts/user/{otto.pk}/password/", form).status_code == 200
    assert CredentialChange.objects.count() == before


def test_a_person_who_is_added_has_a_password_and_a_role_of_whom_added_them(admin: Client, ada: User):
    form = {"username": "cleo", "usable_password": "true", "password1": NEW, "password2": NEW}
    assert admin.post("/admin/accounts/user/add/", form).status_code == 302
    cleo = User.objects.get(username="cleo")
    assert set(CredentialChange.objects.filter(user=cleo).values_list("what", "by")) == {
        ("password", ada.pk),
        ("role", ada.pk),
    }


def test_ones_own_new_password_is_an_event_too(otto: User):
    client = Client()
    client.force_login(otto)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/account/password", form).status_code == 302
    assert newest(otto) == (Credential.PASSWORD, otto)
    assert event(AuditAction.PASSWORD_SET).message == "otto chose a new password."


def test_a_command_is_nobody(otto: User, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda prompt="": NEW)
    call_command("changepassword", "otto")
    assert newest(otto) == (Credential.PASSWORD, None)
    assert event(AuditAction.PASSWORD_SET).message == "otto was given a new password by a command on the server."


def test_a_service_says_for_whom_it_acts(ada: User):
    cleo = set_user(username="cleo", password=PASSWORD, role=Role.VIEWER, actor=ada)
    assert set(CredentialChange.objects.filter(user=cleo).values_list("what", "by")) == {
        ("password", ada.pk),
        ("role", ada.pk),
    }


def test_a_password_that_is_only_hashed_anew_at_a_sign_in_is_no_new_one(otto: User, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    User.objects.filter(pk=otto.pk).update(password=make_password(PASSWORD, hasher="md5"))
    before = CredentialChange.objects.count()
    assert Client().login(username="otto", password=PASSWORD)
    otto.refresh_from_db()
    assert otto.password.startswith("pbkdf2_sha256$")
    assert CredentialChange.objects.count() == before


def test_a_sign_in_says_what_somebody_else_has_changed(otto: User, ada: User):
    set_user(username="otto", password=NEW, role=Role.OPERATOR, actor=ada)
    page = Client().post("/sign-in", {"username": "otto", "password": NEW}, follow=True).content.decode()
    assert "ada has set your password on" in page
    assert "ada has set your role on" in page
    own = Client().post("/sign-in", {"username": "ada", "password": PASSWORD}, follow=True).content.decode()
    assert "A command on the server has set your password on" in own


def test_the_owner_is_written_to_and_nobody_else(otto: User, ada: User, settings):
    settings.NOTIFY_EMAILS, settings.EMAIL_FROM = ["team@example.org"], "homeroom@example.org"
    set_user(username="ada", password=NEW, role=Role.ADMINISTRATOR, actor=None)
    assert deliver_due() == 0, "ada has no address"
    User.objects.filter(pk=otto.pk).update(email="otto@example.org")
    set_user(username="otto", password=NEW, role=Role.OPERATOR, actor=ada)
    assert deliver_due() == 2
    assert [message.to for message in mail.outbox] == [["otto@example.org"]] * 2
    bodies = "".join(str(message.body) for message in mail.outbox)
    assert "otto was given a new password by ada." in bodies
    assert NEW not in bodies
