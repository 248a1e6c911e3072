"""The pytest plugin that gives tests their world: the settings' variables, and a PostgreSQL server while they run.

Loaded before Django reads its settings. Each session has a folder and a server of its own, so that sessions can run
side by side; nothing in here reaches a real AWS account.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import random
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from devtools.environment import ensure_signing_key, inherited, project_variables
from devtools.lean_terraform.launch import TOLD_AT, running_keeper, write_program
from processes.postgres import USER, Postgres, database_url, running_postgres
from processes.process import free_port
from tests import run_folder
from tests.kept_database import copy_to
from tests.leftovers import entries, ports, processes, until_none
from tests.places import RUNS, VARIABLE
from tests.synthesis import end_maker
from tests.together import FOLDERS, Together, kept_together

# Nobody listens there: a test that forgets to start the sandbox is refused at once.
NOWHERE = "http://127.0.0.1:9"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server", "postgres_server"}

# unix(7) has room for 107 bytes; Chromium and multiprocessing append up to 45.
LONGEST_TEMPORARY = 62

folder = RUNS / f"{os.getpid()}-{secrets.token_hex(4)}"
port = free_port()
password = secrets.token_hex(16)
pytest_plugins = ["tests.worlds.plugin", "tests.collecting"]
COLLECTED_AT = (50_000, 20, 20)
"""Objects that come before the collector looks for circles, and how often it looks among those that stayed.

At Python's own 700 it takes a tenth of a test process's time.
"""
BEHIND = "left behind"
LEFT = pytest.StashKey[list[str]]()
BEFORE = pytest.StashKey[set[Path]]()
_cleanup = contextlib.ExitStack()
_server: Postgres | None = None

TERRAFORM = "HOMEROOM_TERRAFORM"
_real_terraform: list[str] = []
"""Terraform itself, whose place a program takes that saves time; empty where there is none."""

# How long an example takes is the machine's matter, not the code's.
settings.register_profile("homeroom", deadline=None, max_examples=25)
settings.register_profile("soak", deadline=None, max_examples=400)


def _set_environment() -> None:
    variables = project_variables(
        var=folder,
        database_url=database_url(port, password),
        broker_url="memory://",
        aws_endpoint_url=NOWHERE,
        secret_key=secrets.token_urlsafe(50),
    )
    # A preflight takes a second; who tests it switches it on.
    variables = {**variables, "HOMEROOM_PREFLIGHT": "0"}
    environment = inherited()
    os.environ.clear()
    # Whatever a test writes goes with the session's folder.
    # WhiteNoise warns of a folder of static files that is not there; tests find those in the apps themselves.
    (folder / "static").mkdir(parents=True)
    ensure_signing_key(folder)
    os.environ.update(environment | dict(variables) | {"PYTEST_DEBUG_TEMPROOT": str(folder), VARIABLE: str(RUNS)})
    # So do the temporary files of all that tests start, unless sockets among them would have names that are too long.
    temporary = folder / "tmp"
    if len(str(temporary)) <= LONGEST_TEMPORARY:
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)
    if terraform := os.environ[TERRAFORM]:
        os.environ[TERRAFORM] = str(write_program(folder / "terraform", Path(terraform)))
        _real_terraform.append(terraform)
    run_folder.begin()


def _sweep() -> None:
    """Remove the folders of sessions that ended without doing so."""
    for folder in RUNS.glob("*-*"):
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def start_postgres() -> Postgres:
    """Start the session's server unless it runs."""
    global _server
    if _server is None:
        copy_to(folder / "postgres")
        server = running_postgres(folder / "postgres", port=port, durable=False, at_socket=True)
        started = _cleanup.enter_context(server)
        with psycopg.connect(database_url(port, started.password, "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(USER), sql.Literal(password)))
        _server = replace(started, password=password)
    return _server


def _needs_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    ancestors = getattr(getattr(item, "cls", None), "__mro__", ())
    of_django = any(ancestor.__module__.startswith("django.test") for ancestor in ancestors)
    return bool(fixtures & DATABASE_FIXTURES) or item.get_closest_marker("django_db") is not None or of_django


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that ask for the long edition, and for another order."""
    parser.addoption("--soak", action="store_true", help="run the long edition: soak tests too, many more examples")
    parser.addoption("--shuffle", type=int, default=None, metavar="SEED", help="mix the files, and the tests in each")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples Hypothesis tries; its own option, where given, comes first."""
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("soak" if config.getoption("--soak") else "homeroom")
    config.stash[BEFORE] = entries()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long edition's tests out unless it is asked for, and begin with what takes longest in one process.

    So no process is left alone with one of these at the end.
    """
    if not config.getoption("--soak"):
        left_out = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left_out)
    if (seed := config.getoption("--shuffle")) is not None:
        _shuffle(items, seed)
    long = {kept_together(item.nodeid) for item in items if item.get_closest_marker("long")} | set(FOLDERS)
    items.sort(key=lambda item: kept_together(item.nodeid) not in long)


def _shuffle(items: list[pytest.Item], seed: int) -> None:
    """Mix the files and the tests in each; the same seed gives the same order, in every process of the run."""
    chance = random.Random(seed)
    chance.shuffle(items)
    first: dict[Path, int] = {}
    for place, item in enumerate(items):
        first.setdefault(item.path, place)
    items.sort(key=lambda item: first[item.path])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the server, and the keeper of Terraform's providers, where a collected test needs them.

    Raises UsageError where a test file loads CDKTF, which starts a Node process in every process that collects.
    """
    if "jsii" in sys.modules:
        raise pytest.UsageError("A test imports a module of infra that loads CDKTF: take stacks from tests.synthesis.")
    # What was imported stays: the collector need not look through it again and again, nor after each small thing.
    gc.freeze()
    gc.set_threshold(*COLLECTED_AT)
    gc.enable()
    if session.config.option.collectonly:
        return
    if any(_needs_database(item) for item in session.items):
        start_postgres()
    if _real_terraform and any(item.get_closest_marker("terraform") for item in session.items):
        _cleanup.enter_context(running_keeper(folder / "terraform", Path(_real_terraform[0]), os.environ))


def _empties_database(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    named = marker is not None and bool(marker.kwargs.get("transaction"))
    return named or bool({"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())))


def _goes_on(item: pytest.Item, nextitem: pytest.Item) -> bool:
    """Return whether the next test looks at the same rows, which a fixture made for their whole module."""
    if not isinstance(item, pytest.Function) or not isinstance(nextitem, pytest.Function):
        return False
    definitions = item._fixtureinfo.name2fixturedefs.get("transactional_db", ())
    return any(fixture.scope == "module" for fixture in definitions) and item.module is nextitem.module


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Give the database back what migrations put there, after a test that emptied it.

    Django does so only before another such test. In one process those run last; side by side any test may follow.
    Behind the last test the database itself is gone.
    """
    yield
    if nextitem is not None and _empties_database(item) and not _goes_on(item, nextitem):
        from django.db import connection
        from pytest_django.plugin import blocking_manager_key

        from tests.initial_rows import give_back

        with item.config.stash[blocking_manager_key].unblock():
            give_back()
            connection.close()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Fail a run that leaves a process, a listening port or a folder behind, once its fixtures are torn down."""
    yield
    end_maker()
    _cleanup.close()
    leftovers = [*until_none(lambda: processes(folder)), *until_none(ports)]
    output: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
    if output is None:
        # Whose test made it cannot be told: it is said once, by who began the run.
        before = session.config.stash[BEFORE]
        leftovers += [f"in the project: {entry}" for entry in sorted(entries() - before)]
    if output is not None:
        output[BEHIND] = leftovers
    session.config.stash[LEFT] = session.config.stash.get(LEFT, []) + leftovers
    if session.config.stash[LEFT] and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Keep folders together as well, where pytest-xdist is told to keep files together."""
    return Together(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what a worker of pytest-xdist left."""
    stash = node.config.stash
    stash[LEFT] = stash.get(LEFT, []) + getattr(node, "workeroutput", {}).get(BEHIND, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left behind."""
    for line in config.stash.get(LEFT, []):
        terminalreporter.write_line(f"LEFT BEHIND {line}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what was started and remove the session's folder; what test workers shared goes with who began the run."""
    end_maker()
    _cleanup.close()
    for mine in RUNS.glob(f"{os.getpid()}-*"):
        shutil.rmtree(mine, ignore_errors=True)
    # Whoever comes last: the others' folders are in it.
    with contextlib.suppress(OSError):
        RUNS.rmdir()


@pytest.fixture(scope="session")
def postgres_server() -> Postgres:
    """The session's PostgreSQL server, for tests that start processes of their own against it."""
    return start_postgres()


@pytest.fixture(scope="session")
def keeper() -> Path:
    """The file that says where the session's keeper of providers listens."""
    return folder / "terraform" / TOLD_AT


@pytest.fixture
def real_terraform(monkeypatch: pytest.MonkeyPatch) -> str:
    """Terraform itself for a test and what it starts: with its own start of providers and its look at their hashes."""
    program = _real_terraform[0]
    monkeypatch.setenv(TERRAFORM, program)
    monkeypatch.setattr("django.conf.settings.TERRAFORM", program)
    return program


# Nothing of what is imported and collected goes away: a fifth of the time would go into looking.
gc.disable()
_sweep()
_set_environment()
atexit.register(_cleanup.close)
