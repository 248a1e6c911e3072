"""The audit record is written once: the model, the queryset and PostgreSQL all refuse anything else."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from messages.message import verbatim
from registry.audit.actions import AuditAction
from registry.audit.models import AppendOnlyError, AuditEvent
from registry.audit.services import record
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return record(
        action=AuditAction.USER_SET, actor=None, subject_kind="user", subject_id="x", message=verbatim("Something.")
    )


def test_the_model_refuses_to_change_or_delete(event):
    event.message = "Something else."
    with pytest.raises(AppendOnlyError):
        event.save()
    with pytest.raises(AppendOnlyError):
        event.delete()


def test_the_queryset_refuses_too(event):
    with pytest.raises(AppendOnlyError):
        AuditEvent.objects.all().delete()
    with pytest.raises(AppendOnlyError):
        AuditEvent.objects.filter(pk=event.pk).update(message="x")


@pytest.mark.parametrize("statement", ["UPDATE audit_auditevent SET message = '{}'", "DELETE FROM audit_auditevent"])
def test_the_database_refuses_whatever_the_program(event, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.get(pk=event.pk).message == "Something."


def test_actions_are_named_subject_first():
    assert all(1 <= action.value.count(":") <= 2 for action in AuditAction)
    assert all(len(action.value) <= 64 for action in AuditAction)


def test_sign_ins_are_recorded_and_no_password_is(client):
    person = a_person()
    client.login(username=person.username, password="wrong secret")
    client.login(username=person.username, password=PASSWORD)
    events = AuditEvent.objects.filter(subject_id=person.username).order_by("id")
    assert [e.action for e in events][-2:] == [AuditAction.USER_SIGN_IN_FAILED, AuditAction.USER_SIGNED_IN]
    assert not any("wrong secret" in str(e.__dict__) for e in events)
