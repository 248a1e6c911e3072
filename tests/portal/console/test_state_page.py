"""A state that could not be written and the state's lock: what is shown to whom, and the page that resolves both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from engine.state.errored_state import StateFacts
from engine.state.lock import StateLock
from messages.message import verbatim
from portal.sign_in.reauthentication import SIGNED_IN_AT
from provisioning.models import DistrictLock, ErroredPlace, ErroredState, Run
from provisioning.states.runs import RunKind, RunState
from provisioning.terraform_state.errored_states import note_kept, note_pushed, note_refused
from provisioning.terraform_state.locks import note_lock
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db

LOCK = StateLock("b1946ac9", "OperationTypeApply", "root@worker-7", datetime(2026, 11, 24, 12, tzinfo=UTC))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ada() -> User:
    return a_person(Role.ADMINISTRATOR, "ada")


@pytest.fixture
def errored() -> ErroredState:
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED, error_code="state_locked")
    return note_kept(run, 1, StateFacts("ab" * 32, 100, "0b0e5c7e", 3), "worker-7/boot/1")


def shown(user: User, address: str) -> str:
    return signed_in(user).get(address).content.decode()


def test_everybody_sees_on_the_run_and_the_district_what_it_means_and_what_to_do(errored: ErroredState):
    vera = a_person(Role.VIEWER)
    for address, which in (
        (f"/runs/{errored.run.number}", "this run"),
        (f"/districts/{errored.run.district.suffix}", f"run #{errored.run.number}"),
    ):
        page = shown(vera, address)
        assert f"The state of {which} could not be written" in page, address
        assert "kept on the worker&#x27;s host worker-7, encrypted" in page or "host worker-7, encrypted" in page
        assert "it pushes the state before it plans" in page
        assert "State and lock" not in page, "that is an administrator's"


def test_a_refused_push_is_told_and_after_a_push_the_district_is_well_again(errored: ErroredState, ada: User):
    note_refused(errored, verbatim("The district's state was written since."))
    page = shown(ada, f"/runs/{errored.run.number}")
    assert "It could not be pushed:" in page
    assert "State and lock" in page
    note_pushed(errored)
    assert "It was kept, and pushed" in shown(ada, f"/runs/{errored.run.number}")
    assert "could not be written" not in shown(ada, f"/districts/{errored.run.district.suffix}")


def test_who_holds_the_lock_and_since_when_stands_on_the_run_and_the_district(errored: ErroredState):
    note_lock(errored.run.district, LOCK)
    for address in (f"/runs/{errored.run.number}", f"/districts/{errored.run.district.suffix}"):
        page = shown(a_person(Role.VIEWER), address)
        assert "root@worker-7" in page, address
        assert "2026-11-24 12:00:00 UTC" in page


def test_the_page_is_an_administrators(errored: ErroredState):
    address = f"/runs/{errored.run.number}/state"
    otto = signed_in(a_person(Role.OPERATOR, "otto"))
    for answer in (otto.get(address), otto.post(address, {"act": "push", "reason": "x"}), otto.post(f"{address}/look")):
        assert answer.status_code == 403


def test_it_shows_what_identifies_the_state_and_discards_it_with_a_reason(errored: ErroredState, ada: User):
    client, address = signed_in(ada), f"/runs/{errored.run.number}/state"
    page = client.get(address).content.decode()
    for text in ("ab" * 32, "0b0e5c7e", "worker-7", "Nobody has looked at it yet."):
        assert text in page
    refused = client.post(address, {"act": f"discard:{errored.pk}", "reason": " "})
    assert refused.status_code == 422
    assert client.post(address, {"act": "discard:999999", "reason": "Because"}).status_code == 422
    client.post(address, {"act": f"discard:{errored.pk}", "reason": "The bucket's is newer"})
    errored.refresh_from_db()
    assert (errored.place, errored.resolved_by) == (ErroredPlace.DISCARDED, ada)
    assert "discarded" in client.get(f"/runs/{errored.run.number}").content.decode()
    assert client.post(address, {"act": f"discard:{errored.pk}", "reason": "Again"}).status_code == 422


def test_a_push_is_a_plan_of_the_district(errored: ErroredState, ada: User):
    client = signed_in(ada)
    answer = client.post(f"/runs/{errored.run.number}/state", {"act": "push", "reason": "The bucket is back"})
    run = Run.objects.latest("pk")
    assert answer["Location"] == f"/runs/{run.number}"
    assert (run.kind, run.reason, run.requested_by) == (RunKind.PLAN, "The bucket is back", ada)
    assert AuditEvent.objects.get(action=AuditAction.STATE_PUSH_REQUESTED).actor == ada
    again = client.post(f"/runs/{errored.run.number}/state", {"act": "push", "reason": "Once more"})
    assert again.status_code == 422
    assert f"Run #{run.number}" in again.content.decode()


def test_who_signed_in_long_ago_signs_in_again_first(errored: ErroredState, ada: User):
    client, address = signed_in(ada), f"/runs/{errored.run.number}/state"
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=2)).isoformat()
    session.save()
    assert "Sign in again to change the state." in client.get(address).content.decode()
    answer = client.post(address, {"act": f"discard:{errored.pk}", "reason": "Because"})
    assert answer["Location"].startswith("/sign-in/again?next=")
    errored.refresh_from_db()
    assert errored.is_kept


def test_a_release_and_a_look_are_a_workers_and_stand_in_the_record(
    errored: ErroredState, ada: User, monkeypatch: pytest.MonkeyPatch
):
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "provisioning.tasks.release_state_lock.apply_async", lambda args, _, **__: calls.append(tuple(args))
    )
    monkeypatch.setattr(
        "provisioning.tasks.look_at_state_lock.apply_async", lambda args, _, **__: calls.append(tuple(args))
    )
    note_lock(errored.run.district, LOCK)
    client, address = signed_in(ada), f"/runs/{errored.run.number}/state"
    assert "Release the lock of root@worker-7" in client.get(address).content.decode()
    client.post(address, {"act": "release:b1946ac9", "reason": "The laptop is broken"})
    assert calls == [(errored.run.district_id, "b1946ac9", "The laptop is broken", ada.pk)]
    act = AuditEvent.objects.get(action=AuditAction.LOCK_RELEASE_REQUESTED)
    assert (act.actor, "The laptop is broken" in act.message) == (ada, True)
    assert DistrictLock.objects.get().is_under_way
    assert "In progress, requested" in client.get(address).content.decode()
    client.post(f"{address}/look")
    assert calls[1:] == [(errored.run.district_id,)]
