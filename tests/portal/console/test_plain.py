"""A district's page says which of its ways are not encrypted, and what can be done about it."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.accounts.roles import Role
from registry.districts.models import District
from tests.builders import a_person, a_run

pytestmark = pytest.mark.django_db

OUTSIDE = "Clients to the load balancer: HTTP"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b-1111-2222-3333-444444444444"


def shown(district: District) -> str:
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    return client.get(f"/districts/{district.suffix}").content.decode()


def test_a_sandbox_without_a_certificate_says_that_it_is_plain_and_what_to_do():
    page = shown(a_run().district)
    assert OUTSIDE in page
    assert "set a certificate in the settings" in page


@pytest.mark.parametrize(
    "served", [{"certificate_arn": CERTIFICATE}, {"hosted_zone_id": "Z0123456789ABC", "domain_name": "a.example.org"}]
)
def test_with_a_certificate_no_way_is_plain(served):
    district = a_run().district
    District.objects.filter(pk=district.pk).update(**served)
    page = shown(district)
    assert OUTSIDE not in page
    assert "Not encrypted" not in page
