"""What a cold page costs: everything that a browser loads for it is packed, kept for a year, and light."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from registry.accounts.roles import Role
from registry.districts.models import District
from tests.builders import a_district, a_person

pytestmark = pytest.mark.django_db

MOST = 150_000
"""Bytes of a fleet page with fifty rows and all that it loads, as they go over the network."""
A_YEAR = 31_536_000
"""Seconds."""
OTHERS = ["admin/*", "mfa/*", "account/*", "allauth/*"]


@pytest.fixture
def collected(tmp_path) -> Iterator[Client]:
    with override_settings(STATIC_ROOT=str(tmp_path)):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=OTHERS)
        client = Client(headers={"Accept-Encoding": "gzip"})
        client.force_login(a_person(Role.OPERATOR, username="otto"))
        yield client


def loaded(client: Client, address: str) -> dict[str, tuple[bytes, dict[str, str]]]:
    """Load a page as a browser does: itself, what it names, and what its style sheets name."""
    responses: dict[str, tuple[bytes, dict[str, str]]] = {}
    pending = [address]
    while pending:
        where = pending.pop().partition("#")[0]
        if where in responses:
            continue
        answer = client.get(where)
        assert answer.status_code == 200, where
        packed = answer.getvalue()
        responses[where] = packed, dict(answer.headers)
        if where == address or where.endswith(".css"):
            plain = (gzip.decompress(packed) if answer.headers.get("Content-Encoding") == "gzip" else packed).decode()
            named = re.findall(r'<(?:link|script|img|use)[^>]* (?:href|src)="([^"]+)"', plain)
            named += re.findall(r'url\("([^"]+)"\)', plain)
            pending += [urljoin(where, reference) for reference in named]
    return responses


def test_a_cold_fleet_page_is_light_and_a_warm_one_loads_itself_alone(collected: Client):
    first = a_district()
    fields = {field.attname: getattr(first, field.attname) for field in District._meta.fields if field.attname != "id"}
    District.objects.bulk_create(
        District(**fields | {"suffix": f"d{n}-sbx", "slug": f"d{n}", "name": f"District {n}",
                             "cidr": f"172.16.{4 * n}.0/22", "registration_key": uuid.uuid4()})
        for n in range(60)
    )  # fmt: skip
    responses = loaded(collected, "/")
    sizes = {where: len(packed) for where, (packed, _) in responses.items()}
    assert sum(sizes.values()) < MOST, sizes
    assert [where for where in sizes if where.endswith(".woff2")], "the face is served by us"
    for where, (_, headers) in responses.items():
        if where == "/":
            assert headers["Content-Encoding"] == "gzip"
            continue
        match = re.search(r"max-age=(\d+)", headers["Cache-Control"])
        assert match is not None
        assert int(match[1]) >= A_YEAR, where
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", where), f"{where} is not named by its content"
        if not where.endswith(".woff2"):
            assert headers.get("Content-Encoding") == "gzip" or sizes[where] < 600, where


def test_where_nothing_was_collected_files_keep_their_names(tmp_path):
    with override_settings(STATIC_ROOT=str(tmp_path)):
        html = Client().get("/sign-in").content.decode()
    assert 'href="/static/console/tokens.css"' in html
