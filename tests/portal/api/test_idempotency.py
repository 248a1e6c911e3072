"""A request that names itself is carried out once, however often and whenever it is sent."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.api.idempotency import KEPT
from portal.api.models import IdempotentAnswer
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import ACCOUNT_ID, a_run, an_account
from tests.portal.api.callers import a_caller, code

BODY = {"name": "Lakeside", "account_id": ACCOUNT_ID}


@pytest.mark.django_db
def test_the_same_request_is_answered_alike_and_done_once():
    an_account()
    caller = a_caller()
    first, second = (caller.post("/districts", BODY, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Location"] == second["Location"]
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert District.objects.count() == 1


@pytest.mark.django_db
def test_another_request_with_the_key_is_refused_and_another_token_has_keys_of_its_own():
    run = a_run()
    caller = a_caller()
    path = f"/runs/{run.pk}/comments"
    assert caller.post(path, {"comment": "a"}, Idempotency_Key="k").status_code == 201
    answer = caller.post(path, {"comment": "b"}, Idempotency_Key="k")
    assert (answer.status_code, code(answer)) == (422, "idempotency_key_reused")
    assert a_caller().post(path, {"comment": "b"}, Idempotency_Key="k").status_code == 201
    assert AuditEvent.objects.filter(action=AuditAction.RUN_COMMENTED).count() == 2


@pytest.mark.django_db
def test_what_was_refused_may_be_sent_again_with_its_key():
    caller = a_caller()
    assert caller.post("/districts", BODY, Idempotency_Key="k").status_code == 422
    an_account()
    assert caller.post("/districts", BODY, Idempotency_Key="k").status_code == 201


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day():
    run = a_run()
    caller = a_caller()
    path = f"/runs/{run.pk}/comments"
    for expected in (1, 2):
        assert caller.post(path, {"comment": "a"}, Idempotency_Key="k").status_code == 201
        assert AuditEvent.objects.filter(action=AuditAction.RUN_COMMENTED).count() == expected
        IdempotentAnswer.objects.update(created_at=timezone.now() - KEPT - timedelta(seconds=1))
    caller.post(path, {"comment": "c"}, Idempotency_Key="k2")
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["k2"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "é", "a b", "x" * 256])
def test_a_key_that_is_none_is_refused(key: str):
    run = a_run()
    answer = a_caller().post(f"/runs/{run.pk}/cancel", Idempotency_Key=key)
    assert (answer.status_code, code(answer)) == (400, "idempotency_key_malformed")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_at_the_same_moment_are_one():
    run = a_run()
    caller, answers, ready = a_caller(), [], threading.Barrier(3)

    def send() -> None:
        ready.wait()
        try:
            answer = caller.post(f"/runs/{run.pk}/comments", {"comment": "a"}, Idempotency_Key="k")
            answers.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert AuditEvent.objects.filter(action=AuditAction.RUN_COMMENTED).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "k"}])
def test_a_secret_is_stored_by_no_cache_and_a_change_keeps_its_tag(key: dict[str, str]):
    account, caller = an_account(), a_caller(Role.ADMINISTRATOR)
    iris = {"username": "iris", "role": "Viewer"}
    assert caller.post("/people", iris).status_code == 201
    for _ in range(2):
        linked = caller.post("/people/iris/link", **key)
        assert (linked.status_code, linked["Cache-Control"]) == (200, "no-store")
    path = f"/accounts/{account.account_id}"
    before = caller.get(path)["ETag"]
    change = {"name": "Another"}
    tags, replayed = set(), []
    for _ in range(2):
        answer = caller.call("PATCH", path, change, **{name: f"{value}2" for name, value in key.items()})
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")
        tags.add(answer["ETag"])
        replayed.append("Idempotency-Replayed" in answer)
    assert tags == {caller.get(path)["ETag"]} != {before}
    assert replayed == [False, bool(key)]
