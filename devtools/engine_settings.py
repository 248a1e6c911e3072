"""The engine's settings for a stack on an embedded AWS, with the tools that this machine has."""

from __future__ import annotations

from pathlib import Path

from devtools.environment import STATE_BUCKET, toolchain_variables
from engine.settings import EngineSettings


def settings_for(folder: Path, url: str) -> EngineSettings:
    """Return the engine's settings for one stack on an embedded AWS."""
    variables = toolchain_variables()
    configuration = variables["HOMEROOM_TF_CLI_CONFIG"]
    return EngineSettings(
        work_dir=folder,
        state_bucket=STATE_BUCKET,
        terraform=variables["HOMEROOM_TERRAFORM"] or None,
        tf_cli_config=Path(configuration) if configuration else None,
        node=Path(variables["HOMEROOM_NODE"]) if variables["HOMEROOM_NODE"] else None,
        aws_endpoint_url=url,
    )
