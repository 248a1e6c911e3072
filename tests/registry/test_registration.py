"""Registering a district: what is refused, in which words, and that two at a time never collide."""

from __future__ import annotations

import threading
import uuid
from ipaddress import IPv4Network
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from registry.accounts.rights import EVERYTHING
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts import network, rules
from registry.districts.models import District
from registry.districts.registration import RegistrationRefusedError
from registry.districts.services import StatusRefusedError, check, register, set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By
from tests.builders import a_district, a_person, a_registration

pytestmark = pytest.mark.django_db


def problems(**changes: Any) -> dict[str, list[str]]:
    with pytest.raises(RegistrationRefusedError) as refused:
        register(registration=a_registration(**changes), actor=None)
    assert District.objects.count() == 0
    return refused.value.problems


def test_a_district_gets_the_next_free_network_and_an_audit_event():
    first, second = a_district(), a_district()
    assert (first.cidr, second.cidr) == (IPv4Network("10.0.0.0/22"), IPv4Network("10.0.4.0/22"))
    event = AuditEvent.objects.filter(district=first, action=AuditAction.DISTRICT_REGISTERED).get()
    assert event.after is not None
    assert event.after["cidr"] == "10.0.0.0/22"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 300),
        ("name", "Lake\x00side"),
        ("slug", "Not A Slug"),
        ("cidr", "10.0.0.0/33"),
        ("cidr", "not a network"),
        ("cidr", "8.8.8.0/22"),
        ("cidr", "10.0.0.0/28"),
        ("environment", "moon"),
        ("environment", "production"),
        ("size", "XXL"),
        ("zones", 7),
        ("state_code", "XX"),
        ("nces_id", "12"),
        ("contact_email", "nobody"),
        ("time_zone", "Mars/Olympus"),
        ("account_id", "000000000001"),
        ("tags", {"Suffix": "x"}),
        ("monthly_budget_usd", 0),
        ("note", "\x1b[31m"),
    ],
    ids=lambda part: str(part)[:15],
)
def test_a_bad_field_is_refused_and_nothing_is_written(field, value):
    named = "certificate_arn" if (field, value) == ("environment", "production") else field
    errors = problems(**{field: value})
    assert set(errors) == {named}
    assert all(errors[named])


@pytest.mark.parametrize(
    "name", ["${aws_kms_key.x}", "%{ if true }x%{ endif }", "\"quotes\" & 'more'", "École 🏫", "مدرسة"]
)
def test_people_may_name_their_district_as_they_like(name):
    assert a_district(name=name).name == name


def test_a_taken_slug_names_who_has_it():
    other = a_district(slug="lakeside", name="Lakeside Unified")
    with pytest.raises(RegistrationRefusedError) as refused:
        register(registration=a_registration(slug="lakeside"), actor=None)
    assert other.name in refused.value.problems["slug"][0]
    assert a_district(slug="lakeside", environment="staging", certificate_arn=certificate()).suffix == "lakeside-stg"


def certificate() -> str:
    return f"arn:aws:acm:us-east-1:123456789012:certificate/{uuid.uuid4()}"


def test_an_overlapping_network_names_the_other_and_the_next_free_one():
    a_district(name="Lakeside", cidr="10.4.0.0/20")
    errors = check(a_registration(cidr="10.4.0.0/22"), EVERYTHING)
    assert errors == {"cidr": ["10.4.0.0/22 overlaps Lakeside (10.4.0.0/20). Next free: 10.0.0.0/22."]}


def test_the_database_itself_refuses_an_overlap():
    district = a_district()
    with pytest.raises(Exception, match="district_network_in_use"):
        District.objects.create(
            name="Other",
            slug="other",
            environment="sandbox",
            suffix="other-sbx",
            cidr=district.cidr,
            account=district.account,
        )


def test_the_same_registration_sent_twice_makes_one_district():
    registration = a_registration()
    assert register(registration=registration, actor=None) == register(registration=registration, actor=None)
    assert District.objects.count() == 1


def test_a_viewer_may_not_register():
    with pytest.raises(NotAllowedError, match="Operator"):
        register(registration=a_registration(), actor=a_person(Role.VIEWER))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_at_a_time_never_share_a_network():
    registrations = [a_registration() for _ in range(8)]
    districts: list[District] = []

    def work(registration):
        try:
            districts.append(register(registration=registration, actor=None))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(registration,)) for registration in registrations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({district.cidr for district in districts}) == 8
    assert District.objects.count() == 8


def test_a_status_goes_only_where_the_table_says():
    district = a_district()
    with pytest.raises(StatusRefusedError):
        set_status(district=district, status=DistrictStatus.LIVE, by=By.RUN)
    set_status(district=district, status=DistrictStatus.PROVISIONING, by=By.PERSON)
    assert district.status == DistrictStatus.PROVISIONING


blocks = st.builds(
    lambda index, prefix: IPv4Network(
        ((int(IPv4Network("10.0.0.0/8").network_address) + index * 2**8) & ~(2 ** (32 - prefix) - 1), prefix)
    ),
    st.integers(0, 2**16 - 1),
    st.integers(16, 22),
)


@given(st.lists(blocks, max_size=30))
def test_the_next_free_network_is_the_lowest_that_overlaps_nothing(taken):
    free = network.next_free(network.span(block) for block in taken)
    assert not any(block.overlaps(free) for block in taken)
    candidate = network.POOL.network_address
    below = (int(free.network_address) - int(candidate)) // free.num_addresses
    for index in range(min(below, 200)):
        lower = IPv4Network((int(candidate) + index * free.num_addresses, network.PREFIX))
        assert any(block.overlaps(lower) for block in taken)


def test_a_full_pool_is_said():
    with pytest.raises(network.PoolExhaustedError):
        network.next_free([network.span(network.POOL)])


@given(st.text(max_size=300))
def test_a_slug_from_any_name_is_empty_or_one_that_fits(name):
    from infra.naming import is_slug

    slug = rules.slug_from(name)
    assert slug == "" or len(slug) == 1 or is_slug(slug)
