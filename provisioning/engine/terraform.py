"""Runs Terraform on one workspace: init, plan to a file, apply of that very file, outputs, resources.

Holds no opinion on what to do next: it tells what happened, redacted, and raises what went wrong.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioning.engine import child
from provisioning.engine.errors import Interrupted, TerraformFailed, TerraformMissing
from provisioning.engine.events import Diagnostic, LogLine, ResourceDrift, TerraformEvent, parse_event
from provisioning.engine.hints import hint_for
from provisioning.engine.redaction import is_marked, redact_outputs
from provisioning.engine.settings import EngineSettings

PLAN_FILE = "run.tfplan"
LOCK_TIMEOUT = "60s"
NO_CHANGE = ({"no-op"}, {"read"})

OnEvent = Callable[[TerraformEvent], None]


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
    shown: dict[str, Any] = field(repr=False, default_factory=dict)
    """``terraform show -json`` of the plan, for its policy; it may hold secrets and is never stored."""

    @property
    def is_empty(self) -> bool:
        """Say whether applying it would change no resource and no output."""
        return not self.resources and not self.outputs_change


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


class Terraform:
    """Terraform on the folder of one run, with the state of one district.

    `poll` is called at least every half second while Terraform runs; once it is true, Terraform is interrupted and
    the method raises Interrupted after it has ended.
    """

    def __init__(
        self,
        settings: EngineSettings,
        workspace: Path,
        state_key: str,
        *,
        on_event: OnEvent = lambda event: None,
        poll: child.Poll = lambda: False,
    ) -> None:
        self.settings = settings
        self.workspace = workspace
        self.state_key = state_key
        self.on_event = on_event
        self.poll = poll

    def version(self) -> EngineVersions:
        """Return the versions in use; the providers' are known after init."""
        told = self._json("version", "-json")
        providers = {
            str(name).removeprefix("registry.terraform.io/"): str(version)
            for name, version in told.get("provider_selections", {}).items()
        }
        return EngineVersions(str(told["terraform_version"]), providers)

    def init(self) -> None:
        """Install the provider and open the district's state in the bucket."""
        self.settings.plugin_cache.mkdir(parents=True, exist_ok=True)
        backend = {
            "bucket": self.settings.state_bucket,
            "key": self.state_key,
            "region": self.settings.state_region,
        }
        if self.settings.aws_endpoint_url:
            backend |= {"use_path_style": "true", "skip_credentials_validation": "true"}
        self._stream("init", "-json", *(f"-backend-config={name}={value}" for name, value in backend.items()))

    def plan(self, *, destroy: bool = False, refresh_only: bool = False, refresh: bool = True) -> Plan:
        """Compare the stack with AWS, and save the plan that `apply` then carries out.

        With `refresh_only` only the state would change, to what AWS says; without `refresh` AWS is not asked.
        """
        path = self.workspace / PLAN_FILE
        drifted: list[str] = []

        def note(event: TerraformEvent) -> None:
            if isinstance(event, ResourceDrift):
                drifted.append(event.address)

        given = (("-destroy", destroy), ("-refresh-only", refresh_only), ("-refresh=false", not refresh))
        mode = [flag for flag, wanted in given if wanted]
        self._stream("plan", "-json", f"-out={path}", f"-lock-timeout={LOCK_TIMEOUT}", *mode, also=note)
        return read_plan(path, self._json("show", "-json", str(path)), tuple(drifted))

    def apply(self, plan: Plan) -> None:
        """Carry out a saved plan, and nothing else."""
        self._stream("apply", "-json", f"-lock-timeout={LOCK_TIMEOUT}", str(plan.path))

    def outputs(self) -> dict[str, OutputValue]:
        """Return the stack's outputs; a sensitive one has no value."""
        told = redact_outputs(self._json("output", "-json"))
        return {
            name: OutputValue(None if output["sensitive"] else output["value"], bool(output["sensitive"]))
            for name, output in sorted(told.items())
        }

    def resources(self) -> tuple[ResourceRecord, ...]:
        """Return what the state holds, by address."""
        module = self._json("show", "-json").get("values", {}).get("root_module", {})
        managed = [part for part in module.get("resources", []) if part.get("mode") == "managed"]
        return tuple(sorted((_record(part) for part in managed), key=lambda record: record.address))

    def _program(self) -> str:
        wanted = self.settings.terraform or "terraform"
        found = shutil.which(wanted)
        if found is None:
            raise TerraformMissing(f"There is no Terraform: {wanted!r} was not found.")
        return found

    def _stream(self, *arguments: str, also: OnEvent = lambda event: None) -> None:
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

        ended = self._run([*arguments, "-no-color"], on_line)
        if ended.interrupted:
            raise Interrupted("Terraform was interrupted; the resource in hand was finished first.")
        if ended.status != 0:
            raise failure(arguments[0], ended, problems, tail)

    def _json(self, *arguments: str) -> dict[str, Any]:
        lines: list[str] = []
        ended = self._run(arguments, lines.append)
        if ended.interrupted:
            raise Interrupted("Terraform was interrupted.")
        if ended.status != 0:
            raise failure(arguments[0], ended, [], [])
        told: dict[str, Any] = json.loads("\n".join(lines))
        return told

    def _run(self, arguments: tuple[str, ...] | list[str], on_line: Callable[[str], None]) -> child.Ended:
        program = self._program()
        try:
            return child.run(
                [program, *_flags_first(arguments)],
                cwd=self.workspace,
                environment=self.settings.child_environment(),
                on_line=on_line,
                poll=self.poll,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise TerraformMissing(f"Terraform cannot be run: {error}.") from error


def _flags_first(arguments: tuple[str, ...] | list[str]) -> list[str]:
    """Return the arguments as Terraform wants them: the command, its flags, then positional ones."""
    command, *rest = arguments
    flags = [part for part in rest if part.startswith("-")]
    return [command, *flags, *(part for part in rest if not part.startswith("-"))]


def failure(command: str, ended: child.Ended, problems: list[Diagnostic], tail: list[str]) -> TerraformFailed:
    """Make the error out of what Terraform said; a known text brings its summary, code and remedy."""
    first = problems[0] if problems else None
    detail = "\n\n".join(f"{problem.summary}\n{problem.detail}".strip() for problem in problems)
    detail = detail or ended.stderr or "\n".join(tail)
    hint = hint_for(detail)
    plain = first.summary if first else f"terraform {command} ended with status {ended.status}."
    error = TerraformFailed(
        hint.summary if hint else plain,
        detail=detail,
        address=first.address if first else "",
        remedy=hint.remedy if hint else None,
    )
    if hint:
        error.code = hint.code
    return error


def read_plan(path: Path, shown: dict[str, Any], drifted: tuple[str, ...] = ()) -> Plan:
    """Return a plan out of `terraform show -json` of its file; values of attributes are left behind."""
    changes = [
        change for change in shown.get("resource_changes", []) if set(change["change"]["actions"]) not in NO_CHANGE
    ]
    resources = tuple(
        PlannedResource(str(change["address"]), str(change["type"]), action_of(change["change"]["actions"]))
        for change in changes
    )
    kinds = [resource.action for resource in resources]
    outputs = [set(change["actions"]) for change in shown.get("output_changes", {}).values()]
    return Plan(
        path=path,
        add=kinds.count("create") + kinds.count("replace"),
        change=kinds.count("update"),
        remove=kinds.count("delete") + kinds.count("replace"),
        resources=resources,
        drifted=drifted,
        outputs_change=any(actions not in NO_CHANGE for actions in outputs),
        shown=shown,
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
