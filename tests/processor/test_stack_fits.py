"""The image and the stack's task definitions speak of the same program: commands, variables, port, health, user."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from devtools.paths import ROOT
from processor.__main__ import parser

GOLDEN = ROOT / "tests" / "infra" / "golden" / "production-L-3-none.json"
DOCKERFILE = (ROOT / "processor" / "Dockerfile").read_text()
SETTINGS = (ROOT / "processor" / "settings.py").read_text()
HEALTH = (ROOT / "processor" / "healthcheck").read_text()


def containers() -> dict[str, dict[str, Any]]:
    stack = json.loads(GOLDEN.read_text())
    found = {}
    for task in stack["resource"]["aws_ecs_task_definition"].values():
        (container,) = task["container_definitions"]
        found[container["name"]] = container
    return found


@pytest.mark.parametrize("name", ["api", "worker", "migrate"])
def test_the_stacks_command_is_one_of_the_programs(name: str):
    container = containers()[name]
    assert parser().parse_args(container["command"]).command == name
    assert 'ENTRYPOINT ["python", "-m", "processor"]' in DOCKERFILE


@pytest.mark.parametrize("name", ["api", "worker", "migrate"])
def test_every_variable_that_the_stack_gives_is_read(name: str):
    given = {pair["name"] for pair in containers()[name]["environment"]}
    assert given <= set(re.findall(r'get\("([A-Z_]+)"', SETTINGS))


def test_port_health_and_user_are_the_images_own():
    api = containers()["api"]
    (mapping,) = api["portMappings"]
    assert f"EXPOSE {mapping['containerPort']}\n" in DOCKERFILE
    assert f"PORT, SECONDS, FRESH_SECONDS = {mapping['containerPort']}," in HEALTH
    assert api["healthCheck"]["command"] == ["CMD", "/healthcheck"]
    assert "COPY --chmod=0555 processor/healthcheck /healthcheck" in DOCKERFILE
    assert f"USER {api['user']}\n" in DOCKERFILE
    assert api["readonlyRootFilesystem"] is True
    assert api["mountPoints"][0]["containerPath"] == "/tmp"
