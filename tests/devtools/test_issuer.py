"""The demo's issuer gives its tokens to programs and people on this machine, and to no page of another site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devtools.demo.issuer import TOKEN_PATH, Issuer, running_issuer


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    with running_issuer(tmp_path, audience="maple-sbx") as running:
        yield running


def test_programs_and_whoever_types_the_address_get_a_token(issuer: Issuer):
    assert httpx.get(issuer.token_url).text.count(".") == 2
    assert httpx.get(issuer.token_url, headers={"Sec-Fetch-Site": "none"}).status_code == 200
    assert httpx.get(f"{issuer.url}/keys").json()["keys"]


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize("path", [TOKEN_PATH, "/keys"])
def test_another_sites_page_gets_none(issuer: Issuer, path: str, headers: dict[str, str]):
    answer = httpx.get(f"{issuer.url}{path}", headers=headers)
    assert answer.status_code == 403
    assert "eyJ" not in answer.text
