"""Signing in: how the password is kept, and what is recorded of it."""

from __future__ import annotations

import runpy

import pytest
from django.conf import global_settings
from django.urls import reverse

from devtools.paths import ROOT
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db


def test_a_password_is_kept_as_a_slow_hash_and_opens_the_door(client, settings):
    """With what the portal's own settings say, which tests else replace by something quick."""
    own = runpy.run_path(str(ROOT / "portal" / "settings.py"))
    settings.PASSWORD_HASHERS = own.get("PASSWORD_HASHERS", global_settings.PASSWORD_HASHERS)
    person = a_person()
    assert person.password.startswith("pbkdf2_sha256$")
    refused = client.post(reverse("console:sign-in"), {"username": person.username, "password": "not the one"})
    assert refused.status_code == 200
    right = client.post(reverse("console:sign-in"), {"username": person.username, "password": PASSWORD})
    assert right.status_code == 302


def test_an_audit_event_carries_the_request_that_caused_it(client):
    person = a_person()
    response = client.post(reverse("console:sign-in"), {"username": person.username, "password": PASSWORD})
    event = AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN).get()
    assert event.request_id == response.headers["X-Request-ID"]
