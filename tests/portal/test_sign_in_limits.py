"""What a sign-in may be tried, what it may cost, and what is kept of it."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from registry.accounts import hashing, throttle
from registry.accounts.models import SignInCount
from registry.accounts.names import check_username
from registry.accounts.roles import Role
from registry.accounts.services import set_user
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db
TYPED = "hunter2-my-real-password"


def sign_in(username: str, password: str, address: str = "198.51.100.7"):
    return Client(REMOTE_ADDR=address).post("/sign-in", {"username": username, "password": password})


def test_after_so_many_wrong_passwords_the_right_one_is_not_looked_at():
    person = a_person()
    for _ in range(throttle.PER_ACCOUNT):
        assert sign_in(person.username, "wrong").status_code == 200
    refused = sign_in(person.username, PASSWORD, "203.0.113.9")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= throttle.WINDOW.total_seconds()
    assert "Too many tries to sign in" in refused.content.decode()


def test_who_does_not_exist_gets_the_same_answers():
    person = a_person()
    for _ in range(throttle.PER_ACCOUNT):
        known, unknown = sign_in(person.username, "wrong"), sign_in("nobody-of-ours", "wrong", "203.0.113.9")
        assert known.status_code == unknown.status_code
    assert sign_in("nobody-of-ours", "wrong", "203.0.113.9").status_code == 429


def test_one_address_cannot_try_one_password_on_everybody():
    for number in range(throttle.PER_ADDRESS):
        sign_in(f"guess-{number}", "Spring2026!")
    person = a_person()
    assert sign_in(person.username, PASSWORD).status_code == 429
    assert sign_in(person.username, PASSWORD, "203.0.113.9").status_code == 302


def test_addresses_of_one_ipv6_network_are_one():
    assert throttle.address_key("2001:db8::1") == throttle.address_key("2001:db8::ffff:2")
    assert throttle.address_key("2001:db8::1") != throttle.address_key("2001:db8:0:1::1")


def test_the_window_ends_and_what_is_over_is_forgotten():
    person = a_person()
    for _ in range(throttle.PER_ACCOUNT + 1):
        sign_in(person.username, "wrong")
    SignInCount.objects.update(until=timezone.now() - throttle.WINDOW * 2)
    assert sign_in(person.username, PASSWORD).status_code == 302
    assert SignInCount.objects.filter(until__lt=timezone.now()).count() == 0


def test_a_right_password_and_a_new_one_begin_anew():
    person = a_person()
    for _ in range(throttle.PER_ACCOUNT - 1):
        sign_in(person.username, "wrong")
    assert sign_in(person.username, PASSWORD).status_code == 302
    for _ in range(throttle.PER_ACCOUNT + 1):
        sign_in(person.username, "wrong", "203.0.113.9")
    set_user(username=person.username, password=PASSWORD, role=Role.OPERATOR)
    assert sign_in(person.username, PASSWORD).status_code == 302


def test_asking_again_is_counted_as_well():
    person = a_person()
    client = Client()
    client.force_login(person)
    answers = [
        client.post("/sign-in/again", {"password": "wrong"}).status_code for _ in range(throttle.PER_ACCOUNT + 1)
    ]
    assert answers == [422] * throttle.PER_ACCOUNT + [429]


def test_a_password_typed_as_a_user_name_is_kept_nowhere(caplog):
    viewer = Client()
    viewer.force_login(a_person(Role.VIEWER))
    sign_in(TYPED, "x")
    event = AuditEvent.objects.filter(action=AuditAction.USER_SIGN_IN_FAILED).latest("id")
    assert event.subject_id.startswith("unknown:")
    assert TYPED not in str([list(AuditEvent.objects.values_list()), list(SignInCount.objects.values_list())])
    assert TYPED not in viewer.get("/audit").content.decode()
    assert TYPED not in caplog.text
    sign_in(TYPED, "x")
    assert AuditEvent.objects.filter(subject_id=event.subject_id).count() == 2, "the same name is the same digest"


def test_a_failed_sign_in_of_somebody_names_them():
    person = a_person(username="otto")
    sign_in("otto", "wrong")
    event = AuditEvent.objects.filter(action=AuditAction.USER_SIGN_IN_FAILED).latest("id")
    assert (event.subject_id, event.message) == (person.username, "A sign-in as otto failed.")


def test_only_so_many_passwords_are_hashed_at_a_time():
    gate = hashing.Gate(at_once=1, waiting=1, seconds=5)
    inside, leave = threading.Event(), threading.Event()
    through: list[str] = []

    def hold() -> None:
        with gate.passed():
            inside.set()
            leave.wait(5)
            through.append("held")

    def wait_behind() -> None:
        with gate.passed():
            through.append("waited")

    first, second = threading.Thread(target=hold), threading.Thread(target=wait_behind)
    first.start()
    assert inside.wait(5)
    second.start()
    while gate._places.acquire(blocking=False):
        gate._places.release()
    with pytest.raises(hashing.BusyError), gate.passed():
        pass
    leave.set()
    first.join()
    second.join()
    assert through == ["held", "waited"]


def test_a_portal_with_too_many_sign_ins_says_so(monkeypatch, settings):
    settings.PASSWORD_HASHERS = ["registry.accounts.hashing.GatedPBKDF2PasswordHasher"]
    monkeypatch.setattr(hashing, "gate", hashing.Gate(at_once=1, waiting=0, seconds=0.01))
    with hashing.gate.passed():
        busy = sign_in("anybody", "at all")
    assert busy.status_code == 503
    assert busy["Retry-After"] == "5"


@pytest.mark.parametrize(
    "name",
    [
        "Homeroom",
        "h0meroom",
        "home.room",
        "system",
        "ad\u200bmin",
        "\u0430dmin",
        "otto\u202e",
        "otto adams",
        "",
        "-otto",
    ],
)
def test_a_name_that_could_be_taken_for_another_is_refused(name):
    with pytest.raises(ValidationError):
        check_username(name)


def test_a_name_drawn_like_somebodys_is_refused():
    a_person(username="Admin1")
    for name in ("admin1", "adm1n1", "Adminl", "adrnin1"):
        with pytest.raises(ValidationError):
            set_user(username=name, password=PASSWORD, role=Role.VIEWER)


def test_an_administrator_cannot_make_one_either():
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR, "ada"))
    form = {"username": "Homeroom", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    page = client.post("/admin/accounts/user/add/", form)
    assert "goes by this name" in page.content.decode()


def test_going_out_and_being_refused_are_on_record():
    viewer = a_person(Role.VIEWER, "vera")
    client = Client()
    client.force_login(viewer)
    assert client.get("/districts/new").status_code == 403
    assert client.get("/admin/accounts/user/").status_code in (302, 403)
    event = AuditEvent.objects.filter(action=AuditAction.ACCESS_REFUSED).latest("id")
    assert (event.actor, event.outcome, event.subject_id) == (viewer, "refused", "console:register")
    client.post("/sign-out")
    assert AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_OUT).latest("id").actor == viewer


def test_user_names_cannot_be_asked_for_by_number():
    ada = a_person(Role.ADMINISTRATOR, "ada")
    client = Client()
    client.force_login(a_person(Role.OPERATOR, "otto"))
    answer = client.get(f"/admin/accounts/user/{ada.pk}/history/")
    assert answer.status_code == 403
    assert "ada" not in answer.get("Location", "")


def test_the_admin_has_no_door_of_its_own():
    person = a_person(Role.ADMINISTRATOR)
    answer = Client().post("/admin/login/", {"username": person.username, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")


@pytest.mark.parametrize("role", list(Role))
def test_everybody_changes_their_own_password(role):
    person = a_person(role)
    client, other_client = Client(), Client()
    client.force_login(person)
    other_client.force_login(person)
    new = "a much longer new one"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/account/password", form).status_code == 302
    assert client.get("/account").status_code == 200
    assert other_client.get("/account").status_code == 302, "another session ends with the old password"
    person.refresh_from_db()
    assert person.check_password(new)


@pytest.mark.parametrize(
    ("password", "said"),
    [("short but 14 ch", ""), ("too short 14c", "at least 15"), ("passwordpassword", ""), ("a" * 257, "at most 256")],
)
def test_a_password_is_as_long_as_nist_asks(password, said):
    person = a_person()
    client = Client()
    client.force_login(person)
    form = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    page = client.post("/account/password", form)
    assert (said in page.content.decode()) if said else page.status_code == 302


@pytest.mark.parametrize("name", ["otto", TYPED])
def test_that_no_more_is_looked_at_is_on_record_once_in_a_window(name):
    a_person(username="otto")
    for _ in range(throttle.PER_ACCOUNT + 5):
        sign_in(name, "wrong")
    events = AuditEvent.objects.filter(action=AuditAction.USER_SIGN_IN_FAILED)
    assert events.count() == throttle.PER_ACCOUNT + 1
    newest = events.latest("id")
    assert "too many tries" in newest.message
    assert newest.outcome == "refused"
    assert TYPED not in str(list(AuditEvent.objects.values_list()))


def test_that_an_address_has_tried_too_often_is_on_record_once_in_a_window():
    for number in range(throttle.PER_ADDRESS + 3):
        sign_in(f"guess-{number}", "Spring2026!")
    throttled = AuditEvent.objects.filter(message__contains="too many tries")
    assert [str(event.remote_addr) for event in throttled] == ["198.51.100.7"]
