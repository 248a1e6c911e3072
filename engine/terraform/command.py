"""Runs Terraform on one workspace: init, plan to a file, apply of that very file, outputs, resources.

Holds no opinion on what to do next: it tells what happened, redacted, and raises what went wrong.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.errors import (
    EngineError,
    InterruptedRunError,
    TerraformFailedError,
    TerraformKilledError,
    TerraformMissingError,
)
from engine.known_errors.hints import hint_for
from engine.processes import child
from engine.settings import SANDBOX_ATTEMPTS, EngineSettings
from engine.spans import around
from engine.storable import storable
from engine.terraform.events import Diagnostic, LogLine, ResourceDrift, TerraformEvent, parse_event
from engine.terraform.plan_file import refreshed_state
from engine.terraform.plugin_cache import filling
from engine.terraform.redaction import is_marked, redact_outputs
from engine.terraform.synthesis import STACK_FILE
from engine.terraform.workspace import STATE_SAVED_HERE
from messages.message import message, verbatim

PLAN_FILE = "run.tfplan"
LOCK_TIMEOUT = "60s"
CHANGES = 2
"""How a plan ends that would change something (Terraform, "Command: plan": -detailed-exitcode)."""
NO_CHANGE = ({"no-op"}, {"read"})

IN_THE_STATE, NOT_IN_THE_STATE = "Resource already managed by Terraform", "No matching objects found"
"""What an import says of what is imported already, and `state rm` where there is nothing to remove."""

STATE_REWRITTEN = "rewritten.tfstate"
"""The state on its way back; it may hold secrets, and is gone as soon as it is stored."""

OnEvent = Callable[[TerraformEvent], None]


class Runner(Protocol):
    """Runs one command to its end, as `child.run` does."""

    def __call__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        poll: child.Poll,
        keep: Sequence[int] = (),
    ) -> child.Ended:
        """Run the command; each line of its output goes to `on_line`. It inherits the descriptors `keep`."""


@dataclass(frozen=True)
class EngineVersions:
    """Which Terraform and which providers made a run."""

    terraform: str
    providers: dict[str, str]


@dataclass(frozen=True)
class PlannedResource:
    """One change of a plan; the action is create, update, replace, delete or forget."""

    address: str
    type: str
    action: str


@dataclass(frozen=True)
class Plan:
    """A saved plan in numbers and by resource; a replacement counts once as add and once as remove."""

    path: Path
    add: int
    change: int
    remove: int
    resources: tuple[PlannedResource, ...]
    drifted: tuple[str, ...]
    outputs_change: bool
    imports: int = 0
    """How many resources the plan takes into the state."""
    shown: dict[str, Any] = field(repr=False, default_factory=dict)
    """``terraform show -json`` of the plan, for its policy; it may hold secrets and is never stored."""

    @property
    def left(self) -> tuple[PlannedResource, ...]:
        """All that applying it would change; an output stands among them by its name."""
        changes = sorted(self.shown.get("output_changes", {}).items())
        outputs = [name for name, change in changes if set(change["actions"]) not in NO_CHANGE]
        return (*self.resources, *(PlannedResource(f"output.{name}", "output", "update") for name in outputs))

    @property
    def is_empty(self) -> bool:
        """Return whether applying it would change no resource, no output, and take nothing into the state."""
        return not self.resources and not self.outputs_change and not self.imports


@dataclass(frozen=True)
class OutputValue:
    """One output; the value of a sensitive one is None."""

    value: Any
    sensitive: bool


@dataclass(frozen=True)
class ResourceRecord:
    """One resource of the state, by what identifies it; no other attribute leaves the engine."""

    address: str
    type: str
    name: str
    id: str
    arn: str


@dataclass(frozen=True)
class StateContents:
    """What a state holds."""

    resources: tuple[ResourceRecord, ...]
    outputs: dict[str, OutputValue]


class Terraform:
    """Terraform on the folder of one run, with the state of one district.

    `poll` is called at least every half second while Terraform runs; once it is true, Terraform is interrupted and
    the method raises InterruptedRunError after it has ended. `runner` runs what may take long, and what takes the
    state's lock: init, plan, apply, import, and what changes the state. `begin` is called before every command; where
    it raises, the command does not begin.
    """

    def __init__(
        self,
        settings: EngineSettings,
        workspace: Path,
        state_key: str,
        *,
        on_event: OnEvent = lambda event: None,
        poll: child.Poll = lambda: False,
        runner: Runner = child.run,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.begin = begin
        self.runner = runner
        self.workspace = workspace
        self.state_key = state_key
        self.on_event = on_event
        self.poll = poll

    def version(self) -> EngineVersions:
        """Return the versions in use; the providers' are known after init."""
        versions = self._json("version", "-json")
        providers = {
            str(name).removeprefix("registry.terraform.io/"): str(version)
            for name, version in versions.get("provider_selections", {}).items()
        }
        return EngineVersions(str(versions["terraform_version"]), providers)

    def init(self) -> None:
        """Install the provider and open the state in the bucket; raises InterruptedRunError while it waits."""
        backend = {
            "bucket": self.settings.state_bucket,
            "key": self.state_key,
            "region": self.settings.state_region,
        }
        if self.settings.aws_endpoint_url:
            backend |= {"use_path_style": "true", "skip_credentials_validation": "true"}
            # The backend reads no AWS_MAX_ATTEMPTS: with its own five, each of its calls waits up to half a minute.
            backend["max_retries"] = SANDBOX_ATTEMPTS
        flags = [f"-backend-config={name}={value}" for name, value in backend.items()]
        with filling(self.settings.plugin_cache, self._providers(), poll=self.poll) as lock:
            self._stream("init", "-json", *flags, keep=(lock,))

    def plan(self, *, destroy: bool = False, look: bool = False) -> Plan:
        """Compare the stack with AWS, and save the plan that `apply` then carries out.

        A plan that would change nothing is shown with `look` alone: what the state has taken over already is no change,
        and may be drift all the same (`engine.terraform.drift`).
        """
        path = self.workspace / PLAN_FILE
        drifted: list[str] = []

        def note(event: TerraformEvent) -> None:
            if isinstance(event, ResourceDrift):
                drifted.append(event.address)

        mode = ["-destroy"] if destroy else []
        flags = [f"-out={path}", f"-lock-timeout={LOCK_TIMEOUT}", "-detailed-exitcode", *mode]
        changes = self._stream("plan", "-json", *flags, also=note) == CHANGES
        # To show a plan starts the provider once more, for seconds.
        plan = self._json("show", "-json", str(path)) if changes or look else {}
        return read_plan(path, plan, tuple(drifted))

    def saved_plan(self) -> Plan:
        """Return the plan that lies in the workspace."""
        path = self.workspace / PLAN_FILE
        return read_plan(path, self._json("show", "-json", str(path)))

    def apply(self, plan: Plan) -> None:
        """Carry out a saved plan, and nothing else."""
        self._stream("apply", "-json", f"-lock-timeout={LOCK_TIMEOUT}", str(plan.path))

    def go_on(self, command: str, runner: Runner) -> None:
        """Follow to its end what is running already; raises what the method of that command would."""
        self._stream(command, runner=runner)

    def unlock(self, lock_id: str) -> None:
        """Release the state's lock; only for a holder that is provably gone."""
        self._done(["force-unlock", "-force", lock_id], runner=child.run)

    def import_(self, address: str, import_id: str) -> None:
        """Take something that exists into the state, without a plan: what is to be destroyed needs none.

        What is in it already is fine: a try before was killed after it had stored it.
        """
        flags = [f"-lock-timeout={LOCK_TIMEOUT}", "-no-color"]
        try:
            self._done(["import", *flags, address, import_id])
        except TerraformFailedError as error:
            if IN_THE_STATE not in error.detail:
                raise

    def store_refreshed(self, plan: Plan) -> None:
        """Store the state as a plan that changes nothing has found it at AWS: what applying it would store.

        To apply it starts the provider and walks the whole stack once more. A state that was stored since is refused,
        as an apply would refuse the stale plan.
        """
        self.push(refreshed_state(plan.path))

    def _push(self, name: str) -> None:
        """Store a file of the workspace as the state."""
        self._done(["state", "push", f"-lock-timeout={LOCK_TIMEOUT}", name])

    def rewrite_state(self, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> bool:
        """Store what `change` makes of the state, with a later serial; say whether it changed it. AWS is not asked."""
        lines: list[str] = []
        self._done(["state", "pull"], on_line=lines.append, runner=child.run)
        # Where nothing was stored yet, nothing is told.
        text = "\n".join(lines).strip()
        state = change(json.loads(text)) if text else None
        if state is None:
            return False
        self.push(json.dumps(state).encode())
        return True

    def push(self, state: bytes) -> None:
        """Store a state in the place of the one in the bucket: never by force, so of its lineage, with a later serial.

        Terraform refuses any other. What lies in the workspace meanwhile is gone afterwards.
        """
        path = self.workspace / STATE_REWRITTEN
        try:
            path.touch(mode=0o600)
            path.write_bytes(state)
            self._push(STATE_REWRITTEN)
        finally:
            path.unlink(missing_ok=True)

    def forget(self, addresses: Sequence[str]) -> None:
        """Take resources out of the state, all in one command; AWS is not asked.

        Where none of them is in it that is fine: a try before was killed after it had stored what is left.
        """
        try:
            self._done(["state", "rm", f"-lock-timeout={LOCK_TIMEOUT}", *addresses])
        except TerraformFailedError as error:
            if NOT_IN_THE_STATE not in error.detail:
                raise

    def push_state(self) -> bool:
        """Store the state that Terraform could not store at the end of an apply; say whether there was one."""
        saved = self.workspace / STATE_SAVED_HERE
        if saved.exists():
            self._push(STATE_SAVED_HERE)
            saved.unlink()
            return True
        return False

    def state(self) -> dict[str, Any]:
        """Return what `terraform show -json` tells of the state; it may hold secrets and is never stored."""
        return self._json("show", "-json")

    def contents(self) -> StateContents:
        """Return what the state holds: resources by address, and outputs, a sensitive one without its value."""
        values = self.state().get("values", {})
        managed = [part for part in values.get("root_module", {}).get("resources", []) if part.get("mode") == "managed"]
        outputs = {
            name: OutputValue(None if output.get("sensitive") else output.get("value"), bool(output.get("sensitive")))
            for name, output in sorted(redact_outputs(values.get("outputs", {})).items())
        }
        return StateContents(
            tuple(sorted((_record(part) for part in managed), key=lambda record: record.address)), outputs
        )

    def _providers(self) -> str:
        """Return which providers the stack in the workspace asks for, as text."""
        try:
            stack = json.loads((self.workspace / STACK_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ""
        return json.dumps(stack.get("terraform", {}).get("required_providers", {}), sort_keys=True)

    def _program(self) -> str:
        name = self.settings.terraform or "terraform"
        path = shutil.which(name)
        if path is None:
            raise TerraformMissingError(message("There is no Terraform: {wanted} was not found.", wanted=f"{name!r}"))
        return path

    def _stream(
        self,
        *arguments: str,
        also: OnEvent = lambda event: None,
        runner: Runner | None = None,
        keep: Sequence[int] = (),
    ) -> int:
        problems: list[Diagnostic] = []
        tail: list[str] = []

        def on_line(line: str) -> None:
            event = parse_event(line)
            if isinstance(event, Diagnostic) and event.severity == "error":
                problems.append(event)
            if isinstance(event, LogLine):
                tail[:] = [*tail[-20:], event.message]
            also(event)
            self.on_event(event)

        result = self._run([*arguments, "-no-color"], on_line, runner=runner or self.runner, keep=keep)
        if result.interrupted or result.status not in _good(arguments):
            raise ended_badly(arguments[0], result, problems, tail)
        return result.status

    def _json(self, *arguments: str) -> dict[str, Any]:
        lines: list[str] = []
        result = self._run(arguments, lines.append)
        if result.interrupted:
            raise InterruptedRunError(message("Terraform was interrupted."))
        if result.status != 0:
            raise failure(arguments[0], result, [], [])
        document: dict[str, Any] = storable(json.loads("\n".join(lines)))
        return document

    def _done(
        self,
        arguments: Sequence[str],
        *,
        on_line: Callable[[str], None] = lambda line: None,
        runner: Runner | None = None,
    ) -> None:
        """Run a command that says nothing of its way; raises what it failed by."""
        result = self._run(arguments, on_line, runner=runner or self.runner)
        if result.status != 0:
            raise ended_badly(arguments[0], result, [], [])

    def _run(
        self,
        arguments: Sequence[str],
        on_line: Callable[[str], None],
        runner: Runner = child.run,
        keep: Sequence[int] = (),
    ) -> child.Ended:
        program = self._program()
        self.begin()
        facts = {"homeroom.terraform.command": arguments[0]}
        try:
            with around(message("terraform {arguments}", arguments=arguments[0]), facts) as outcome:
                result = runner(
                    [program, *_flags_first(arguments)],
                    cwd=self.workspace,
                    environment=self.settings.child_environment(),
                    on_line=on_line,
                    poll=self.poll,
                    keep=keep,
                )
                if result.status not in _good(arguments):
                    outcome.failed = message("status {status}", status=result.status)
        except (FileNotFoundError, PermissionError) as error:
            raise TerraformMissingError(message("Terraform cannot be run: {error}.", error=error)) from error
        return result


SUBCOMMANDS = {"state"}


def _good(arguments: Sequence[str]) -> set[int]:
    return {0, CHANGES} if "-detailed-exitcode" in arguments else {0}


def _flags_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as Terraform wants them: the command, its flags, then positional ones."""
    length = 2 if arguments[0] in SUBCOMMANDS else 1
    command, rest = arguments[:length], arguments[length:]
    flags = [part for part in rest if part.startswith("-")]
    return [*command, *flags, *(part for part in rest if not part.startswith("-"))]


def ended_badly(command: str, result: child.Ended, problems: list[Diagnostic], tail: list[str]) -> EngineError:
    """Make the error of a command that did not end well: interrupted, ended by a signal, or failed by what it said."""
    if result.interrupted:
        return InterruptedRunError(message("Terraform was interrupted before it was done."))
    if result.status < 0:
        summary = message(
            "Terraform was ended by signal {value} in the middle of its {arguments}.",
            value=-result.status,
            arguments=command,
        )
        # What it said on its way out, such as that its execution was halted, is no cause of anything.
        return TerraformKilledError(summary, detail="\n".join(problem.summary for problem in problems))
    return failure(command, result, problems, tail)


def failure(command: str, result: child.Ended, problems: list[Diagnostic], tail: list[str]) -> TerraformFailedError:
    """Make the error out of what Terraform said; a known text brings its summary, code and remedy."""
    first = problems[0] if problems else None
    detail = "\n\n".join(f"{problem.summary}\n{problem.detail}".strip() for problem in problems)
    detail = detail or result.stderr or "\n".join(tail)
    hint = hint_for(detail)
    plain = (
        verbatim(first.summary)
        if first
        else message("terraform {command} ended with status {status}.", command=command, status=result.status)
    )
    error = TerraformFailedError(
        hint.summary if hint else plain,
        detail=detail,
        address=first.address if first else "",
        remedy=hint.remedy if hint else None,
    )
    if hint:
        error.code = hint.code
    return error


def read_plan(path: Path, plan: dict[str, Any], drifted: tuple[str, ...] = ()) -> Plan:
    """Return a plan out of `terraform show -json` of its file; values of attributes are left behind."""
    changes = [
        change for change in plan.get("resource_changes", []) if set(change["change"]["actions"]) not in NO_CHANGE
    ]
    resources = tuple(
        PlannedResource(str(change["address"]), str(change["type"]), action_of(change["change"]["actions"]))
        for change in changes
    )
    kinds = [resource.action for resource in resources]
    outputs = [set(change["actions"]) for change in plan.get("output_changes", {}).values()]
    return Plan(
        path=path,
        add=kinds.count("create") + kinds.count("replace"),
        change=kinds.count("update"),
        remove=kinds.count("delete") + kinds.count("replace"),
        resources=resources,
        drifted=drifted,
        outputs_change=any(actions not in NO_CHANGE for actions in outputs),
        imports=sum("importing" in change["change"] for change in plan.get("resource_changes", [])),
        shown=plan,
    )


def action_of(actions: list[str]) -> str:
    """Return one word for the actions of a change (Terraform, "JSON Output Format": change representation)."""
    return "replace" if {"create", "delete"} <= set(actions) else str(actions[0])


def _record(part: dict[str, Any]) -> ResourceRecord:
    values, masks = part.get("values", {}), part.get("sensitive_values", {})

    def shown(name: str) -> str:
        value = values.get(name)
        return value if isinstance(value, str) and not is_marked(masks.get(name)) else ""

    return ResourceRecord(str(part["address"]), str(part["type"]), str(part["name"]), shown("id"), shown("arn"))
