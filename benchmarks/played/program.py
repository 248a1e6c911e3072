"""Stands in for the program `terraform`: plays what a real one said, takes the state's lock, and writes the state.

Run as ``python -I -S program.py FOLDER ARGUMENT...``, standard library only. FOLDER has the recorded commands
(`played.unpacked`) and, in ``journal/``, a file for each district, in which each apply notes its beginning and its end,
and which it locks meanwhile: two at a time are a violation, whatever the state's own lock says. What a plan comes to
follows from the state in the bucket and the specification in the workspace: a district whose tags differ has all that
was recorded still before it, as at its first deploy, and any other has nothing to do.
Each command takes so many seconds as one does on a machine with nothing else to do (`SECONDS`), times PLAYED_PACE.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
import zipfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from benchmarks.played.bucket import Bucket
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib takes long to load
    from bucket import Bucket

SECONDS = {
    "init": 1.0,
    "plan.update": 10.0,
    "plan.verify": 10.0,
    "plan.same": 10.0,
    "apply.update": 40.0,
}
"""How long each takes, its lines spread as they were when it was recorded. What is not here is said at once.

Source: docs/operations.md, "What a run costs"; an apply takes half of what it takes there.
"""
MOMENT = '"@timestamp":"'
CHANGES = 2
LONGEST_SLEEP = 0.5


class LockedError(Exception):
    """Somebody holds the state."""


class Play:
    """One command in the workspace of one district."""

    def __init__(self, folder: str, arguments: list[str]) -> None:
        self.folder, self.arguments = folder, arguments
        self.pace = float(os.environ.get("PLAYED_PACE", "1"))
        self.began = time.monotonic()

    def workspace(self) -> None:
        """Read which district this is, and where its state lies."""
        with open("spec.json") as file:  # noqa: PTH123
            self.spec = json.load(file)
        self.suffix, self.tags = self.spec["suffix"], self.spec.get("tags", {})
        with open("backend.txt") as file:  # noqa: PTH123
            backend = dict(line.rstrip("\n").split("=", 1) for line in file)
        self.key = backend["key"]
        self.bucket = Bucket(backend["bucket"], backend["region"], os.environ["AWS_ENDPOINT_URL"])

    # --- what is said

    def lines(self, name: str) -> list[list[float | str]]:
        """Return what a command said, each line with its second."""
        with open(f"{self.folder}/{name}.ndjson") as file:  # noqa: PTH123
            return [json.loads(line) for line in file]

    def say(self, name: str) -> None:
        """Say it again, at its time, about this district and now."""
        lines = self.lines(name)
        scale = self.pace * SECONDS.get(name, 0.0) / max(float(lines[-1][0]), 0.001)
        for second, line in lines:
            due = self.began + scale * float(second)
            while (left := due - time.monotonic()) > 0.005:
                sys.stdout.flush()
                time.sleep(min(left, LONGEST_SLEEP))
            sys.stdout.write(_now(str(line)).replace("recorded-sbx", self.suffix))
        sys.stdout.flush()

    def problem(self, summary: str) -> int:
        """Say why it does not go on, as Terraform does; return the exit status."""
        diagnostic = {"severity": "error", "summary": summary, "detail": ""}
        line = {"@level": "error", "@message": f"Error: {summary}", "@timestamp": "", "type": "diagnostic"}
        print(_now(json.dumps({**line, "diagnostic": diagnostic}, separators=(",", ":"))), flush=True)
        return 1

    # --- state and lock

    def state(self) -> dict[str, Any]:
        """Return what the state says of itself; a district that was never applied here has what it was filled with."""
        content = self.bucket.get(self.key)
        state: dict[str, Any] = json.loads(content) if content else {}
        return state or {"serial": 0, "lineage": "", "played": {"tags": {}}}

    def lock(self, operation: str) -> str:
        """Take the state's lock; return its id."""
        name = f"{os.urandom(16).hex()}"
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lock = {"ID": name, "Operation": operation, "Who": f"root@{os.uname().nodename}", "Created": moment}
        if not self.bucket.create(f"{self.key}.tflock", json.dumps(lock).encode()):
            raise LockedError
        return name

    def unlock(self) -> None:
        """Release it."""
        self.bucket.delete(f"{self.key}.tflock")

    def write_state(self, before: dict[str, Any], tags: object, *, settled: bool) -> None:
        """Store the recorded state as this district's, with a later serial."""
        own = {
            "serial": int(before["serial"]) + 1,
            "lineage": before["lineage"] or f"lineage-of-{self.suffix}",
            "played": {"tags": tags, "settled": settled},
        }
        with open(f"{self.folder}/state.json") as file:  # noqa: PTH123
            rest = file.read().replace("recorded-sbx", self.suffix)
        self.bucket.put(self.key, (json.dumps(own)[:-1] + "," + rest[1:]).encode())

    # --- commands

    def init(self) -> int:
        """Note where the state lies."""
        pairs = [argument.partition("=")[2] for argument in self.arguments if argument.startswith("-backend-config=")]
        with open("backend.txt", "w") as file:  # noqa: PTH123
            file.write("".join(f"{pair}\n" for pair in pairs))
        self.workspace()
        self.say("init")
        return 0

    def plan(self) -> int:
        """Say what would change, and save it."""
        self.workspace()
        self.lock("OperationTypePlan")
        try:
            state = self.state()
            recorded = state["played"]
            is_other = recorded["tags"] != self.tags
            name = "update" if is_other else "same" if recorded.get("settled", True) else "verify"
            self.say(f"plan.{name}")
            out = next(argument.partition("=")[2] for argument in self.arguments if argument.startswith("-out="))
            own = {"name": name, "serial": state["serial"], "tags": self.tags}
            # A saved plan is an archive in which the refreshed state lies, as the portal takes it from there.
            with zipfile.ZipFile(out, "w") as saved:
                saved.writestr("played", json.dumps(own))
                saved.writestr("tfstate", json.dumps(state))
        finally:
            self.unlock()
        return CHANGES if is_other else 0

    def show(self) -> int:
        """Show a saved plan, or the state."""
        self.workspace()
        name = "state"
        if not self.arguments[-1].startswith("-"):
            name = self.saved()["name"]
        self.say(f"show.{name}")
        return 0

    def apply(self) -> int:
        """Carry a saved plan out: alone, or it is a violation."""
        self.workspace()
        plan = self.saved()
        self.lock("OperationTypeApply")
        with open(f"{self.folder}/journal/{self.suffix}", "a") as journal:  # noqa: PTH123
            try:
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.note(journal, "violation")
            try:
                state = self.state()
                if state["serial"] != plan["serial"]:
                    return self.problem("Saved plan is stale")
                self.note(journal, f"{plan['name']} begun")
                try:
                    self.say(f"apply.{plan['name']}")
                except KeyboardInterrupt:
                    self.write_state(state, state["played"]["tags"], settled=False)
                    self.note(journal, f"{plan['name']} interrupted")
                    return self.problem("execution halted")
                self.write_state(state, plan["tags"], settled=plan["name"] != "update")
                self.note(journal, f"{plan['name']} done")
            finally:
                self.unlock()
        return 0

    def saved(self) -> dict[str, Any]:
        """Return what the saved plan that is named last says of itself."""
        with zipfile.ZipFile(self.arguments[-1]) as file:
            plan: dict[str, Any] = json.loads(file.read("played"))
        return plan

    def push(self) -> int:
        """Store a state of the same lineage with a later serial; any other is refused."""
        self.workspace()
        with open(self.arguments[-1]) as file:  # noqa: PTH123
            pushed = json.load(file)
        self.lock("OperationTypeInvalid")
        try:
            before = self.state()
            if pushed["lineage"] != before["lineage"] or pushed["serial"] <= before["serial"]:
                return self.problem("cannot import state with an older serial, or of another lineage")
            pushed["played"]["settled"] = True
            self.bucket.put(self.key, json.dumps(pushed).encode())
        finally:
            self.unlock()
        return 0

    def note(self, journal: TextIO, what: str) -> None:
        """Add a line to the district's journal, at once."""
        here = os.getcwd().split("/runs/")  # noqa: PTH109
        run = here[-1].split("/")[0] if len(here) > 1 else "0"
        journal.write(f"{time.time():.3f} {run} {os.getpid()} {what}\n")
        journal.flush()

    def force_unlock(self) -> int:
        """Release the lock that has this id."""
        self.workspace()
        lock = self.bucket.get(f"{self.key}.tflock")
        if lock is None or json.loads(lock)["ID"] != self.arguments[-1]:
            return self.problem("Failed to unlock state")
        self.unlock()
        return 0

    def version(self) -> int:
        """Say which it is."""
        with open(f"{self.folder}/version.json") as file:  # noqa: PTH123
            print(file.read())
        return 0

    def go(self) -> int:
        """Do what the command asks for."""
        name = " ".join(self.arguments[:2]) if self.arguments[0] == "state" else self.arguments[0]
        commands = {"init": self.init, "plan": self.plan, "show": self.show, "apply": self.apply}
        known = {**commands, "version": self.version, "force-unlock": self.force_unlock, "state push": self.push}
        if name not in known:
            return self.problem(f"terraform {name} is not played.")
        try:
            return known[name]()
        except LockedError:
            return self.problem("Error acquiring the state lock")


def _now(line: str) -> str:
    """Return a line with this moment in the place of the one that it was said at."""
    before, mark, rest = line.partition(MOMENT)
    if not mark:
        return line
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    return f"{before}{mark}{moment}{rest[rest.index(chr(34)) :]}"


if __name__ == "__main__":
    sys.exit(Play(sys.argv[1], sys.argv[2:]).go())
