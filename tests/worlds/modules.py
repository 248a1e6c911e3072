"""jsii's unpacked modules, shared by all working folders of tests: hundreds of megabytes, and seconds to unpack."""

from __future__ import annotations

from pathlib import Path

from devtools.paths import VAR

KEPT = VAR / "jsii"
"""Where `infra.cdk` has them; to import it would load CDKTF."""


def share_modules(work: Path) -> None:
    """Have whatever works in this folder find the modules where this project's own syntheses leave them."""
    work.mkdir(parents=True, exist_ok=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    (work / "jsii").symlink_to(KEPT, target_is_directory=True)
