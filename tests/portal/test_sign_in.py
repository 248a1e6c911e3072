"""Signing in: what is recorded of it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db


def test_an_audit_event_carries_the_request_that_caused_it(client):
    person = a_person()
    response = client.post(reverse("console:sign-in"), {"username": person.username, "password": PASSWORD})
    event = AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN).get()
    assert event.request_id == response.headers["X-Request-ID"]
