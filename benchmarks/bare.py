"""What the benchmarks of runs compare with: the same Terraform commands in a shell, with nobody watching."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
APPLY = ("plan -input=false -no-color -out=run.tfplan", "apply -input=false -no-color run.tfplan")
VERIFY = (
    "plan -input=false -no-color -refresh-only -out=seen.tfplan",
    "apply -input=false -no-color seen.tfplan",
    "plan -input=false -no-color -refresh=false",
)


def environment(variables: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return the environment that the portal gives to Terraform and to synthesis."""
    return os.environ | {
        **{key: value for key, value in variables.items() if key.startswith("AWS_")},
        "AWS_ENDPOINT_URL": variables["HOMEROOM_AWS_ENDPOINT_URL"],
        "AWS_MAX_ATTEMPTS": "3",
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": variables["HOMEROOM_TF_CLI_CONFIG"] or os.devnull,
        "JSII_NODE": variables["HOMEROOM_NODE"],
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(work / "jsii"),
        "TF_PLUGIN_CACHE_DIR": str(work / "plugins"),
    }


def script(terraform: str, bucket: str, spec: dict[str, Any], folder: Path, module: str, *, verify: bool) -> str:
    """Return the shell's commands for one district; the specification is written into the folder."""
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    backend = {
        "bucket": bucket,
        "key": f"bare/{spec['suffix']}/terraform.tfstate",
        "region": "us-east-1",
        "use_path_style": "true",
        "skip_credentials_validation": "true",
    }
    options = " ".join(f"-backend-config={name}={value}" for name, value in backend.items())
    target = shlex.quote(str(folder))
    synthesis = f"cd {shlex.quote(str(ROOT))} && {sys.executable} -m {module} {target}/spec.json {target}"
    commands = [f"init -input=false -no-color {options}", *APPLY, *(VERIFY if verify else ())]
    steps = " && ".join(f"{shlex.quote(terraform)} {command}" for command in commands)
    return f"{synthesis} && cd {target} && date +%s.%N > began && {steps}"


def run(text: str, environment: Mapping[str, str], log: Path) -> float:
    """Return how many seconds a script takes; raises CalledProcessError, with its words in the log."""
    started = time.monotonic()
    with log.open("ab") as output:
        subprocess.run(["sh", "-c", text], env=dict(environment), check=True, stdout=output, stderr=output)
    return time.monotonic() - started
