"""All processes of a portal together: PostgreSQL, broker, embedded AWS, web server, worker and beat."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.environment import SANDBOX_CREDENTIALS, ensure_signing_key, inherited, project_variables
from devtools.paths import ROOT
from devtools.services.broker import running_broker
from devtools.services.celery import running_beat, running_chores, running_upkeep, running_worker
from devtools.services.sandbox import running_sandbox
from devtools.services.web import running_web
from processes.errors import ServiceFailedError
from processes.postgres import PORTAL_ROLE, database_url, running_postgres
from processes.process import LOOPBACK, Service, free_port


@dataclass(frozen=True)
class Aws:
    """An AWS that is there already: its address, empty for AWS's own, and the variables that hold credentials."""

    endpoint_url: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Portal:
    """A running portal: its address, its variables, and the processes by name."""

    url: str
    aws_url: str
    variables: Mapping[str, str]
    services: Mapping[str, Service]
    environment: Mapping[str, str]
    """That of its own processes: with the credentials by which the portal acts."""


def kept_secret(path: Path) -> str:
    """Return the folder's signing key, made at the first start."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


EACH = """
import json, sys
from django.core.management import execute_from_command_line
for arguments in json.load(sys.stdin):
    execute_from_command_line(["manage.py", *arguments])
"""
"""A process of its own for each command would load all of Django each time: two seconds of processor time."""
MIGRATE = ("migrate", "--no-input", "--verbosity", "0")
COLLECT = ("collectstatic", "--no-input", "--verbosity", "0")
# Django's checks import every page: `migrate` has just made them.
GRANT = ("grant_portal", "--skip-checks")


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the database to the models, as its owner; raises ServiceFailedError with Django's own words."""
    manage(environment, *MIGRATE)


def make_ready(environment: Mapping[str, str], owner_url: str) -> None:
    """Migrate as the owner, give the portal's role its rights, and hash and pack the files that pages load.

    The role is that of the environment's own database address. Raises as `migrate`.
    """
    portal_url = environment["HOMEROOM_DATABASE_URL"]
    as_owner = {**environment, "HOMEROOM_DATABASE_URL": owner_url, "HOMEROOM_PORTAL_DATABASE_URL": portal_url}
    manage_all(as_owner, MIGRATE, GRANT, COLLECT)


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Call manage.py and return what it prints; raises ServiceFailedError with Django's own words."""
    return manage_all(environment, arguments)


def manage_all(environment: Mapping[str, str], *commands: Sequence[str]) -> str:
    """Call manage.py's commands one after another in one process, and return what they print.

    Raises as `manage`, at the first that fails.
    """
    completed = subprocess.run(
        [sys.executable, "-c", EACH],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "portal.settings"},
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode != 0:
        names = ", ".join(command[0] for command in commands)
        raise ServiceFailedError(
            f"manage.py ({names}) failed:\n{completed.stderr[-2000:]}", remedy="Read the error above."
        )
    return completed.stdout


@contextlib.contextmanager
def running_portal(
    folder: Path,
    *,
    port: int | None = None,
    durable: bool = True,
    processes: bool = False,
    more: Mapping[str, str] | None = None,
    aws: Aws | None = None,
    record: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
    before_web: Callable[[Mapping[str, str]], None] = lambda variables: None,
    enter: Callable[[str], Mapping[str, str]] | None = None,
) -> Iterator[Portal]:
    """Run everything below `folder`; `before_web` is called once the database is there. All of it ends with us.

    With `processes`, the embedded AWS runs databases, caches, tasks and functions; `more` are further variables. With
    an `aws` none is started; with a file to `record` in, every call to the one that is started is noted there. `enter`
    is given its address, and returns the credentials that the portal's own processes act with; without it they are the
    administrator's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    logs = folder / "logs"
    with contextlib.ExitStack() as stack:
        say("PostgreSQL")
        database = stack.enter_context(running_postgres(folder / "postgres", durable=durable))
        say("Broker")
        broker = stack.enter_context(running_broker(folder / "broker"))
        sandbox = None
        if aws is None:
            say("Embedded AWS")
            started = running_sandbox(folder / "sandbox", processes=processes, record=record)
            sandbox = stack.enter_context(started)
        aws_url = sandbox.url if sandbox is not None else aws.endpoint_url if aws is not None else ""
        portal_password = kept_secret(folder / "portal-password")
        own = project_variables(
            var=folder,
            database_url=database_url(database.port, portal_password, role=PORTAL_ROLE),
            broker_url=broker.url,
            aws_endpoint_url=aws_url,
            secret_key=kept_secret(folder / "secret-key"),
        )
        if aws is not None:
            own = {name: value for name, value in own.items() if name not in SANDBOX_CREDENTIALS} | dict(aws.variables)
        variables = {**own, **(more or {})}
        ensure_signing_key(folder)
        environment = inherited() | dict(variables)
        if enter is not None:
            say("Account")
            environment |= enter(aws_url)
        (folder / "static").mkdir(exist_ok=True)
        say("Database tables")
        make_ready(environment, database.url)
        before_web(variables)
        say("Web server, workers and beat")
        web = stack.enter_context(running_web(logs, environment, port=port))
        worker = stack.enter_context(running_worker(logs, environment))
        upkeep = stack.enter_context(running_upkeep(logs, environment))
        chores = stack.enter_context(running_chores(logs, environment))
        beat = stack.enter_context(running_beat(logs, environment))
        services = {
            "postgres": database.service,
            "broker": broker.service,
            **({"sandbox": sandbox.service} if sandbox is not None else {}),
            "web": web,
            "worker": worker,
            "upkeep": upkeep,
            "chores": chores,
            "beat": beat,
        }
        yield Portal(f"http://{LOOPBACK}:{port}", aws_url, variables, services, environment)
