"""One life in a process of its own: Django serves one database in a process, and two lives have two.

The child is told to stop by SIGINT alone, and then removes everything before it ends: whoever started it waits.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from devtools.demo.__main__ import say, say_step, set_up_django
from devtools.environment import inherited
from devtools.live.life import GONE, Target, live_once, remove_what_is_left
from devtools.live.observation import Calls, Observation, calls_recorded
from devtools.paths import ROOT
from devtools.services.portal import Aws
from processes.errors import RemediedError

RESULT = "observation.json"


REMOVE = "--remove"


@dataclass
class Ended:
    """How a life ended: what was seen, and why it did not come through, where it did not."""

    seen: Observation
    failure: str


def in_a_process(target: Target, folder: Path) -> Ended:
    """Return how a life ended that is lived in a child; an interrupt has it remove everything first.

    Where the child ends without having removed everything, another one does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    status = _ended(target, folder)
    if not (folder / GONE).exists():
        say("What there still is, is removed by another portal.")
        _ended(target, folder, REMOVE)
    result = folder / RESULT
    payload: dict[str, Any] = {"seen": Observation().as_data(), "failure": ""}
    if result.exists():
        payload = json.loads(result.read_text())
    failure = str(payload["failure"]) or ("" if status == 0 else f"The process ended with status {status}.")
    if not (folder / GONE).exists():
        failure += f" Something may be left in AWS: the tag Suffix with the value {target.slug}-sbx finds it."
    return Ended(observation_of(payload["seen"]), failure.strip())


def _ended(target: Target, folder: Path, *more: str) -> int:
    """Run a child to its end; it is told of an interrupt, and waited for. Credentials go by its standard input."""
    command = [sys.executable, "-m", "devtools.live.child", str(folder), *more]
    child = subprocess.Popen(
        command, cwd=ROOT, env=inherited(), stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    if child.stdin is None:
        raise RuntimeError("the child has no standard input")
    with child.stdin as stdin:
        stdin.write(json.dumps(asdict(target)))
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            say("\nIt removes everything now; that takes as long as it took to make it. Do not kill it.")
            child.send_signal(signal.SIGINT)


def observation_of(data: dict[str, Any]) -> Observation:
    """Return the observation that plain data holds."""
    calls = {name: Calls(entry["count"], entry["errors"]) for name, entry in data["calls"].items()}
    return Observation(**{**data, "calls": calls})


def target_of(data: dict[str, Any]) -> Target:
    """Return the target that plain data holds."""
    return Target(**{**data, "aws": Aws(**data["aws"]) if data["aws"] is not None else None})


def main(arguments: list[str]) -> int:
    """Live once, or remove what is left, and write down what was seen, however it ended."""
    folder, target = Path(arguments[0]), target_of(json.load(sys.stdin))
    observation, failure = Observation(), ""
    if REMOVE in arguments:
        remove_what_is_left(target, folder, say_step, set_up=set_up_django)
        return 0
    try:
        live_once(target, folder, say_step, seen=observation, set_up=set_up_django)
    except RemediedError as error:
        failure = error.summary
    except KeyboardInterrupt:
        failure = "It was stopped."
    recording = folder / "calls.ndjson"
    if target.aws is None and recording.exists():
        observation.calls = calls_recorded(recording)
    (folder / RESULT).write_text(json.dumps({"seen": observation.as_data(), "failure": failure}, default=str))
    return 1 if failure else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
