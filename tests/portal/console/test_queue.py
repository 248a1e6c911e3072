"""The page of a queued run says its place and what holds it up, and is told anew when that changes."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from provisioning.dispatch.dispatcher import dispatch
from provisioning.runs.cancellation import request_cancel
from registry.accounts.roles import Role
from tests.builders import a_person, a_run

pytestmark = pytest.mark.django_db


def test_place_and_reason_are_shown_and_a_change_of_them_is_news(settings):
    settings.RUNS_PER_ACCOUNT = 1
    first, second, third = a_run(), a_run(), a_run()
    dispatch()
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    page = client.get(f"/runs/{third.number}").content.decode()
    assert "Number 2 of 2 in the queue." in page
    assert "Account Sandbox has 1 of 1 runs running." in page
    assert "Waiting for an available worker" in client.get(f"/runs/{first.number}").content.decode()
    match = re.search(r'hx-get="([^"]+)"', page)
    assert match is not None
    address = unescape(match[1])
    assert client.get(address).status_code == 204
    request_cancel(run=second, actor=None)
    assert "Number 1 of 1 in the queue." in client.get(address).content.decode()
