"""Which process of a run is given which tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin import pytest_xdist_make_scheduler
from tests.together import FOLDERS, kept_together


def test_a_folder_that_shares_what_is_dear_stays_together_and_else_a_file_does() -> None:
    (folder,) = FOLDERS
    assert kept_together(f"{folder}test_answers.py::test_a[x::y]") == kept_together(f"{folder}test_keys.py::test_b")
    assert kept_together("tests/cli/test_errors.py::test_a[b::c]") == "tests/cli/test_errors.py"
    assert kept_together("tests/processor/test_api.py::test_a") == "tests/processor/test_api.py"


class Node:
    """A process of a run, which keeps what it is given."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.given = config, list[int]()
        self.gateway: Any = type("Gateway", (), {"id": f"gw{id(self)}"})
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def test_a_run_of_two_processes_gives_such_a_folder_to_one(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pytestconfig.option, "dist", "loadfile")
    monkeypatch.setattr(pytestconfig.option, "tx", ["popen", "popen"])
    scheduler: Any = pytest_xdist_make_scheduler(pytestconfig, None)
    (folder,) = FOLDERS
    tests = [f"{folder}test_{name}.py::test_{number}" for name in "abc" for number in range(3)]
    others = [f"tests/cli/test_{name}.py::test_{number}" for name in "abcd" for number in range(2)]
    nodes: list[Any] = [Node(pytestconfig), Node(pytestconfig)]
    for node in nodes:
        scheduler.add_node(node)
        scheduler.add_node_collection(node, tests + others)
    scheduler.schedule()
    of_folder = [{index < len(tests) for index in node.given} for node in nodes]
    assert of_folder == [{True}, {False}]
    assert len(nodes[0].given) == len(tests)


def test_who_asks_for_another_way_gets_it(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytestconfig.option, "dist", "load")
    assert pytest_xdist_make_scheduler(pytestconfig, None) is None
