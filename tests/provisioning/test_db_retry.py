"""A transaction that PostgreSQL ended, since its process stood still, is done again: nothing of it was written."""

from __future__ import annotations

import select

import pytest
from django.db import DatabaseError, InternalError, connection, transaction
from psycopg import errors

from provisioning.db_retry import db_retry, is_away
from provisioning.dispatch import dispatcher
from provisioning.periodic.turns import act_on_each
from registry.districts.models import AwsAccount
from tests.builders import an_account

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def stand_still() -> None:
    """Have PostgreSQL end our session, as it does when nothing comes for too long in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 1")
    assert connection.connection is not None
    assert select.select([connection.connection.pgconn.socket], [], [], 30)[0], "the session goes on"


def test_a_transaction_that_was_cut_off_is_done_again_whole():
    tries: list[int] = []

    def once() -> None:
        with transaction.atomic():
            tries.append(len(tries))
            an_account()
            if len(tries) == 1:
                stand_still()
            AwsAccount.objects.count()

    db_retry(once)
    assert tries == [0, 1]
    assert AwsAccount.objects.count() == 1


def test_a_turn_ends_with_the_error_of_a_connection_that_was_cut_off():
    def act(row: int) -> None:
        with transaction.atomic():
            stand_still()
            AwsAccount.objects.count()

    with pytest.raises(DatabaseError) as told:
        act_on_each((1, 2), act)
    assert is_away(told.value)


def test_a_dispatcher_that_stood_still_for_too_long_leaves_the_rest_to_the_next_turn(monkeypatch):
    taken = dispatcher.take_lock

    def slowly(cursor):
        taken(cursor)
        stand_still()

    monkeypatch.setattr(dispatcher, "take_lock", slowly)
    assert dispatcher.dispatch() == []


def test_another_internal_error_is_raised_at_once():
    def broken() -> None:
        raise InternalError from errors.InFailedSqlTransaction()

    with pytest.raises(InternalError):
        db_retry(broken)
