"""Everything a run needs, as processes that can be killed one by one and started again at the same address."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from devtools.environment import ensure_signing_key, inherited, project_variables
from devtools.lean_terraform.launch import TOLD_AT, write_program
from devtools.paths import ROOT
from devtools.services.broker import running_broker
from devtools.services.celery import CHECKED, running_beat, running_chores, running_upkeep, worker_command
from devtools.services.portal import migrate
from devtools.services.sandbox import running_sandbox
from devtools.services.web import running_web
from processes.postgres import running_postgres
from processes.process import LOOPBACK, free_port
from processes.stale_server import lock_holder
from tests.faults.cases import Needs
from tests.faults.clock import SteppedClock, can_step
from tests.faults.far import FarHost, can_be_far
from tests.faults.proxy import Proxy
from tests.kept_database import copy_to

ACCOUNT_ID = "123456789012"
WORKERS = 2
SERVICES = ("postgres", "broker", "web", "upkeep", "chores", "beat")
QUICK = {
    "HOMEROOM_STACK_MODULE": "tests.faults.small_stack",
    "HOMEROOM_PREFLIGHT": "0",
    "HOMEROOM_LEASE_SECONDS": "8",
    "HOMEROOM_REAP_SECONDS": "1",
    "HOMEROOM_CANCEL_GRACE_SECONDS": "20",
    "HOMEROOM_ORPHAN_SECONDS": "60",
    "HOMEROOM_AWS_PATIENCE_SECONDS": "30",
    "HOMEROOM_LEAST_FREE_MIB": "8",
}
"""Short leases, so that a case is over soon; a busy machine may let a living worker wait for half of one."""


DISK_MEGABYTES, DATABASE_MEGABYTES = 64, 400
NOTHING_MORE = Needs()


def can_mount() -> bool:
    """Return whether we may give the workers a disk of their own, which the cases of a full disk need."""
    return os.geteuid() == 0 and shutil.which("mount") is not None and sys.platform == "linux"


def can_rename() -> bool:
    """Return whether we may give workers the name of another host, as a container's restart does."""
    return os.geteuid() == 0 and shutil.which("unshare") is not None


class WorkerGoneError(Exception):
    """What was waited for did not happen in time."""


def wait_for(what: str, ready: Callable[[], object], seconds: float = 300.0) -> None:
    """Wait until `ready` is true; raises WorkerGoneError."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise WorkerGoneError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.1)


@dataclass
class Worker:
    """One Celery worker, without a guard: what it leaves behind when it is killed stays, as in real life."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def processes(self) -> list[psutil.Process]:
        """Return the worker and its pool children, without what their runs started."""
        own = psutil.Process(self.process.pid)
        return [own, *(child for child in own.children() if "celery" in _line(child))]

    def kill(self) -> None:
        """Kill the worker and its pool children at once; what their runs started lives on."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Have the worker and its pool children stand still for a time."""
        with standing_still(self.processes()):
            yield


@contextlib.contextmanager
def standing_still(processes: list[psutil.Process]) -> Iterator[None]:
    """Have these processes stand still for a time."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@dataclass
class World:
    """The processes and their addresses."""

    folder: Path
    proxy: Proxy
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    stacks: dict[str, contextlib.ExitStack] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    started: int = 0
    host: str = ""
    """The name of the host that workers are on, where it is not this machine's."""
    services: tuple[str, ...] = SERVICES
    """Those that are to run, in the order in which they are started."""
    keeper: Path | None = None
    """The file that says where a keeper of providers listens."""
    far: FarHost | None = None
    clock: SteppedClock | None = None

    def have_providers_kept(self, wanted: bool) -> None:
        """Have Terraform attach to providers of the keeper, or start them by itself, from the next command on."""
        if self.keeper is not None:
            told_at = self.folder / "terraform" / TOLD_AT
            told_at.unlink(missing_ok=True)
            if wanted:
                told_at.symlink_to(self.keeper)

    @property
    def work(self) -> Path:
        """The workers' folder."""
        return self.folder / "work"

    def enter(self) -> None:
        """Make this process one of the portal's, with two people in it."""
        os.environ.update(self.variables)
        import django

        django.setup()
        # The table is what this prints; what processes say stands in their logs.
        logging.getLogger("provisioning").setLevel(logging.ERROR)
        from engine.aws.quotas import KINDS
        from provisioning.capacity.quotas import set_limit
        from registry.accounts.roles import Role
        from registry.accounts.services import set_user
        from registry.districts.accounts import add_account
        from registry.districts.registration import DEFAULT_REGION

        account = add_account(name="Sandbox", account_id=ACCOUNT_ID, actor=None)
        for code in KINDS:
            set_limit(account=account, region=DEFAULT_REGION, code=code, limit=10_000, actor=None)
        for name in ("otto", "ada"):
            set_user(username=name, password=secrets.token_urlsafe(), role=Role.OPERATOR)

    def start_worker(self) -> Worker:
        """Start one worker and wait until it is ready."""
        self.started += 1
        name = f"worker{self.started}"
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        command = [*self._on_its_host(), *worker_command(name, "runs", 1)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.environment, **CHECKED},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        worker = Worker(name, process, log)
        self.workers.append(worker)
        wait_for(f"{name} ready", lambda: b" ready." in log.read_bytes())
        return worker

    def _on_its_host(self) -> list[str]:
        # A namespace of its own for the host's name (uts_namespaces(7)); the command takes the place of both programs.
        renamed = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.host]
        return renamed if self.host else []

    def become_another_host(self) -> None:
        """End every worker with all that works in its folder, and have the next ones on another host; the folder stays.

        So a container is when it comes back: what its id, its host's name and its process ids said holds no more.
        """
        for worker in self.workers:
            worker.kill()
        end_all_below(self.work / "runs")
        self.host = f"restarted{self.started}"

    def keep_workers(self) -> None:
        """Bring the number of living workers back to what it is to be."""
        self.workers = [worker for worker in self.workers if worker.process.poll() is None]
        while len(self.workers) < WORKERS:
            self.start_worker()

    def start(self, name: str) -> None:
        """Start one of the services at its address."""
        stack = contextlib.ExitStack()
        port = self.ports[name]
        match name:
            case "postgres":
                stack.enter_context(running_postgres(self.folder / "postgres", port=port, durable=True))
            case "broker":
                stack.enter_context(running_broker(self.folder / "broker", port=port))
            case "web":
                stack.enter_context(running_web(self.folder / "logs", self.environment, port=port))
            case "upkeep":
                stack.enter_context(running_upkeep(self.folder / "logs", self.environment))
            case "chores":
                stack.enter_context(running_chores(self.folder / "logs", self.environment))
            case "beat":
                stack.enter_context(running_beat(self.folder / "logs", self.environment))
        self.stacks[name] = stack

    def stop(self, name: str) -> None:
        """Stop one of the services."""
        self.stacks.pop(name).close()

    def crash_postgres(self) -> None:
        """Have PostgreSQL end at once, as in a power cut for its clients (SIGQUIT: immediate shutdown)."""
        pid = lock_holder(self.folder / "postgres" / "data")
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        wait_for("the end of PostgreSQL", lambda: not psutil.pid_exists(pid))
        self.stop("postgres")

    def still_postgres(self) -> contextlib.AbstractContextManager[None]:
        """Have PostgreSQL stand still, as a host that answers nothing any more: its connections stay open."""
        pid = lock_holder(self.folder / "postgres" / "data")
        assert pid is not None
        server = psutil.Process(pid)
        return standing_still([server, *server.children()])

    def mend_postgres(self) -> None:
        """Have PostgreSQL run again where it has ended by itself, as it does when it cannot write its log."""
        pid = lock_holder(self.folder / "postgres" / "data")
        if pid is None or not psutil.pid_exists(pid):
            self.stop("postgres")
            self.start("postgres")

    def lose_broker(self) -> None:
        """Stop the broker and forget what it held."""
        self.stop("broker")
        for path in (self.folder / "broker").iterdir():
            if path.name not in {"password", "broker.log"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def a_world(folder: Path, keeper: Path | None = None, needs: Needs = NOTHING_MORE) -> Iterator[World]:
    """Run everything below `folder`; all of it ends with us. `keeper` says where a keeper of providers listens."""
    folder.mkdir(parents=True)
    ports = {name: free_port() for name in ("postgres", "broker", "web", "proxy", "beat", "upkeep", "chores")}
    with contextlib.ExitStack() as cleanup:
        own_disk(folder / "work", DISK_MEGABYTES, cleanup)
        if needs.disk:
            own_disk(folder / "postgres", DATABASE_MEGABYTES, cleanup)
        else:
            copy_to(folder / "postgres")
        sandbox = cleanup.enter_context(running_sandbox(folder / "sandbox"))
        proxy = Proxy(sandbox.url, ports["proxy"])
        proxy.start()
        cleanup.callback(proxy.stop)
        world = World(folder, proxy, {}, {}, ports=ports, keeper=keeper)
        cleanup.callback(_stop_services, world)
        postgres, broker = contextlib.ExitStack(), contextlib.ExitStack()
        database = postgres.enter_context(running_postgres(folder / "postgres", port=ports["postgres"], durable=True))
        world.stacks["postgres"] = postgres
        address = database.url
        if needs.far and can_be_far():
            world.far = FarHost(ports["postgres"])
            world.far.open()
            cleanup.callback(world.far.close)
            address = address.replace(LOOPBACK, world.far.address)
        queue = broker.enter_context(running_broker(folder / "broker", port=ports["broker"]))
        world.stacks["broker"] = broker
        world.variables = {
            **project_variables(
                var=folder,
                database_url=address,
                broker_url=queue.url,
                aws_endpoint_url=proxy.url,
                secret_key="for-faults-only",
            ),
            **QUICK,
        }
        if keeper is not None:
            terraform = Path(world.variables["HOMEROOM_TERRAFORM"])
            world.variables = {
                **world.variables,
                "HOMEROOM_TERRAFORM": str(write_program(folder / "terraform", terraform)),
            }
        world.environment = inherited() | dict(world.variables)
        if needs.clock and can_step():
            world.clock = SteppedClock(folder / "clock")
            world.environment = {**world.environment, **world.clock.variables}
        ensure_signing_key(folder)
        (folder / "static").mkdir()
        if needs.disk:
            # Any other world's database was copied with its tables.
            migrate(world.environment)
        cleanup.callback(_end_workers, world)
        world.services = tuple(name for name in SERVICES if needs.web or name != "web")
        for name in world.services:
            if name not in world.stacks:
                world.start(name)
        world.keep_workers()
        yield world


def _stop_services(world: World) -> None:
    for name in list(world.stacks)[::-1]:
        world.stop(name)


def own_disk(folder: Path, megabytes: int, cleanup: contextlib.ExitStack) -> None:
    """Give a folder a small file system of its own, where that is allowed."""
    folder.mkdir()
    if can_mount():
        size = f"size={megabytes}m"
        completed = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "faults", str(folder)], check=False)
        if completed.returncode == 0:
            cleanup.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)


def _end_workers(world: World) -> None:
    """End the workers and whatever they left: every process that works below our folder."""
    for worker in world.workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()
    end_all_below(world.work)


def end_all_below(folder: Path) -> None:
    """Kill every process that works below a folder, or whose command names something there."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in _line(process) or process.cwd().startswith(str(folder)):
                process.kill()
