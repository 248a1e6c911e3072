"""The part of the pytest plugin that gives all processes of a test run one folder, and each test a sandbox of its own.

A sandbox without processes is forked from one that the run starts once: some milliseconds in place of seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.launch import fork_from
from tests.plugin import folder
from tests.worlds.modules import share_modules
from tests.worlds.shared import SharedRun

GIVEN = "shared_run"
KEY = pytest.StashKey[SharedRun]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder, or find the one that this worker was given."""
    given = getattr(config, "workerinput", {}).get(GIVEN)
    run = SharedRun(Path(given) if given else folder / "run")
    if not given:
        run.own()
    config.stash[KEY] = run
    share_modules(folder / "work")
    fork_from(run.empty_aws)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which folder its run has."""
    node.workerinput[GIVEN] = str(node.config.stash[KEY].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started for the run, once its last test is over."""
    fork_from(None)
    if KEY in config.stash and not hasattr(config, "workerinput"):
        config.stash[KEY].end()


@pytest.fixture(scope="session")
def shared_run(pytestconfig: pytest.Config) -> SharedRun:
    """What all processes of this run share."""
    return pytestconfig.stash[KEY]
