"""Whose address the record has: nobody writes it himself."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.client_address import client_address
from tests.builders import PASSWORD, a_person

PROXIES = [ip_network("10.0.0.0/24"), ip_network("2001:db8:1::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "127.0.0.1", "198.51.100.7"),
        ("10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "1.1.1.1, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        ("10.0.0.5", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.5", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "rubbish", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.6", "10.0.0.6"),
        ("2001:db8:1::1", "198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", None),
    ],
)
def test_the_client_is_the_first_that_is_no_proxy_of_ours(peer, forwarded, client):
    assert client_address(peer, forwarded, PROXIES) == client


@given(st.text(max_size=60))
def test_what_a_client_writes_changes_nothing(written):
    assert client_address("198.51.100.7", written, PROXIES) == "198.51.100.7"
    assert client_address("10.0.0.5", f"{written},198.51.100.7", PROXIES) == "198.51.100.7"


@pytest.mark.django_db
def test_the_record_has_the_clients_address_behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = PROXIES
    person = a_person()
    form = {"username": person.username, "password": PASSWORD}
    Client(REMOTE_ADDR="10.0.0.5", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.4").post("/sign-in", form)
    assert AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN).latest("id").remote_addr == "203.0.113.4"
    Client(REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR="6.6.6.6").post("/sign-in", form)
    assert AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN).latest("id").remote_addr == "203.0.113.9"


@pytest.mark.django_db
def test_only_a_proxy_of_ours_says_that_its_client_came_over_tls(settings):
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = PROXIES, True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for peer, status in (("203.0.113.9", 301), ("10.0.0.5", 200)):
        assert Client(REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https").get("/sign-in").status_code == status
