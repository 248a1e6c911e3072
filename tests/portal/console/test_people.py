"""People in the console: invited by a link that holds once, given roles, kept out at once, and reviewed."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.sign_in.reauthentication import SIGNED_IN_AT
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.states.runs import RunState
from registry.accounts import people
from registry.accounts.models import Credential, CredentialChange, User
from registry.accounts.people import give_role, invitation, invite, invited, let_in
from registry.accounts.roles import NotAllowedError, Role, role_of
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person, a_registration, moved

pytestmark = pytest.mark.django_db
CHOSEN = "four words that nobody else has"


@pytest.fixture
def ada() -> User:
    return a_person(Role.ADMINISTRATOR, "ada")


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_whoever_is_invited_chooses_a_password_by_a_link_that_holds_once(client: Client):
    answer = client.post("/people/new", {"username": "otto", "email": "", "role": "Operator"})
    (link,) = re.findall(r'id="link">http://testserver([^<]+)<', answer.content.decode())
    assert "no-cache" in answer["Cache-Control"]
    otto = User.objects.get(username="otto")
    assert (role_of(otto), otto.has_usable_password()) == (Role.OPERATOR, False)
    somebody = Client()
    assert somebody.get(link).status_code == 200
    assert somebody.post(link, {"new_password1": "short", "new_password2": "short"}).status_code == 422
    assert somebody.post(link, {"new_password1": CHOSEN, "new_password2": CHOSEN}).status_code == 302
    assert fresh(otto).check_password(CHOSEN)
    assert somebody.get(link).status_code == 404
    assert somebody.get("/invited/anything").status_code == 404


def test_a_link_ends_with_its_time_with_the_next_use_and_with_the_right_to_come_in(ada: User, monkeypatch):
    otto = invite(username="otto", email="", role=Role.OPERATOR, actor=ada)
    token = invitation(otto, actor=ada)
    assert invited(token) == otto
    let_in(otto, active=False, actor=ada)
    assert invited(token) is None
    let_in(otto, active=True, actor=ada)
    assert invited(token) is None, "what was kept out begins anew"
    token = invitation(fresh(otto), actor=ada)
    monkeypatch.setattr(people, "INVITED_FOR", timedelta(seconds=-1))
    assert invited(token) is None


def test_where_mail_leaves_the_link_is_sent_and_not_shown(client: Client, settings):
    settings.EMAIL_FROM, settings.PUBLIC_URL = "homeroom@example.com", "https://portal.example.com"
    answer = client.post(
        "/people/new", {"username": "otto", "email": "otto@example.com", "role": "Viewer"}, follow=True
    )
    assert mail.outbox[-1].to == ["otto@example.com"]
    assert "https://portal.example.com/invited/" in mail.outbox[-1].body
    assert "/invited/" not in answer.content.decode()


@pytest.mark.parametrize("name", ["ada", "Ada", "system", "a\u200bda", "\u0430da"])
def test_nobody_is_invited_under_a_name_that_could_be_anothers(client: Client, name: str):
    before = User.objects.count()
    assert client.post("/people/new", {"username": name, "role": "Viewer"}).status_code == 422
    assert User.objects.count() == before


def test_whoever_is_kept_out_is_out_at_once(client: Client):
    otto = a_person(Role.OPERATOR, "otto")
    his = Client()
    his.force_login(otto)
    assert his.get("/").status_code == 200
    client.post(f"/people/{otto.pk}/act", {"act": "out"})
    assert his.get("/").status_code == 302
    assert not fresh(otto).is_active
    client.post(f"/people/{otto.pk}/act", {"act": "in"})
    assert his.get("/").status_code == 302, "a session of before stays ended"


def test_a_role_that_changes_and_a_button_end_sessions(client: Client):
    otto = a_person(Role.OPERATOR, "otto")
    for data in ({"act": "role", "role": "Viewer"}, {"act": "sessions"}):
        his = Client()
        his.force_login(fresh(otto))
        assert his.get("/").status_code == 200
        client.post(f"/people/{otto.pk}/act", data)
        assert his.get("/").status_code == 302
    assert role_of(fresh(otto)) is Role.VIEWER
    assert not fresh(otto).is_staff
    client.post(f"/people/{otto.pk}/act", {"act": "role", "role": ""})
    assert role_of(fresh(otto)) is None


def test_what_is_no_role_takes_none_away(client: Client):
    otto = a_person(Role.OPERATOR, "otto")
    answer = client.post(f"/people/{otto.pk}/act", {"act": "role", "role": "Emperor"}, follow=True)
    assert "Emperor is not one of the available choices" in answer.content.decode()
    assert role_of(fresh(otto)) is Role.OPERATOR


def test_the_last_administrator_and_oneself_keep_role_and_entry(ada: User):
    anna = a_person(Role.ADMINISTRATOR, "anna")
    with pytest.raises(ValidationError, match="yourself"):
        give_role(ada, Role.VIEWER, actor=ada)
    with pytest.raises(ValidationError, match="yourself"):
        let_in(ada, active=False, actor=ada)
    let_in(ada, active=False, actor=anna)
    with pytest.raises(ValidationError, match="Nobody else"):
        give_role(anna, None, actor=None)
    assert role_of(fresh(anna)) is Role.ADMINISTRATOR


def test_only_administrators_who_signed_in_lately_change_people(ada: User, client: Client):
    otto, vera = a_person(Role.OPERATOR, "otto"), a_person(Role.VIEWER, "vera")
    his = Client()
    his.force_login(otto)
    for address in ("/people", "/people/new", f"/people/{vera.pk}", "/people/export"):
        assert his.get(address).status_code == 403
    assert his.post(f"/people/{vera.pk}/act", {"act": "out"}).status_code == 403
    with pytest.raises(NotAllowedError):
        invite(username="new", email="", role=Role.VIEWER, actor=otto)
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=2)).isoformat()
    session.save()
    answer = client.post(f"/people/{vera.pk}/act", {"act": "out"})
    assert answer.headers["Location"].startswith("/sign-in/again")
    assert fresh(vera).is_active


def test_the_access_review_says_who_has_what_since_when_and_its_export_is_on_record(client: Client, ada: User):
    vera = a_person(Role.VIEWER, "vera")
    give_role(vera, Role.OPERATOR, actor=ada)
    answer = client.get("/people/export")
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = {row["username"]: row for row in csv.DictReader(io.StringIO(content))}
    assert (rows["vera"]["role"], rows["vera"]["role_by"], rows["vera"]["last_sign_in"]) == ("Operator", "ada", "")
    assert rows["ada"]["last_act"]
    assert AuditEvent.objects.filter(action=AuditAction.ACCESS_REVIEWED, actor=ada).count() == 1


def test_a_list_of_many_people_asks_as_often_as_one_of_few(client: Client):

    a_person(Role.VIEWER)
    client.get("/people")
    with CaptureQueriesContext(connection) as few:
        client.get("/people")
    for _ in range(12):
        a_person(Role.OPERATOR)
    with CaptureQueriesContext(connection) as many:
        client.get("/people")
    assert len(many) == len(few)


def waits_for_a_second(asked_by: User) -> Run:
    run = moved(moved(onboard(registration=a_registration(), actor=asked_by), RunState.SYNTHESIZING), RunState.PLANNING)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["It is production."], plan_expires_at=later)
    return moved(run, RunState.AWAITING_APPROVAL)


@pytest.mark.parametrize("after_the_link", [timedelta(), timedelta(days=2)])
def test_who_asked_for_a_run_does_not_approve_it_as_somebody_whose_link_they_made(
    client: Client, ada: User, after_the_link: timedelta
):
    otto = a_person(Role.OPERATOR, "otto")
    CredentialChange.objects.all().delete()
    answer = client.post(f"/people/{otto.pk}/act", {"act": "link"})
    (link,) = re.findall(r'id="link">http://testserver([^<]+)<', answer.content.decode())
    made = CredentialChange.objects.get()
    assert (made.user, made.by, made.what) == (otto, ada, Credential.LINK), "and the notice that goes with it"
    CredentialChange.objects.update(at=timezone.now() - after_the_link)
    run = waits_for_a_second(ada)
    privately = Client()
    assert privately.post(link, {"new_password1": CHOSEN, "new_password2": CHOSEN}).status_code == 302
    assert privately.post("/sign-in", {"username": "otto", "password": CHOSEN}, follow=True).status_code == 200
    answer = privately.post(f"/runs/{run.number}/decide", {"decision": "approved"}, follow=True)
    assert "ada has given you a password or a role" in answer.content.decode()
    run.refresh_from_db()
    assert run.state == RunState.AWAITING_APPROVAL
    chosen = AuditEvent.objects.get(action=AuditAction.PASSWORD_SET, message__contains="by a link")
    assert (chosen.actor, chosen.message) == (otto, "otto chose a password by a link.")


def test_a_link_is_on_record_and_told_at_the_next_sign_in(client: Client):
    otto = a_person(Role.OPERATOR, "otto")
    client.post(f"/people/{otto.pk}/act", {"act": "link"})
    page = Client().post("/sign-in", {"username": "otto", "password": PASSWORD}, follow=True).content.decode()
    assert "ada has set your link to a new password on" in page
    assert AuditEvent.objects.filter(action=AuditAction.USER_INVITED, subject_id="otto").count() == 1
