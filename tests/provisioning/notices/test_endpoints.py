"""Endpoints: who hears of what, in which order, what each was answered, and that no secret is readable."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from messages.message import verbatim
from provisioning.errors import ServiceRefusedError
from provisioning.models import Announcement, Notice, NoticeEndpoint, Rollout, RolloutMember
from provisioning.notices import outbox
from provisioning.notices.endpoints import (
    EndpointValues,
    change_endpoint,
    create_endpoint,
    redeliver,
    remove_endpoint,
    rotate_secret,
    send_test,
    switch,
)
from provisioning.notices.inbox import choose_mail, inbox_of, mark_read, unread_count
from provisioning.notices.outbox import announce_drift, announce_halt, deliver_due, forget_old
from registry.accounts.models import Credential, CredentialChange, User
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_district, a_person
from tests.registry.outbound.receiver import LOOPBACK, Receiver, receiving

pytestmark = pytest.mark.django_db
Names = tuple[str, ...]


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.OUTBOUND_NETWORKS = LOOPBACK
    settings.PUBLIC_URL = "https://portal.example.com"
    with receiving() as server:
        yield server


def an_endpoint(
    receiver: Receiver, kind: str = "webhook", name: str = "Ops", **more: tuple[str, ...]
) -> tuple[NoticeEndpoint, str]:
    return create_endpoint(values=EndpointValues(name=name, kind=kind, address=receiver.url, **more), actor=None)


def verified(headers: dict[str, str], body: bytes, key: str) -> bool:
    """Return whether one of the signatures is this secret's, as a receiver's library would."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    raw = base64.b64decode(key.removeprefix("whsec_"))
    signature = "v1," + base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()
    return signature in headers["webhook-signature"].split(" ")


def due_now() -> None:
    Notice.objects.update(due_at=timezone.now())


def test_a_webhook_gets_what_any_library_of_the_standard_verifies(receiver):
    _, secret = an_endpoint(receiver)
    district = a_district(name="Lakeside Unified")
    announce_drift(district, 3)
    assert deliver_due() == 1
    ((headers, body),) = receiver.taken
    assert verified(headers, body, secret)
    assert not verified(headers, body + b" ", secret)
    payload = json.loads(body)
    assert payload["type"] == "district.drifted"
    assert payload["data"]["district"]["suffix"] == district.suffix
    assert payload["data"]["url"] == f"https://portal.example.com/districts/{district.suffix}/drift"
    notice = Notice.objects.get()
    assert headers["webhook-id"] == str(notice.key)
    assert [attempt.status for attempt in notice.tries.all()] == [204]


def test_both_secrets_sign_until_the_overlap_is_over(receiver):
    endpoint, former = an_endpoint(receiver)
    secret = rotate_secret(endpoint=endpoint, actor=None)
    send_test(endpoint=endpoint, actor=None)
    deliver_due()
    NoticeEndpoint.objects.update(former_until=timezone.now())
    send_test(endpoint=endpoint, actor=None)
    deliver_due()
    signed = [[verified(headers, body, key) for key in (former, secret)] for headers, body in receiver.taken]
    assert signed == [[True, True], [False, True]]


def test_neither_address_nor_secret_is_readable_in_the_database_or_the_record(receiver):
    _, secret = an_endpoint(receiver)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM provisioning_noticeendpoint e")
        (row,) = cursor.fetchone()
    events = str(list(AuditEvent.objects.values()))
    for text in (secret, secret.removeprefix("whsec_"), "in-the-path"):
        assert text not in row
        assert text not in events


def test_slack_and_teams_get_text_that_is_no_markup(receiver):
    an_endpoint(receiver, "slack", "Slack")
    an_endpoint(receiver, "teams", "Teams")
    announce_drift(a_district(name="A <!channel> & [x](https://evil.example)"), 1)
    assert deliver_due() == 2
    slack, teams = (json.loads(body) for _, body in receiver.taken)
    assert slack["text"].startswith("A &lt;!channel&gt; &amp; [x]")
    assert slack["mrkdwn"] is False
    (block,) = teams["attachments"][0]["content"]["body"]
    assert block["type"] == "RichTextBlock"
    assert block["inlines"][0]["text"].startswith("A <!channel>")


def test_mail_goes_to_all_addresses(settings, receiver):
    settings.EMAIL_FROM = "homeroom@example.com"
    values = EndpointValues(name="Mail", kind="mail", address="a@example.com, b@example.com")
    endpoint, secret = create_endpoint(values=values, actor=None)
    assert not secret
    send_test(endpoint=endpoint, actor=None)
    assert deliver_due() == 1
    assert mail.outbox[0].to == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize("address", ["nobody", "a@example.com\nBcc: b@example.com, c", "a@b", ""])
def test_what_is_no_mail_address_is_refused(settings, address):
    settings.EMAIL_FROM = "homeroom@example.com"
    with pytest.raises(ServiceRefusedError):
        create_endpoint(values=EndpointValues(name="Mail", kind="mail", address=address), actor=None)


def test_an_endpoint_hears_of_its_kinds_and_its_reach_alone(receiver):
    sandbox, other = a_district(), a_district()
    reaches: dict[str, dict[str, Names]] = {
        "all": {},
        "failures": {"occasions": ("run.failed",)},
        "drift": {"occasions": ("district.drifted",)},
        "sandbox": {"environments": ("sandbox",)},
        "production": {"environments": ("production",)},
        "named": {"districts": (sandbox.suffix,)},
        "other": {"districts": (other.suffix,)},
        "both": {"districts": (sandbox.suffix,), "environments": ("production",)},
    }
    for name, reach in reaches.items():
        an_endpoint(receiver, "webhook", name, **reach)
    announce_drift(sandbox, 1)
    names = set(Notice.objects.values_list("endpoint__name", flat=True))
    assert names == {"all", "drift", "sandbox", "named"}


def test_a_rollout_is_told_where_one_of_its_districts_is(receiver):
    inside, outside = a_district(), a_district()
    an_endpoint(receiver, name="inside", districts=(inside.suffix,))
    an_endpoint(receiver, name="outside", districts=(outside.suffix,))
    rollout = Rollout.objects.create(reason="x", waves=["100%"], halt_failures=1)
    RolloutMember.objects.create(rollout=rollout, district=inside, position=1, wave=1)
    announce_halt(rollout, verbatim("1 of 1 failed."))
    assert list(Notice.objects.values_list("endpoint__name", flat=True)) == ["inside"]


def test_of_one_district_a_later_notice_waits_for_an_earlier_one_and_of_others_none_does(receiver):
    an_endpoint(receiver)
    first, second = a_district(), a_district()
    announce_drift(first, 1)
    announce_drift(first, 2)
    receiver.answers.append(503)
    assert deliver_due() == 0
    announce_drift(second, 7)
    assert deliver_due() == 1
    assert [json.loads(body)["data"]["attributes"] for _, body in receiver.taken] == [1, 7]
    due_now()
    assert deliver_due() == 2
    assert [json.loads(body)["data"]["attributes"] for _, body in receiver.taken] == [1, 7, 1, 2]


def test_one_that_fails_does_not_keep_the_others_waiting(receiver):
    an_endpoint(receiver, name="dead")
    NoticeEndpoint.objects.update(sealed_address=outbox_address("http://127.0.0.1:9/"))
    an_endpoint(receiver, name="alive")
    announce_drift(a_district(), 1)
    assert deliver_due() == 1
    assert len(receiver.taken) == 1


def outbox_address(address: str) -> str:
    from provisioning.notices.endpoint_secrets import address_sealed

    return address_sealed(address)


def test_an_address_that_leads_inside_is_refused_when_saved_and_when_sent(receiver, settings):
    endpoint, _ = an_endpoint(receiver)
    settings.OUTBOUND_NETWORKS = []
    with pytest.raises(ServiceRefusedError, match="inside"):
        an_endpoint(receiver, name="Another")
    with pytest.raises(ServiceRefusedError, match="inside"):
        change_endpoint(
            endpoint=endpoint,
            values=EndpointValues(name="Ops", kind="", address="https://169.254.169.254/"),
            actor=None,
        )
    send_test(endpoint=endpoint, actor=None)
    assert deliver_due() == 0
    assert "inside" in Notice.objects.get().last_error
    assert not receiver.taken


def test_answers_are_kept_and_what_was_given_up_is_sent_again_with_its_id(receiver):
    endpoint, _ = an_endpoint(receiver)
    receiver.answers.append(500)
    notice = send_test(endpoint=endpoint, actor=None)
    assert deliver_due() == 0
    notice.refresh_from_db()
    assert notice.given_up_at is not None
    redeliver(notice=notice, actor=None)
    assert deliver_due() == 1
    tries = [(attempt.status, attempt.answer, attempt.error) for attempt in notice.tries.order_by("id")]
    assert tries == [(500, "so it is", "The receiver answered 500."), (204, "", "")]
    assert receiver.taken[0][0]["webhook-id"] == receiver.taken[1][0]["webhook-id"]


def test_one_that_takes_nothing_for_days_is_switched_off_and_administrators_hear_of_it(receiver):
    endpoint, _ = an_endpoint(receiver)
    announce_drift(a_district(), 1)
    announce_drift(a_district(), 2)
    receiver.answers += [500, 500]
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.is_enabled
    NoticeEndpoint.objects.update(failing_since=timezone.now() - outbox.DISABLED_AFTER)
    due_now()
    deliver_due()
    endpoint.refresh_from_db()
    assert not endpoint.is_enabled
    assert AuditEvent.objects.filter(action=AuditAction.ENDPOINT_DISABLED).count() == 1
    before = len(receiver.taken)
    due_now()
    deliver_due()
    assert len(receiver.taken) == before
    assert not Notice.objects.filter(sent_at=None, given_up_at=None).exists()
    announcements = Announcement.objects.filter(occasion="endpoint.disabled")
    assert announcements.count() == 1
    assert announcements.first() in inbox_of(a_person(Role.ADMINISTRATOR))
    assert announcements.first() not in inbox_of(a_person(Role.OPERATOR))
    switch(endpoint=endpoint, on=True, actor=None)
    announce_drift(a_district(), 1)
    assert deliver_due() == 1


def test_one_success_begins_the_count_of_days_anew(receiver):
    endpoint, _ = an_endpoint(receiver)
    NoticeEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=2))
    announce_drift(a_district(), 1)
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_only_administrators_touch_endpoints_and_every_act_is_on_record(receiver):
    operator, administrator = a_person(Role.OPERATOR), a_person(Role.ADMINISTRATOR)
    values = EndpointValues(name="Ops", kind="webhook", address=receiver.url)
    endpoint, _ = create_endpoint(values=values, actor=administrator)
    notice = send_test(endpoint=endpoint, actor=administrator)

    def acts(actor: User) -> tuple[Callable[[], object], ...]:
        return (
            lambda: change_endpoint(endpoint=endpoint, values=values, actor=actor),
            lambda: rotate_secret(endpoint=endpoint, actor=actor),
            lambda: switch(endpoint=endpoint, on=False, actor=actor),
            lambda: switch(endpoint=endpoint, on=True, actor=actor),
            lambda: redeliver(notice=notice, actor=actor),
            lambda: remove_endpoint(endpoint=endpoint, actor=actor),
        )

    with pytest.raises(NotAllowedError):
        create_endpoint(values=values, actor=operator)
    for act in acts(operator):
        with pytest.raises(NotAllowedError):
            act()
    before = AuditEvent.objects.filter(subject_kind="endpoint").count()
    for number, act in enumerate(acts(administrator), 1):
        act()
        assert AuditEvent.objects.filter(subject_kind="endpoint").count() == before + number


def test_the_inbox_counts_what_came_since_one_looked(receiver):
    vera = a_person(Role.VIEWER)
    own = inbox_of(vera).count()
    announce_drift(a_district(), 1)
    announce_drift(a_district(), 2)
    newest = inbox_of(vera).latest("pk")
    assert unread_count(vera) == own + 2
    mark_read(vera, newest.pk)
    assert unread_count(vera) == 0
    announce_drift(a_district(), 3)
    assert unread_count(vera) == 1
    mark_read(vera, 0)
    assert unread_count(vera) == 1, "what is seen stays seen"
    Announcement.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert unread_count(vera) == 0
    forget_old(90)
    assert not Announcement.objects.exists()


def test_nobody_sees_what_concerns_another_alone():
    otto, vera = a_person(Role.OPERATOR), a_person(Role.VIEWER)
    change = CredentialChange.objects.create(user=otto, by=None, what=Credential.PASSWORD)
    Announcement.objects.all().delete()
    outbox.announce_credential(change, verbatim("Otto was given a new password."))
    assert inbox_of(otto).count() == 1
    assert inbox_of(vera).count() == 0
    vera.groups.clear()
    assert inbox_of(type(vera).objects.get(pk=vera.pk)).count() == 0


def test_a_person_gets_by_mail_what_they_chose(settings):
    settings.EMAIL_FROM = "homeroom@example.com"
    vera, otto, nemo = a_person(Role.VIEWER), a_person(Role.OPERATOR), a_person(Role.OPERATOR)
    for person in (vera, otto, nemo):
        person.email = f"{person.username}@example.com"
        person.save()
    choose_mail(vera, ["district.drifted", "no.such.kind"])
    choose_mail(otto, ["run.failed"])
    choose_mail(nemo, ["district.drifted"])
    nemo.groups.clear()
    announce_drift(a_district(), 1)
    deliver_due()
    assert [message.to for message in mail.outbox] == [[vera.email]]
