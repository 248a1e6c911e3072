"""The rotation function out of its own archive, as Lambda would load it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from infra import rotation_package


def _forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "rotation"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("rotation") / "rotation.zip"
    rotation_package.build(path)
    return path


@pytest.fixture
def function(archive, monkeypatch) -> Iterator[ModuleType]:
    """The handler's module, with its own code and libraries from the archive."""
    _forget()
    monkeypatch.syspath_prepend(str(archive))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("DATABASE_TLS", "off")
    yield importlib.import_module("rotation.handler")
    _forget()
