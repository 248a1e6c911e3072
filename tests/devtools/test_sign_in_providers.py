"""The demo's stand-ins for an organization's providers are processes of their own, which end with who started them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devtools.services.sign_in_providers import OPENID, SAML, running_provider
from portal import saml_metadata
from processes.process import answers


def test_a_provider_is_found_by_its_variables_and_nothing_of_it_is_left(tmp_path: Path):
    with running_provider(OPENID, tmp_path) as openid, running_provider(SAML, tmp_path) as saml:
        issuer = openid.openid_variables["HOMEROOM_OIDC_ISSUER"]
        with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as answer:
            assert json.load(answer)["issuer"] == issuer
        metadata = Path(saml.saml_variables(tmp_path)["HOMEROOM_SAML_METADATA"]).read_text()
        assert saml_metadata.read(metadata)["entityId"] == f"{saml.url}/metadata"
        ports = [urlsplit(provider.url).port or 0 for provider in (openid, saml)]
        assert all(answers(port) for port in ports)
    assert not any(answers(port) for port in ports)
    assert (openid.service.guard.returncode, saml.service.guard.returncode) == (0, 0)


def test_a_page_of_another_name_gets_nothing(tmp_path: Path):
    with running_provider(OPENID, tmp_path) as openid:
        for host in ("homeroom.example", "127.0.0.1.evil.example"):
            asked = urllib.request.Request(f"{openid.url}/authorize", headers={"Host": host})
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(asked)
