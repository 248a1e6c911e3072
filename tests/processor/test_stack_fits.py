"""The image and the stack's task definitions speak of the same program: commands, variables, port, health, user."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from devtools.paths import ROOT
from processor.__main__ import parser
from processor.api.settings import ApiSettings
from processor.settings import NEEDED, VARIABLES, Settings

GOLDEN = ROOT / "tests" / "infra" / "golden" / "production-L-3-none.json"
DOCKERFILE = (ROOT / "processor" / "Dockerfile").read_text()
READERS = {
    name: (ROOT / "processor" / path).read_text()
    for name, path in (("program", "settings.py"), ("api", "api/settings.py"))
}
HEALTH = (ROOT / "processor" / "healthcheck").read_text()
TASKS = ("api", "worker", "migrate")
NOT_GIVEN = {
    "BIND": "a container listens on every address",
    "BOOKS_MB": "the program's own bound fits the smallest task",
    "CACHE_CA": "the system's authorities have signed ElastiCache's certificate",
    "CACHE_PASSWORD": "the cache is signed in to by IAM",
    "PORT": "the image's own port is the default",
    "SERVICE_HOSTS": "the service answers by the load balancer's own name, which needs no entry",
    "SMALL_CELL": "the smallest group that is shown is the program's own decision",
    "SOURCES_LET_IN": "a stack lets no source in that is not of the open internet",
    "UPLOAD_ORIGIN": "no proxy stands before the bucket",
    "OIDC_AUDIENCE": "the district's suffix is the audience unless the specification names another",
}
"""What the program reads and the stack leaves at its default, and why."""


def containers() -> dict[str, dict[str, Any]]:
    stack = json.loads(GOLDEN.read_text())
    by_name = {}
    for task in stack["resource"]["aws_ecs_task_definition"].values():
        (container,) = task["container_definitions"]
        by_name[container["name"]] = container
    return by_name


def given(name: str) -> dict[str, str]:
    """Return what a task's program finds in its environment: the stack's variables and the image's."""
    variables = {pair["name"]: text(pair["value"]) for pair in containers()[name]["environment"]}
    return variables | dict(re.findall(r"\b([A-Z_]+)=(\S+)", DOCKERFILE.partition("\nENV ")[2].partition("\nCOPY")[0]))


def text(value: Any) -> str:
    """Return a variable's text: the golden file shows documents inside it as data."""
    return value if isinstance(value, str) else json.dumps(value)


def read_by(name: str) -> set[str]:
    """Return every variable that a task's program reads."""
    parts = [READERS["program"], *([READERS["api"]] if name == "api" else [])]
    return {variable for part in parts for variable in re.findall(r'get\("([A-Z_]+)"', part)}


@pytest.mark.parametrize("name", TASKS)
def test_the_stacks_command_is_one_of_the_programs(name: str):
    container = containers()[name]
    assert parser().parse_args(container["command"]).command == name
    assert 'ENTRYPOINT ["python", "-m", "processor"]' in DOCKERFILE


@pytest.mark.parametrize("name", TASKS)
def test_the_image_declares_the_volumes_that_its_user_writes_to(name: str):
    """Fargate gives an empty volume to root alone, unless the image has declared one at the very same path."""
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    declared = {
        path for volumes in re.findall(r"^VOLUME (\[.*\])$", final, re.MULTILINE) for path in json.loads(volumes)
    }
    container = containers()[name]
    assert container["user"].partition(":")[0] != "0"
    assert container["readonlyRootFilesystem"] is True
    assert {mount["containerPath"] for mount in container["mountPoints"] if not mount["readOnly"]} == declared
    # What the path is in the image it is in the volume: nothing before the declaration may take its rights away.
    assert not re.search(r"chmod|chown", final.partition("VOLUME")[0].replace("--chmod=0555 processor/healthcheck", ""))


@pytest.mark.parametrize("name", TASKS)
def test_every_variable_that_the_stack_gives_is_read(name: str):
    assert {pair["name"] for pair in containers()[name]["environment"]} <= read_by(name)


@pytest.mark.parametrize("name", TASKS)
def test_everything_that_a_command_cannot_do_without_is_given_by_the_stack(name: str):
    settings = Settings.read({pair["name"]: pair["value"] for pair in containers()[name]["environment"]})
    settings.need(*NEEDED[name])
    assert {VARIABLES[needed] for needed in NEEDED[name]} <= set(given(name))
    # None of the tasks makes do with another secret's field.
    assert settings.pseudonym_secret != settings.database_secret


def test_every_variable_is_given_to_somebody_or_left_out_for_a_reason():
    everything = set().union(*(read_by(name) for name in TASKS))
    given_to_somebody = set().union(*(given(name) for name in TASKS))
    assert everything - given_to_somebody == set(NOT_GIVEN)


def test_the_api_is_told_its_issuer_its_cache_and_who_it_is():
    settings = ApiSettings.read(given("api"))
    assert settings.issuer == "https://login.example.org"
    assert json.loads(settings.keys)["keys"]
    assert settings.audience == "lakeside-prod"
    assert settings.client_id == "data-office"
    assert settings.cache_name == "cache-lakeside-prod"
    assert settings.least >= 10


def test_the_worker_gives_up_to_the_dead_letters_and_knows_its_district():
    settings = Settings.read(given("worker"))
    assert settings.dead_letter_url == "${aws_sqs_queue.ingest_dead_letters.url}"
    assert settings.district_ids == {"3904380"}
    assert settings.beat_file == "/tmp/worker.beat"


def test_port_health_and_user_are_the_images_own():
    api = containers()["api"]
    (mapping,) = api["portMappings"]
    assert f"EXPOSE {mapping['containerPort']}\n" in DOCKERFILE
    assert ApiSettings.read(given("api")).port == mapping["containerPort"]
    assert f"PORT, SECONDS, FRESH_SECONDS = {mapping['containerPort']}," in HEALTH
    for name in ("api", "worker"):
        assert containers()[name]["healthCheck"]["command"] == ["CMD", "/healthcheck"]
    # A migration ends by itself: it is not asked how it is.
    assert "healthCheck" not in containers()["migrate"]
    assert "COPY --chmod=0555 processor/healthcheck /healthcheck" in DOCKERFILE
    for container in containers().values():
        assert f"USER {container['user']}\n" in DOCKERFILE
        assert container["readonlyRootFilesystem"] is True
        assert container["mountPoints"][0]["containerPath"] == "/tmp"


def test_health_is_asked_alike_by_the_image_and_the_stack():
    (written,) = re.findall(r"HEALTHCHECK (.+) CMD", DOCKERFILE)
    image = {name: int(seconds) for name, seconds in re.findall(r"--([a-z-]+)=(\d+)s?", written)}
    stack = containers()["api"]["healthCheck"]
    assert image == {
        "interval": stack["interval"],
        "timeout": stack["timeout"],
        "start-period": stack["startPeriod"],
        "retries": stack["retries"],
    }
