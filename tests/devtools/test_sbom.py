"""What the images hold is listed with hashes; base images are named by digest; the bill's parts are today's."""

from __future__ import annotations

import re

import pytest
import yaml

from devtools import sbom
from devtools.paths import ROOT

DIGEST = re.compile(r"^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$")


def dockerfiles() -> dict[str, str]:
    return {name: dockerfile.read_text() for name, (_, dockerfile) in sbom.IMAGES.items()}


@pytest.mark.parametrize("name", sbom.IMAGES)
def test_every_base_image_is_named_by_its_digest(name):
    bases = re.findall(r"^FROM (\S+)", dockerfiles()[name], re.MULTILINE)
    assert bases
    assert [base for base in bases if not DIGEST.match(base)] == []
    component = sbom.base_image(dockerfiles()[name])
    assert component["hashes"][0]["content"] in bases[-1]


def test_a_base_image_without_a_digest_is_an_error():
    with pytest.raises(ValueError, match="digest"):
        sbom.base_image("FROM python:3.12-slim\n")


def test_what_compose_starts_beside_our_own_image_is_named_by_digest():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    images = {name: body["image"] for name, body in services.items() if not body["image"].startswith("homeroom:")}
    assert set(images) == {"postgres", "redis"}
    assert [image for image in images.values() if not DIGEST.match(image)] == []


def test_the_bill_has_terraform_its_provider_and_what_is_vendored():
    components = {component["name"]: component for component in [*sbom.tools(), *sbom.vendored()]}
    assert set(components) == {"terraform", "hashicorp/aws", "@fontsource-variable/inter", "htmx.org"}
    assert components["hashicorp/aws"]["version"] == "5.100.0"
    assert len(components["hashicorp/aws"]["hashes"]) > 5
    assert components["@fontsource-variable/inter"]["purl"].startswith("pkg:npm/%40fontsource-variable/inter@")


def test_what_an_image_installs_is_read_from_its_own_requirements():
    for name, (requirements, _) in sbom.IMAGES.items():
        assert f"requirements/{requirements.name}" in dockerfiles()[name]
        assert "--require-hashes" in dockerfiles()[name]
