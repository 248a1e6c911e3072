"""Turns a district's specification into Terraform JSON, in a child process: jsii is neither fork- nor thread-safe."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from provisioning.engine import child
from provisioning.engine.errors import Interrupted, SpecRefused, SynthesisFailed
from provisioning.engine.settings import EngineSettings
from provisioning.engine.spans import around

PROJECT = Path(__file__).resolve().parents[2]
SPEC_REFUSED_STATUS = 2
STACK_FILE = "cdk.tf.json"


@dataclass(frozen=True)
class SynthesisResult:
    """What synthesis made: seconds it took, and how many resources the stack declares."""

    seconds: float
    resource_count: int


def synthesize(
    settings: EngineSettings, spec_json: str, out_dir: Path, poll: child.Poll = lambda: False
) -> SynthesisResult:
    """Write the stack for a specification into `out_dir`.

    Raises SpecRefused with a line per field, SynthesisFailed with the child's words, Interrupted when `poll` said so.
    """
    started = time.monotonic()
    out_dir.mkdir(parents=True, exist_ok=True)
    spec = out_dir / "spec.json"
    spec.write_text(spec_json, encoding="utf-8")
    with around("synthesis", {}) as outcome:
        ended = child.run(
            [str(settings.python), "-m", settings.stack_module, str(spec.resolve()), str(out_dir.resolve())],
            cwd=PROJECT,
            environment=settings.child_environment(),
            on_line=lambda line: None,
            poll=poll,
        )
        outcome.failed = "" if ended.status == 0 else f"status {ended.status}"
    if ended.interrupted:
        raise Interrupted("Synthesis was canceled.")
    if ended.status == SPEC_REFUSED_STATUS:
        raise SpecRefused("The district's specification has a problem.", detail=ended.stderr)
    if ended.status != 0:
        raise SynthesisFailed(f"Synthesis ended with status {ended.status}.", detail=ended.stderr)
    return SynthesisResult(time.monotonic() - started, count_resources(out_dir / STACK_FILE))


def count_resources(stack: Path) -> int:
    """Return the number of managed resources that a synthesized stack declares."""
    declared = json.loads(stack.read_text(encoding="utf-8")).get("resource", {})
    return sum(len(resources) for resources in declared.values())
