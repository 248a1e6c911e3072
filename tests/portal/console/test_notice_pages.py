"""Notices in the console: endpoints with secrets shown once, deliveries sent again, and everybody's inbox."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from portal.console import context
from portal.console.pages.notices import views as notices
from portal.sign_in.reauthentication import SIGNED_IN_AT
from provisioning.models import Notice, NoticeEndpoint, PersonalNotices
from provisioning.notices.endpoints import send_test
from provisioning.notices.outbox import announce_drift
from registry.accounts.roles import Role
from tests.builders import a_district, a_person
from tests.markup import squeezed

pytestmark = pytest.mark.django_db
ADDRESS = "https://1.1.1.1/hook/with-a-token"
GIVEN = {"name": "Ops", "kind": "webhook", "address": ADDRESS}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(notices, "ask_workers", calls.append)
    return calls


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR, "ada"))
    return client


def text(answer) -> str:
    return str(answer.content.decode())


def test_a_secret_is_shown_in_the_answer_that_makes_it_and_nowhere_else(client: Client):
    answer = client.post("/notices/new", GIVEN)
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", text(answer))
    assert "no-cache" in answer["Cache-Control"]
    endpoint = NoticeEndpoint.objects.get()
    pages = [text(client.get(address)) for address in ("/notices", f"/notices/{endpoint.pk}", "/audit")]
    assert not any(secret in page or "with-a-token" in page for page in pages)
    assert all("1.1.1.1" in page for page in pages[:2])
    (another,) = re.findall(
        r"whsec_[A-Za-z0-9+/=]+", text(client.post(f"/notices/{endpoint.pk}/act", {"act": "rotate"}))
    )
    assert another != secret


def test_an_endpoint_that_fails_says_since_when_what_comes_of_it_and_what_to_do(client: Client):
    client.post("/notices/new", GIVEN)
    endpoint = NoticeEndpoint.objects.get()
    assert 'id="failing"' not in text(client.get(f"/notices/{endpoint.pk}"))
    NoticeEndpoint.objects.update(failing_since=timezone.now() - timedelta(hours=5))
    told = squeezed(text(client.get(f"/notices/{endpoint.pk}"))).partition('id="failing"')[2]
    assert "5 h ago" in told
    assert "after 3 days of failures the endpoint is switched off" in told
    assert "then send a test" in told


def test_an_address_inside_is_refused_beside_its_field(client: Client):
    answer = client.post("/notices/new", GIVEN | {"address": "https://169.254.169.254/"})
    assert answer.status_code == 422
    assert "leads inside" in text(answer)
    assert not NoticeEndpoint.objects.exists()


def test_an_endpoint_is_changed_tested_switched_and_removed(client: Client, asked: list[str]):
    client.post("/notices/new", GIVEN)
    endpoint = NoticeEndpoint.objects.get()
    path = f"/notices/{endpoint.pk}"
    sealed = endpoint.sealed_address
    suffix = a_district().suffix
    changed = {"name": "Night shift", "address": "", "occasions": ["run.failed"], "districts": suffix}
    assert client.post(path, changed).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.occasions, endpoint.sealed_address) == ("Night shift", ["run.failed"], sealed)
    assert [district.suffix for district in endpoint.districts.all()] == [suffix]
    assert client.post(path, changed | {"districts": "no-such"}).status_code == 422
    client.post(f"{path}/act", {"act": "test"})
    assert asked == ["provisioning.send_notices"]
    client.post(f"{path}/act", {"act": "off"})
    assert "Switched off" in text(client.get(path))
    notice = Notice.objects.get()
    assert "switched off" in text(client.post(f"/notices/deliveries/{notice.pk}/again", follow=True))
    client.post(f"{path}/act", {"act": "on"})
    client.post(f"/notices/deliveries/{notice.pk}/again")
    assert len(asked) == 2
    client.post(f"{path}/act", {"act": "nonsense"})
    client.post(f"{path}/act", {"act": "remove"})
    assert not NoticeEndpoint.objects.exists()


def test_only_administrators_who_signed_in_lately_touch_endpoints(client: Client):
    client.post("/notices/new", GIVEN)
    endpoint = NoticeEndpoint.objects.get()
    otto = Client()
    otto.force_login(a_person(Role.OPERATOR))
    for address in ("/notices", "/notices/new", f"/notices/{endpoint.pk}"):
        assert otto.get(address).status_code == 403
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=2)).isoformat()
    session.save()
    for address in ("/notices/new", f"/notices/{endpoint.pk}", f"/notices/{endpoint.pk}/act"):
        answer = client.post(address, GIVEN | {"act": "remove"})
        assert answer.headers["Location"].startswith("/sign-in/again")
    assert NoticeEndpoint.objects.filter(name="Ops").exists()


def test_a_delivery_of_no_endpoint_is_none_that_is_sent_again(client: Client):
    notice = Notice.objects.create(
        occasion="run.failed", channel="email", sentence="x", path="/", due_at=timezone.now()
    )
    assert client.post(f"/notices/deliveries/{notice.pk}/again").status_code == 404


def test_the_inbox_shows_what_came_and_its_count_goes_when_it_is_read(client: Client):
    announce_drift(a_district(name="Lakeside Unified"), 2)
    request = RequestFactory().get("/")
    request.user = PersonalNotices(user=a_person(Role.VIEWER, "vera")).user
    template = Template("{{ inbox_count }}")
    before = int(template.render(Context(context.inbox(request))))
    assert before >= 1
    vera = Client()
    vera.force_login(request.user)
    page = text(vera.get("/inbox"))
    assert "Lakeside Unified has drifted" in page
    (newest,) = re.findall(r'name="newest" value="(\d+)"', page)
    vera.post("/inbox/read", {"newest": newest})
    assert template.render(Context(context.inbox(request))) == "0"
    assert "unread" not in text(vera.get("/inbox"))
    for value in ("", "x", "9" * 40, "-1"):
        assert vera.post("/inbox/read", {"newest": value}).status_code == 302


def test_the_count_is_asked_for_only_where_it_is_shown(django_assert_num_queries):
    request = RequestFactory().get("/")
    request.user = a_person(Role.VIEWER)
    with django_assert_num_queries(0):
        context.inbox(request)


def test_a_person_chooses_mail_where_there_is_any(client: Client, settings):
    assert "sends no mail" in text(client.get("/inbox"))
    settings.EMAIL_FROM = "homeroom@example.com"
    user = a_person(Role.VIEWER, "vera")
    user.email = "vera@example.com"
    user.save()
    vera = Client()
    vera.force_login(user)
    vera.post("/inbox/mail", {"by_mail": ["run.failed", "rollout.halted"]})
    assert PersonalNotices.objects.get(user=user).by_mail == ["run.failed", "rollout.halted"]
    assert text(vera.get("/inbox")).count("checked") == 2
    vera.post("/inbox/mail", {"by_mail": ["nonsense"]})
    assert PersonalNotices.objects.get(user=user).by_mail == ["run.failed", "rollout.halted"]


def test_what_an_endpoint_answered_is_shown_as_text(client: Client):
    client.post("/notices/new", GIVEN)
    notice = send_test(endpoint=NoticeEndpoint.objects.get(), actor=None)
    notice.tries.create(status=500, answer="<b>no</b>", error="The receiver answered 500.")
    page = text(client.get(f"/notices/{notice.endpoint_id}"))
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "The receiver answered 500." in page
