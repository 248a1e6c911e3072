"""docker-compose.yml cannot run everywhere; what can be checked of it without Docker is checked here."""

from __future__ import annotations

import importlib.util
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.conf import settings

from devtools.paths import ROOT
from portal import healthcheck

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
EXAMPLE = dict(
    line.partition("=")[::2] for line in (ROOT / ".env.example").read_text().splitlines() if line and line[0] != "#"
)


def test_it_has_every_process_of_the_portal():
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "upkeep", "chores", "long-chores", "beat"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_service_that_stays_has_a_healthcheck_and_comes_back(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_portals_processes_wait_for_the_migrations(name):
    assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_a_worker_that_is_stopped_may_finish_the_longest_run():
    match = re.fullmatch(r"(\d+)h(\d+)m", SERVICES["worker"]["stop_grace_period"])
    assert match is not None
    hours, minutes = match.groups()
    grace = timedelta(hours=int(hours), minutes=int(minutes))
    assert grace.total_seconds() == settings.CELERY_TASK_TIME_LIMIT, "Celery ends it by then, and nothing sooner"
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert f"give it up to {hours} hours and {minutes} minutes" in operations


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_secret_stands_in_the_file(name):
    for key, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|SECRET|AUTH|TOKEN|ACCESS_KEY|DATABASE_URL|BROKER_URL", key):
            assert "${" in str(value), f"{name}: {key} is written out"


def test_every_variable_is_in_the_example_and_the_example_has_no_value_that_is_secret():
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used <= set(EXAMPLE)
    assert not [key for key, value in EXAMPLE.items() if value and re.search("PASSWORD|SECRET|TOKEN|KEY", key)]


def test_every_setting_is_one_that_the_portal_reads():
    known = settings_read()
    used = {
        key for service in SERVICES.values() for key in service.get("environment", {}) if key.startswith("HOMEROOM_")
    }
    assert used
    assert used <= known


def settings_read() -> set[str]:
    source = (ROOT / "portal" / "settings.py").read_text()
    return {f"HOMEROOM_{name}" for name in re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source)}


NOT_PASSED = {
    "HOMEROOM_DEBUG": "debug pages show settings; they have no place in production",
    "HOMEROOM_STATIC_DIR": "the image has its static files, and says where",
    "HOMEROOM_WORK_DIR": "it lies in HOMEROOM_VAR_DIR, which is the volume",
    "HOMEROOM_STACK_MODULE": "tests alone have another stack",
    "HOMEROOM_NODE": "the image has the packages' own",
}
OTHERWISE_TOLD = {"HOMEROOM_BEHIND_TLS", "HOMEROOM_SIGNING_KEY"}
"""Their defaults stand in words in the documents."""
NOT_FOR_ALL = {
    "HOMEROOM_AWS_ENDPOINT_URL": {"web", "worker", "chores", "long-chores"},
    "HOMEROOM_PORTAL_DATABASE_URL": {"migrate"},
}
"""Settings of the processes that speak with AWS, and of the tables' owner."""
OURS = ("migrate", "web", "worker", "upkeep", "chores", "long-chores", "beat")


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_passed_or_deliberately_not(name):
    assert set(NOT_PASSED) <= settings_read()
    some = {setting for setting, services in NOT_FOR_ALL.items() if name not in services}
    environment = SERVICES[name].get("environment") or COMPOSE["x-portal"]["environment"]
    assert settings_read() - set(environment) == set(NOT_PASSED) | some


def test_a_setting_that_nobody_sets_is_as_the_portal_has_it():
    """What stands behind `:-` is the default that the documents tell, and the one in the example."""
    table = (ROOT / "docs" / "operations.md").read_text().partition("## Settings\n")[2].partition("\n## ")[0]
    documented = dict(re.findall(r"^\| `(HOMEROOM_[A-Z_]+)` \| `?([^|`]+?)`? \|", table, re.MULTILINE))
    numbers = 0
    for setting, value in COMPOSE["x-portal"]["environment"].items():
        default = re.fullmatch(r"\$\{" + setting + r":-([^}]+)\}", str(value))
        if default is not None and setting not in OTHERWISE_TOLD:
            assert documented[setting] == default[1], setting
            assert EXAMPLE[setting] in {default[1], ""}, setting
            numbers += 1
    assert numbers >= 20


def test_traces_are_off_unless_a_collector_is_named():
    for name in OURS:
        environment = SERVICES[name].get("environment") or COMPOSE["x-portal"]["environment"]
        assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "${OTEL_EXPORTER_OTLP_ENDPOINT:-}"


@pytest.mark.parametrize(("name", "module"), [("web", "portal.wsgi"), ("worker", "portal"), ("beat", "portal")])
def test_commands_name_modules_that_exist(name, module):
    assert module in SERVICES[name]["command"]
    assert importlib.util.find_spec(module) is not None


def test_the_image_has_every_room_that_runs_and_is_not_root():
    dockerfile = (ROOT / "Dockerfile").read_text()
    for room in ("messages", "portal", "provisioning", "engine", "registry", "infra", "processor"):
        assert f"COPY {room} {room}" in dockerfile
    assert dockerfile.rindex("USER homeroom") < dockerfile.rindex("CMD")
    assert "--require-hashes" in dockerfile


def test_the_health_check_names_a_host_that_is_allowed(monkeypatch):
    monkeypatch.setenv("HOMEROOM_ALLOWED_HOSTS", "portal.example.org, localhost")
    assert healthcheck.host() == "portal.example.org"
    for pattern, named in ((".example.org", "example.org"), ("*", "localhost"), ("", "localhost")):
        monkeypatch.setenv("HOMEROOM_ALLOWED_HOSTS", pattern)
        assert healthcheck.host() == named


def test_the_health_check_fails_while_nobody_answers(monkeypatch, capsys):
    monkeypatch.setattr(healthcheck, "PORT", 9)
    assert healthcheck.main() == 1
    assert "does not answer" in capsys.readouterr().err


def test_the_broker_is_started_by_its_own_name_so_that_its_image_leaves_root():
    assert SERVICES["redis"]["command"][0] == "redis-server"


def test_the_file_of_secrets_is_not_committed():
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_portal_comes_into_its_database_as_a_role_that_owns_nothing():
    owner = SERVICES["postgres"]["environment"]["POSTGRES_USER"]
    for name in OURS:
        environment = SERVICES[name].get("environment") or COMPOSE["x-portal"]["environment"]
        user = environment["HOMEROOM_DATABASE_URL"].partition("://")[2].partition(":")[0]
        assert (user == owner) == (name == "migrate"), name
    granted = SERVICES["migrate"]["environment"]["HOMEROOM_PORTAL_DATABASE_URL"]
    assert granted == COMPOSE["x-portal"]["environment"]["HOMEROOM_DATABASE_URL"]
    assert "manage.py grant_portal" in SERVICES["migrate"]["command"][-1]
