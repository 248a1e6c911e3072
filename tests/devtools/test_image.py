"""Images without Docker: what of the Dockerfiles is replaced, and what is said where they cannot be built."""

from __future__ import annotations

import os

import pytest

from devtools import image
from processes.errors import RemediedError, ToolMissingError


@pytest.mark.parametrize("name", sorted(image.DOCKERFILES))
def test_every_stage_begins_with_the_machines_base_and_all_else_stays(name: str):
    dockerfile = image.DOCKERFILES[name].read_text()
    recipe = image.recipe(dockerfile)
    bases = [line.split()[1] for line in recipe.splitlines() if line.startswith("FROM ")]
    assert set(bases) == {image.BASE}
    assert "releases.hashicorp.com" not in recipe
    instructions = [
        line for line in dockerfile.splitlines() if line.startswith(("USER", "VOLUME", "CMD", "ENTRYPOINT", "EXPOSE"))
    ]
    assert [line for line in instructions if line not in recipe.splitlines()] == []
    assert ("COPY --from=tools terraform" in recipe) == (name == "portal")


def test_another_base_is_refused():
    with pytest.raises(ValueError, match="another image"):
        image.recipe("FROM python:3.12@sha256:1 AS build\nFROM debian:12\n")


def test_without_the_tools_it_is_said_what_is_missing_and_what_to_do(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda tool: None if tool == "buildah" else f"/usr/bin/{tool}")
    with pytest.raises(ToolMissingError, match="buildah cannot be found") as raised:
        image.check_tools()
    assert "apt-get install --no-install-recommends buildah" in raised.value.remedy


def test_who_is_not_root_is_told_so(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    with pytest.raises(RemediedError, match="as root"):
        image.check_tools()


def test_an_image_that_is_not_there_is_named(capsys):
    assert image.main(["kernel"]) == 2
    assert "There is no image kernel. There are: processor, portal." in capsys.readouterr().err
