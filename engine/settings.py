"""What the engine needs to know of the machine and the account it works in, given as values."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

SANDBOX_ATTEMPTS = "3"
"""Against a local endpoint an error is an answer: the provider's 25 attempts would take minutes to say so."""

GARBAGE_PERCENT = "200"
"""By how much the memory of Terraform and of the provider may grow before garbage is collected, unless the worker says.

At Go's own 100, an eighth of a command's CPU time goes to garbage of the provider's schema alone. Source: Go,
"A Guide to the Go Garbage Collector" (GOGC).
"""


@dataclass(frozen=True)
class EngineSettings:
    """Programs, folders and addresses; nothing in here is secret."""

    work_dir: Path
    state_bucket: str
    state_region: str = "us-east-1"
    terraform: str | None = None
    tf_cli_config: Path | None = None
    node: Path | None = None
    aws_endpoint_url: str | None = None
    stack_module: str = "infra"
    least_free_bytes: int = 0
    """How much room there must be for a run to begin."""
    python: Path = field(default_factory=lambda: Path(sys.executable))

    @property
    def plugin_cache(self) -> Path:
        """Where providers lie between runs when they come from the registry."""
        return self.work_dir / "plugins"

    def child_environment(self) -> dict[str, str]:
        """Return the environment of synthesis and Terraform: the worker's own, and what they must find in it.

        The portal's own secrets (``HOMEROOM_*``: database, broker, signing key) stay out of it.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("HOMEROOM_", "TF_"))}
        environment.setdefault("GOGC", GARBAGE_PERCENT)
        environment |= {
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "TF_PLUGIN_CACHE_DIR": str(self.plugin_cache),
            "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1",
            "TF_CLI_CONFIG_FILE": str(self.tf_cli_config or os.devnull),
            "PYTHONUTF8": "1",
        }
        # 415 MB, unpacked once: who has several working folders names one place for all of them.
        environment.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(self.work_dir / "jsii"))
        if self.node is not None:
            environment["JSII_NODE"] = str(self.node)
        if self.aws_endpoint_url:
            environment |= {"AWS_ENDPOINT_URL": self.aws_endpoint_url, "AWS_MAX_ATTEMPTS": SANDBOX_ATTEMPTS}
        return environment
