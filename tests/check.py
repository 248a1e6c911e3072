"""The pytest plugin of `make check`: leaves out what is heavy, and what there is no time for, and says so."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

HEAVY = ("long", "browser", "terraform")
LEFT = pytest.StashKey[int]()
began = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that `devtools.check` gives."""
    parser.addoption("--within", type=float, default=0.0, help="seconds after which no test is begun (0: no bound)")
    parser.addoption("--whole", action="append", default=[], help="a file whose heavy tests run too")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the heavy tests of files that did not change themselves."""
    changed = whole(config)
    heavy = [item for item in items if item.path not in changed and is_heavy(item)]
    if heavy:
        config.hook.pytest_deselected(items=heavy)
        items[:] = [item for item in items if item not in set(heavy)]


def whole(config: pytest.Config) -> set[Path]:
    """Return the files that are run to their end."""
    return {config.rootpath / name for name in config.getoption("--whole")}


def is_heavy(item: pytest.Item) -> bool:
    """Return whether a test takes a browser, Terraform or a minute."""
    return any(item.get_closest_marker(name) for name in HEAVY)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Begin no test when the time is over, but those of a file that changed itself."""
    within = item.config.getoption("--within")
    if within and time.monotonic() - began > within and item.path not in whole(item.config):
        item.config.stash[LEFT] = item.config.stash.get(LEFT, 0) + 1
        # The test before left standing what this one was to find; the one behind may be of another file.
        item.session._setupstate.teardown_exact(nextitem)
        return True
    return None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that gathers the results how many tests there was no time for."""
    output: dict[str, int] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left"] = session.config.stash.get(LEFT, 0)


class Gathering:
    """What only the process that gathers the results hears."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a process of tests left."""
        left = getattr(node, "workeroutput", {}).get("left", 0)
        self._config.stash[LEFT] = self._config.stash.get(LEFT, 0) + left

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many tests there was no time for."""
        if left := self._config.stash.get(LEFT, 0):
            terminalreporter.write_line(f"{left} tests were not begun: the time is over. They are left to make test.")


def pytest_configure(config: pytest.Config) -> None:
    """Hear what the processes of tests say, where this is the one that gathers."""
    config.pluginmanager.register(Gathering(config), "homeroom-check")
