"""Turns a district's specification into Terraform JSON, in a child process: jsii is neither fork- nor thread-safe.

What the same code made of the same specification before is taken from the host's disk (`kept_stacks`).
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InterruptedRunError, SpecRefusedError, SynthesisFailedError
from engine.processes import child
from engine.settings import EngineSettings
from engine.spans import around
from engine.terraform.kept_stacks import keep, read_files, stack_key, take_kept
from messages.message import message

PROJECT = Path(__file__).resolve().parents[2]
SPEC_REFUSED_STATUS = 2
STACK_FILE = "cdk.tf.json"
SPEC_FILE = "spec.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SynthesisResult:
    """What synthesis made: seconds, how many resources the stack declares, and whether it had been made before."""

    seconds: float
    resource_count: int
    was_kept: bool = False


def synthesize(
    settings: EngineSettings, spec_json: str, out_dir: Path, poll: child.Poll = lambda: False
) -> SynthesisResult:
    """Write the stack for a specification into `out_dir`.

    Raises SpecRefusedError with a line per field, SynthesisFailedError with the child's words, InterruptedRunError when
    `poll` said so.
    """
    started = time.monotonic()
    out_dir.mkdir(parents=True, exist_ok=True)
    is_empty = not any(out_dir.iterdir())
    spec = out_dir / SPEC_FILE
    spec.write_text(spec_json, encoding="utf-8")
    key = stack_key(settings, spec_json, PROJECT)
    was_kept = take_kept(settings, key, out_dir)
    if not was_kept:
        _make(settings, spec, out_dir, poll)
        # What changed while it was made may be in it or not.
        if is_empty and stack_key(settings, spec_json, PROJECT) == key:
            _keep(settings, key, out_dir)
    return SynthesisResult(time.monotonic() - started, count_resources(out_dir / STACK_FILE), was_kept)


def _make(settings: EngineSettings, spec: Path, out_dir: Path, poll: child.Poll) -> None:
    with around("synthesis", {}) as outcome:
        result = child.run(
            [str(settings.python), "-m", settings.stack_module, str(spec.resolve()), str(out_dir.resolve())],
            cwd=PROJECT,
            environment=settings.child_environment(),
            on_line=lambda line: None,
            poll=poll,
        )
        outcome.failed = "" if result.status == 0 else message("status {status}", status=result.status)
    if result.interrupted:
        raise InterruptedRunError(message("Synthesis was canceled."))
    if result.status == SPEC_REFUSED_STATUS:
        raise SpecRefusedError(message("The district's specification has a problem."), detail=result.stderr)
    if result.status != 0:
        raise SynthesisFailedError(
            message("Synthesis ended with status {status}.", status=result.status), detail=result.stderr
        )


def _keep(settings: EngineSettings, key: str, out_dir: Path) -> None:
    """Keep what was made; a disk that takes no more costs the next synthesis, and not this run."""
    try:
        keep(settings, key, read_files(out_dir, frozenset({SPEC_FILE})))
    except OSError as error:
        logger.warning("What synthesis made is not kept: %s", error)


def count_resources(stack: Path) -> int:
    """Return the number of managed resources that a synthesized stack declares."""
    declared = json.loads(stack.read_text(encoding="utf-8")).get("resource", {})
    return sum(len(resources) for resources in declared.values())
