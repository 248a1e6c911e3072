"""The portal's processes around a fleet that only plays: all are the real ones, but Terraform and the synthesis."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.played.unpacked import unpack
from devtools.environment import ensure_signing_key, inherited, project_variables
from devtools.paths import ROOT
from devtools.services.broker import running_broker
from devtools.services.celery import CHECKED, running_beat, running_chores, running_upkeep, worker_command
from devtools.services.portal import COLLECT, MIGRATE, manage_all
from devtools.services.sandbox import running_sandbox
from devtools.services.web import running_web
from processes.postgres import running_postgres
from processes.process import LOOPBACK, Service, free_port
from tests.faults.world import Worker, wait_for

PROGRAM = Path(__file__).with_name("program.py")
CONNECTIONS_OF_A_RUN, OTHER_CONNECTIONS = 2, 100
"""A run that is held has a connection for its walk and one for its heartbeat."""
WORKER_START_SECONDS, DRAIN_SECONDS = 300.0, 1800.0


@dataclass
class Processes:
    """What runs, by name, and how to begin and end the workers of runs."""

    folder: Path
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    database_pid: int
    services: dict[str, Service] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    web_port: int = 0
    started: int = 0

    def start_workers(self, count: int, children: int) -> None:
        """Start so many workers with so many children each, and wait until all are ready."""
        begun = []
        for _ in range(count):
            self.started += 1
            name = f"worker{self.started}"
            log = self.folder / "logs" / f"{name}.log"
            log.parent.mkdir(exist_ok=True)
            with log.open("wb") as output:
                process = subprocess.Popen(
                    worker_command(name, "runs", children),
                    cwd=ROOT,
                    env={**self.environment, **CHECKED},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            begun.append(Worker(name, process, log))
        for worker in begun:
            ready = lambda log=worker.log: b" ready." in log.read_bytes()  # noqa: E731
            wait_for(f"{worker.name} ready", ready, WORKER_START_SECONDS)
        self.workers += begun

    def kill_workers(self) -> None:
        """Kill all workers with their children at once, as a host's memory killer does; their Terraforms live on."""
        there = [worker for worker in self.workers if worker.process.poll() is None]
        every = [process for worker in there for process in worker.processes()]
        for process in every:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for worker in self.workers:
            worker.process.wait()
        self.workers = []

    def drain_workers(self) -> None:
        """Ask all workers to finish what they have in hand and to end, as an operator drains a host."""
        for worker in self.workers:
            worker.process.send_signal(signal.SIGTERM)
        for worker in self.workers:
            worker.process.wait(DRAIN_SECONDS)
        self.workers = []

    def groups(self) -> dict[str, list[psutil.Process]]:
        """Return the processes at work, by what they are."""
        by_kind = {"workers": [part for worker in self.workers for part in worker.processes()]}
        for name, service in self.services.items():
            own = psutil.Process(service.guard.pid)
            by_kind[name] = list(own.children(recursive=True))
        return by_kind


def write_program(played: Path) -> Path:
    """Unpack the recording into a new folder, and return the program in Terraform's place that plays it."""
    unpack(played)
    program = played / "terraform"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {PROGRAM} {played} "$@"\n')
    program.chmod(0o755)
    return program


@contextlib.contextmanager
def running_processes(folder: Path, *, at_once: int, pace: float, durable: bool = True) -> Iterator[Processes]:
    """Run everything but the workers of runs, web server and periodic work below `folder`."""
    folder.mkdir(parents=True)
    played = folder / "played"
    program = write_program(played)
    connections = f"max_connections={CONNECTIONS_OF_A_RUN * at_once + OTHER_CONNECTIONS}"
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(
            running_postgres(folder / "postgres", durable=durable, more=[connections, "shared_buffers=512MB"])
        )
        broker = stack.enter_context(running_broker(folder / "broker"))
        sandbox = stack.enter_context(running_sandbox(folder / "sandbox"))
        variables = {
            **project_variables(
                var=folder,
                database_url=database.url,
                broker_url=broker.url,
                aws_endpoint_url=sandbox.url,
                secret_key=secrets.token_urlsafe(50),
            ),
            "HOMEROOM_TERRAFORM": str(program),
            "HOMEROOM_STACK_MODULE": "benchmarks.played.stack",
            "HOMEROOM_PREFLIGHT": "0",
            "HOMEROOM_RUNS_AT_ONCE": str(at_once),
            "HOMEROOM_RUNS_PER_REGION": str(at_once),
            "PLAYED_FOLDER": str(played),
            "PLAYED_PACE": str(pace),
        }
        ensure_signing_key(folder)
        (folder / "static").mkdir()
        environment = inherited() | variables
        manage_all(environment, MIGRATE, COLLECT)
        processes = Processes(folder, variables, environment, database.service.guard.pid)
        processes.services |= {"postgres": database.service, "broker": broker.service, "sandbox": sandbox.service}
        yield processes


@contextlib.contextmanager
def running_rest(processes: Processes) -> Iterator[None]:
    """Run web server, upkeep, chores and beat."""
    logs, environment = processes.folder / "logs", processes.environment
    processes.web_port = free_port()
    with contextlib.ExitStack() as stack:
        for name, service in (
            ("web", running_web(logs, environment, port=processes.web_port)),
            ("upkeep", running_upkeep(logs, environment)),
            ("chores", running_chores(logs, environment)),
            ("beat", running_beat(logs, environment)),
        ):
            processes.services[name] = stack.enter_context(service)
        try:
            yield
        finally:
            for name in ("web", "upkeep", "chores", "beat"):
                processes.services.pop(name, None)


def url(processes: Processes) -> str:
    """Return the web server's address."""
    return f"http://{LOOPBACK}:{processes.web_port}"


def enter(processes: Processes) -> None:
    """Make this process one of the portal's."""
    os.environ.update(processes.variables)
    import django

    django.setup()
