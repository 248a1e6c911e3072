"""Second factors: who has to have one, what asks for it, and how long it holds."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from celery import current_app
from django.core import mail
from django.test import Client
from django.utils import timezone

from registry.accounts.factors import has_factor
from registry.accounts.models import User
from registry.accounts.reset import send_link
from registry.accounts.roles import Role
from registry.accounts.services import set_user
from registry.accounts.sessions import BEGAN, USED
from registry.accounts.tasks import send_reset
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ACTIVATE = "/account/factors/totp/activate/"


def code(secret: str = SECRET, later: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def with_factor(role: Role = Role.OPERATOR) -> User:
    person = a_person(role)
    TOTP.activate(person, SECRET)
    return person


def signed_in(person: User, value: str = "") -> Client:
    client = Client()
    answer = client.post("/sign-in", {"username": person.username, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/account/factors/authenticate/")
    client.post("/account/factors/authenticate/", {"code": value or code()})
    return client


def comes_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def test_a_password_alone_is_not_enough_for_who_has_a_factor():
    person = with_factor()
    client = Client()
    client.post("/sign-in", {"username": person.username, "password": PASSWORD})
    assert not comes_in(client)
    answer = client.post("/account/factors/authenticate/", {"code": "000000"})
    assert answer.status_code == 200
    assert not comes_in(client)
    assert AuditEvent.objects.filter(action=AuditAction.USER_SIGN_IN_FAILED, actor=person).count() == 1
    client.post("/account/factors/authenticate/", {"code": code()})
    assert comes_in(client)


def test_a_code_is_good_once():
    person, used = with_factor(), code()
    assert comes_in(signed_in(person, used))
    assert not comes_in(signed_in(person, used))


def test_an_authenticator_app_is_added_with_recovery_codes(django_capture_on_commit_callbacks: Any):
    person = a_person()
    client = Client()
    client.force_login(person)
    assert client.get(ACTIVATE)["Location"].startswith("/sign-in/again?next=")
    client.post("/sign-in/again", {"password": PASSWORD, "next": ACTIVATE})
    secret = client.get(ACTIVATE).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(ACTIVATE, {"code": code(secret)}).status_code == 302
    assert has_factor(person)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored, "keys are encrypted"
    events = AuditEvent.objects.filter(action=AuditAction.FACTOR_ADDED, actor=person)
    assert {event.message for event in events} == {
        f"{person.username} added an authenticator app as a second factor.",
        f"{person.username} added recovery codes as a second factor.",
    }
    page = client.get("/account/factors/recovery-codes/")
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    assert codes[0] in page.content.decode()
    assert codes[0] not in client.get("/account/factors/recovery-codes/").content.decode(), "shown once"
    assert comes_in(signed_in(person, codes[0]))
    assert not comes_in(signed_in(person, codes[0]))
    assert AuditEvent.objects.filter(action=AuditAction.FACTOR_USED, actor=person).count() == 1


def test_who_can_change_anything_has_to_have_one(settings: Any):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    for answer in (
        client.get("/"),
        client.post("/districts/new", {"name": "X"}),
        client.get("/admin/"),
        client.get("/accounts/123456789012/access"),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account?next=")
    assert "Add a second factor first" in client.get("/account").content.decode()
    viewer = Client()
    viewer.force_login(a_person(Role.VIEWER))
    assert viewer.get("/").status_code == 200


def test_who_has_one_has_to_have_used_it_in_this_session(settings: Any):
    settings.REQUIRE_SECOND_FACTOR = True
    person = with_factor()
    client = Client()
    client.force_login(person)
    assert client.get("/")["Location"].startswith("/sign-in/again?next=")
    assert client.post("/sign-in/again", {"password": PASSWORD}).status_code == 422
    assert client.post("/sign-in/again", {"code": code(), "next": "/system"})["Location"] == "/system"
    assert client.get("/").status_code == 200
    assert signed_in(person, code(later=1)).get("/").status_code == 200


def test_what_cannot_be_undone_asks_for_it_again_after_a_while():
    client = signed_in(with_factor(Role.ADMINISTRATOR))
    assert client.get("/admin/accounts/user/add/").status_code == 200
    session = client.session
    session["factor_at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
    session.save()
    assert client.get("/admin/accounts/user/add/")["Location"].startswith("/sign-in/again")
    page = client.get("/sign-in/again").content.decode()
    assert "Code" in page
    assert "Your password" not in page
    client.post("/sign-in/again", {"code": code(later=1)})
    assert client.get("/admin/accounts/user/add/").status_code == 200


def test_with_a_factor_a_password_may_be_shorter():
    person = with_factor()
    client = signed_in(person)
    form = {"old_password": PASSWORD, "new_password1": "xq7-Tulip", "new_password2": "xq7-Tulip"}
    assert client.post("/account/password", form).status_code == 302
    person.refresh_from_db()
    assert person.check_password("xq7-Tulip")


@pytest.mark.parametrize(("key", "ago"), [(USED, timedelta(minutes=61)), (BEGAN, timedelta(hours=13))])
def test_a_session_ends_that_stood_idle_or_is_old(key: str, ago: timedelta):
    client = Client()
    client.force_login(a_person())
    assert comes_in(client)
    session = client.session
    session[key] = (timezone.now() - ago).isoformat()
    session.save()
    assert not comes_in(client)


def test_what_a_page_asks_for_by_itself_keeps_no_session_alive():
    client = Client()
    client.force_login(a_person())
    session = client.session
    session[USED] = before = (timezone.now() - timedelta(minutes=30)).isoformat()
    session.save()
    client.get("/", headers={"HX-Request": "true"})
    assert client.session[USED] == before
    client.get("/")
    assert client.session[USED] > before


def test_sessions_are_listed_and_ended():
    person = a_person()
    clients = [Client(HTTP_USER_AGENT=name) for name in ("Firefox", "Chromium", "Safari")]
    for client in clients:
        client.post("/sign-in", {"username": person.username, "password": PASSWORD})
    first = clients[0].get("/account")
    assert [name in first.content.decode() for name in ("Firefox", "Chromium", "Safari")] == [True] * 3
    chromium = next(session for session in first.context["sessions"] if session.user_agent == "Chromium")
    clients[0].post("/account/sessions/end", {"session": chromium.pk})
    assert [comes_in(client) for client in clients] == [True, False, True]
    assert AuditEvent.objects.filter(action=AuditAction.SESSION_REVOKED, actor=person).count() == 1
    clients[0].post("/account/sessions/end-others")
    assert [comes_in(client) for client in clients] == [True, False, False]
    stranger = Client()
    stranger.force_login(a_person())
    mine = clients[0].get("/account").context["sessions"][0]
    assert stranger.post("/account/sessions/end", {"session": mine.pk}).status_code == 404


def test_a_role_that_is_taken_ends_every_session_at_once():
    person = a_person(Role.OPERATOR)
    client = Client()
    client.force_login(person)
    set_user(username=person.username, password=PASSWORD, role=Role.VIEWER)
    assert not comes_in(client)


def test_a_link_to_a_new_password_is_good_once(settings: Any):
    settings.EMAIL_FROM, settings.PUBLIC_URL = "homeroom@example.org", "https://portal.example.org"
    person = a_person()
    User.objects.filter(pk=person.pk).update(email="otto@example.org")
    assert send_link("nobody@example.org") == 0
    assert send_link("OTTO@example.org") == 1
    link = next(line for line in str(mail.outbox[0].body).splitlines() if line.startswith("https://")).removeprefix(
        settings.PUBLIC_URL
    )
    client = Client()
    page = client.get(link, follow=True)
    new = "a new one of fifteen and more"
    form = {"new_password1": new, "new_password2": new}
    assert client.post(page.redirect_chain[-1][0], form)["Location"] == "/sign-in"
    person.refresh_from_db()
    assert person.check_password(new)
    assert "was used before" in Client().get(link, follow=True).content.decode()
    statuses = [
        Client().post("/sign-in/reset", {"email": email}).status_code for email in ("otto@example.org", "x@y.org")
    ]
    assert statuses == [302, 302]


def test_a_link_to_a_new_password_comes_in_the_language_of_who_asked(settings: Any, monkeypatch: pytest.MonkeyPatch):
    settings.EMAIL_FROM, settings.PUBLIC_URL = "homeroom@example.org", "https://portal.example.org"
    User.objects.filter(pk=a_person().pk).update(email="otto@example.org")
    monkeypatch.setattr(current_app, "send_task", lambda name, args: send_reset(*args))
    Client(headers={"accept-language": "es"}).post("/sign-in/reset", {"email": "otto@example.org"})
    Client().post("/sign-in/reset", {"email": "otto@example.org"})
    spanish, english = mail.outbox
    assert spanish.subject == "Homeroom: una contraseña nueva"
    assert "Elija una aquí" in str(spanish.body)
    assert english.subject == "Homeroom: a new password"
    assert "Choose one here" in str(english.body)
