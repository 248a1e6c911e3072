"""Synthesized stacks for tests: each specification once a test run, by one warm process, shared by the test workers.

A stack lies in the run's store by what it was made of; a second wish for it reads a file. `python -m infra` as a
program is proven by the tests of that door; others take what they need from here, and write nothing into its folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

from devtools.paths import ROOT
from tests.run_folder import run_folder

STACK_FILE = "cdk.tf.json"
REFERENCE = re.compile(r"\baws_\w+\.[\w-]+")
COMMON = {"spec_version": 1, "district_name": "District", "account_id": "123456789012", "cidr": "10.0.0.0/22"}


class SynthesisError(AssertionError):
    """The stack could not be made; carries the maker's words."""


@dataclass(frozen=True)
class Stack:
    """A synthesized stack: its specification, its folder, which is read only by agreement, and its JSON."""

    spec: dict[str, Any]
    folder: Path
    data: dict[str, Any]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resources of a type by name."""
        resources: dict[str, dict[str, Any]] = self.data["resource"].get(kind, {})
        return resources

    def each(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return type, name and arguments of every resource."""
        return [(kind, name, body) for kind, bodies in self.data["resource"].items() for name, body in bodies.items()]

    @property
    def suffix(self) -> str:
        """The district's suffix."""
        return str(self.spec["suffix"])


def keep_of(data: dict[str, Any], wanted: Iterable[str]) -> None:
    """Leave of a stack's JSON these resources, by address, and whatever they or its outputs refer to."""
    text = {
        f"{kind}.{name}": json.dumps(body) for kind, named in data["resource"].items() for name, body in named.items()
    }
    pending = [*wanted, *REFERENCE.findall(json.dumps(data.get("output", {})))]
    kept: set[str] = set()
    while pending:
        address = pending.pop()
        if address in text and address not in kept:
            kept.add(address)
            pending += REFERENCE.findall(text[address])
    left = {
        kind: {name: body for name, body in named.items() if f"{kind}.{name}" in kept}
        for kind, named in data["resource"].items()
    }
    data["resource"] = {kind: named for kind, named in left.items() if named}


def district(spec: Mapping[str, Any]) -> Stack:
    """Return the stack of a district's specification; what it leaves out is `COMMON`'s."""
    return _stack("district", COMMON | dict(spec))


def platform(spec: Mapping[str, Any]) -> Stack:
    """Return an account's shared stack."""
    return _stack("platform", dict(spec))


def district_in(folder: Path, spec: Mapping[str, Any]) -> Stack:
    """Write a district's stack into a folder of the caller's own, and return it."""
    return _copied(district(spec), folder)


def platform_in(folder: Path, spec: Mapping[str, Any]) -> Stack:
    """Write an account's shared stack into a folder of the caller's own, and return it."""
    return _copied(platform(spec), folder)


def _copied(stack: Stack, folder: Path) -> Stack:
    shutil.copytree(stack.folder, folder, dirs_exist_ok=True)
    return Stack(stack.spec, folder, stack.data)


def _stack(kind: str, spec: dict[str, Any]) -> Stack:
    folder = folder_of(kind, spec)
    return Stack(spec, folder, json.loads((folder / STACK_FILE).read_text(encoding="utf-8")))


def folder_of(kind: str, spec: Mapping[str, Any]) -> Path:
    """Return the folder with the stack of a specification, which is made unless it is there."""
    key = json.dumps([kind, spec], sort_keys=True)
    store = run_folder() / "stacks"
    folder = store / hashlib.sha256(key.encode()).hexdigest()
    if not folder.exists():
        store.mkdir(parents=True, exist_ok=True)
        with _alone(store / "lock"):
            if not folder.exists():
                _make(store, kind, spec, folder)
    return folder


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(store: Path, kind: str, spec: Mapping[str, Any], folder: Path) -> None:
    """Let the warm process make a stack; it appears in one step, so that nobody reads half of it."""
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    try:
        answer = _asked(store, kind, spec, half)
    except (OSError, EOFError):
        _start(store)
        answer = _asked(store, kind, spec, half)
    if answer:
        raise SynthesisError(answer)
    half.rename(folder)


def _asked(store: Path, kind: str, spec: Mapping[str, Any], folder: Path) -> str:
    """Return what the warm process says: nothing when it is done. Raises OSError or EOFError where none answers."""
    where = json.loads((store / "maker.json").read_text())
    with Client((where["host"], where["port"]), authkey=bytes.fromhex(where["key"])) as connection:
        connection.send((kind, dict(spec), str(folder)))
        return str(connection.recv())


_held: list[subprocess.Popen[str]] = []


def _start(store: Path) -> None:
    """Start the process that stays warm. It ends with this one, whose end closes its standard input."""
    command = [sys.executable, "-m", "tests.synthesis_maker"]
    maker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _held.append(maker)
    assert maker.stdout is not None
    line = maker.stdout.readline()
    if not line:
        raise SynthesisError("The process that makes stacks did not start; its words are above.")
    (store / "maker.json").write_text(line)


def end_maker() -> None:
    """End the warm process if this one has started it."""
    while _held:
        maker = _held.pop()
        maker.communicate()


def main(arguments: list[str]) -> int:
    """Do what `python -m infra SPEC.json OUT_DIR` does, out of the store: for engines that tests start."""
    spec, folder = arguments
    shutil.copytree(folder_of("district", json.loads(Path(spec).read_text())), folder, dirs_exist_ok=True)
    sys.stdout.write(f"{Path(folder) / STACK_FILE}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
