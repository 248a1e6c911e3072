"""A stack is synthesized once for a specification by the same code, and anew wherever anything of that differs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import SynthesisFailedError
from engine.settings import EngineSettings
from engine.terraform import synthesis
from engine.terraform.kept_stacks import FOLDER, keep, sweep, take_kept

MAKER = """
import json, sys
from pathlib import Path
spec, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
with open(spec["calls"], "a") as calls:
    calls.write("x")
if spec.get("fails"):
    sys.exit(1)
if spec.get("disturbs"):
    (Path(__file__).parent / "new.py").write_text(str(out))
(out / "cdk.tf.json").write_text(json.dumps({"resource": {"aws_vpc": {spec["suffix"]: {}}}}))
(out / "rotation.zip").write_bytes(b"the same for all")
"""


class Synthesis:
    """A project whose stack is made by a program that counts its calls, and a worker with a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        for name in ("stack", "infra", "processor/rotation"):
            (self.project / name).mkdir(parents=True)
        (self.project / "stack" / "maker.py").write_text(MAKER)
        self.settings = EngineSettings(work_dir=folder / "work", state_bucket="b", stack_module="stack.maker")
        self.made = 0

    @property
    def calls(self) -> int:
        """How often the program was called."""
        path = self.folder / "calls"
        return len(path.read_text()) if path.exists() else 0

    @property
    def kept(self) -> Path:
        """Where stacks are kept."""
        return self.settings.work_dir / FOLDER

    def make(self, **spec: object) -> dict[str, bytes]:
        """Synthesize into a folder of its own; return what lies there, without the specification."""
        self.made += 1
        out = self.folder / f"out-{self.made}"
        specification = {"suffix": "a-sbx", "calls": str(self.folder / "calls"), **spec}
        assert synthesis.synthesize(self.settings, json.dumps(specification), out).resource_count == 1
        return {path.name: path.read_bytes() for path in out.iterdir() if path.name != "spec.json"}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synthesis:
    """Return a project with nothing kept."""
    created = Synthesis(tmp_path)
    monkeypatch.setattr(synthesis, "PROJECT", created.project)
    return created


def test_the_same_specification_is_synthesized_once(made: Synthesis) -> None:
    first = made.make()
    assert made.make() == first
    assert set(first) == {"cdk.tf.json", "rotation.zip"}
    assert made.calls == 1


def another_package(made: Synthesis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package."""
    (made.folder / "site" / "cdktf-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(made.folder / "site")])


CHANGES: dict[str, Callable[[Synthesis, pytest.MonkeyPatch], object]] = {
    "the program": lambda made, _: (made.project / "stack" / "maker.py").write_text(f"{MAKER}\n# changed\n"),
    "a file beside it": lambda made, _: (made.project / "stack" / "prices.toml").write_text("x = 1"),
    "the stack's package": lambda made, _: (made.project / "infra" / "network.py").write_text("x = 1"),
    "the function that it packs": lambda made, _: (made.project / "processor/rotation/x.pem").write_text("x"),
    "a package": another_package,
    "Node": lambda _, monkeypatch: monkeypatch.setenv("JSII_NODE", "/another/node"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_change_of_what_it_is_made_of_is_seen(
    made: Synthesis, monkeypatch: pytest.MonkeyPatch, change: Callable[[Synthesis, pytest.MonkeyPatch], object]
) -> None:
    made.make()
    change(made, monkeypatch)
    made.make()
    assert made.calls == 2


def test_another_specification_has_a_stack_of_its_own(made: Synthesis) -> None:
    assert made.make(suffix="a-sbx") != made.make(suffix="b-sbx")
    assert made.calls == 2


def test_what_changed_while_it_was_made_is_not_kept(made: Synthesis) -> None:
    made.make(disturbs=True)
    assert not made.kept.exists()


def test_a_failure_is_not_kept(made: Synthesis) -> None:
    for _ in range(2):
        with pytest.raises(SynthesisFailedError):
            made.make(fails=True)
    assert made.calls == 2


@pytest.mark.parametrize("content", [b"", b"swapped"], ids=["torn", "swapped"])
@pytest.mark.parametrize("kind", ["*.gz", "*.json"])
def test_what_was_damaged_is_made_anew(made: Synthesis, kind: str, content: bytes) -> None:
    first = made.make()
    for path in made.kept.glob(kind):
        path.write_bytes(content)
    for _ in range(2):
        assert made.make() == first
    assert made.calls == 2, "what was made anew is whole"


def test_a_disk_that_takes_no_more_fails_no_run(made: Synthesis) -> None:
    made.settings.work_dir.mkdir()
    made.kept.write_text("no folder")
    assert made.make()


def test_only_the_worker_s_own_user_looks_in(made: Synthesis) -> None:
    made.make()
    assert made.kept.stat().st_mode & 0o077 == 0


def test_what_was_used_longest_ago_goes_first(made: Synthesis) -> None:
    for suffix in ("a-sbx", "b-sbx"):
        made.make(suffix=suffix)
    for path in made.kept.iterdir():
        os.utime(path, (1, 1))
    made.make(suffix="b-sbx")
    size = sum(path.stat().st_size for path in made.kept.iterdir())
    sweep(made.kept, size - 1)
    assert made.calls == 2
    made.make(suffix="b-sbx")
    assert made.calls == 2
    made.make(suffix="a-sbx")
    assert made.calls == 3


def test_writers_and_readers_at_a_time_see_whole_stacks(made: Synthesis) -> None:
    files = {"cdk.tf.json": b"x" * 50_000, "rotation.zip": b"y" * 50_000}
    stacks: list[dict[str, bytes]] = []

    def work(number: int) -> bool:
        out = made.folder / f"reader-{number}"
        out.mkdir()
        for _ in range(20):
            keep(made.settings, "key", files)
            sweep(made.kept, 100)
            if take_kept(made.settings, "key", out):
                stacks.append({path.name: path.read_bytes() for path in out.iterdir()})
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert all(stack == files for stack in stacks)
