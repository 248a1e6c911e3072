"""Follows a run to where somebody has to act or nothing more comes, and tells how it stands by the exit status."""

from __future__ import annotations

import json
import time
from typing import Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from homeroom_cli.api import Api
from homeroom_cli.exits import OF_STATES, Exit
from homeroom_cli.output import err, out, safe

WAIT = 20
PAUSE = 1.0
"""Seconds between two questions where the portal let none wait."""


def watch(api: Api, number: int, *, as_json: bool, timeout: int = 0) -> Exit:
    """Print what happens in a run until it has ended or waits for an approval; `timeout` in seconds, 0 is none."""
    end = time.monotonic() + timeout if timeout else None
    after = 0
    with _Told(as_json) as printer:
        while True:
            left = WAIT if end is None else min(WAIT, max(0, int(end - time.monotonic())))
            began = time.monotonic()
            page = api.get(f"/runs/{number}/events", after=after, wait=left or None, limit=200)
            for event in page["items"]:
                printer.event(event)
            after = page["after"]
            run = api.get(f"/runs/{number}")
            printer.run(run)
            if not page["more"] and run["last_event"] <= after and (status := OF_STATES.get(run["state"])) is not None:
                printer.end(run)
                return status
            if end is not None and time.monotonic() >= end:
                printer.end(run)
                return Exit.STILL_RUNNING
            if not page["items"] and time.monotonic() - began < PAUSE:
                time.sleep(PAUSE)


class _Told:
    """Events as lines; below them, where somebody looks, how far the run is."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        console = err()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=as_json or not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> _Told:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def event(self, event: dict[str, Any]) -> None:
        """Print an event."""
        if self._json:
            typer.echo(json.dumps({"event": event}, ensure_ascii=False))
            return
        at = str(event["at"])[11:19]
        out().print(f"{at} {safe(event['level']):7} {safe(event['message'])}", markup=False)

    def run(self, run: dict[str, Any]) -> None:
        """Show how far the run is."""
        words = f"Run #{run['number']} {run['state'].replace('_', ' ')}"
        total = max(1, run["resources_total"])
        if self._task is None:
            self._task = self._bar.add_task(words, total=total)
        self._bar.update(self._task, description=words, total=total, completed=run["resources_done"])

    def end(self, run: dict[str, Any]) -> None:
        """Print how the run stands."""
        if self._json:
            typer.echo(json.dumps({"run": run}, ensure_ascii=False))
            return
        state = run["state"].replace("_", " ")
        out().print(f"Run #{run['number']} of {safe(run['district'])}: {state}", markup=False)
        for name in ("error_summary", "error_remedy"):
            if run[name]:
                out().print(safe(run[name]), markup=False)
        for reason in run["approval_reasons"] if run["state"] == "awaiting_approval" else []:
            out().print(safe(reason), markup=False)
        if run["state"] == "awaiting_approval":
            out().print(f"Approve it: homeroom run approve {run['number']}", markup=False)
