"""Every module of gaps and lives is found and put in, the one that others build on first."""

from __future__ import annotations

import re

import pytest

from devtools.paths import ROOT
from sandbox.filling import modules_of


@pytest.mark.parametrize("folder", ["gaps", "lives"])
def test_every_module_with_a_fill_is_found_once_and_in_the_same_order_each_time(folder: str):
    paths = sorted((ROOT / "sandbox" / folder).glob("*.py"))
    written = [path.stem for path in paths if re.search(r"^def fill\(\) -> None:", path.read_text(), re.MULTILINE)]
    found = [module.__name__.rpartition(".")[2] for module in modules_of(f"sandbox.{folder}")]
    assert len(written) > 5
    assert sorted(found) == written
    assert found == sorted(found, key=lambda name: (name != "routing", name))
