"""What is read out of a saved plan itself.

A saved plan is an archive; beside the plan it has the state as the refresh has left it, and the one before (Terraform,
internal/plans/planfile: "tfstate", "tfstate-prev"). The state's file is version 4, as in the bucket.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from engine.errors import TerraformFailedError
from messages.message import message

REFRESHED = "tfstate"


def refreshed_state(plan: Path) -> bytes:
    """Return the state of a saved plan, refreshed, as the one to follow the one it was planned from.

    It may hold secrets. Raises TerraformFailedError where the plan has no such state.
    """
    try:
        with zipfile.ZipFile(plan) as saved:
            state = json.loads(saved.read(REFRESHED))
        state["serial"] += 1
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise TerraformFailedError(message("The saved plan holds no refreshed state."), detail=str(error)) from error
    return json.dumps(state).encode()
