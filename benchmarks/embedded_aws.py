"""The embedded AWS of a benchmark: its key goes into this process's environment, where its own processes find it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from devtools.environment import SANDBOX_CREDENTIALS
from sandbox.launch import Sandbox, running_sandbox


@contextlib.contextmanager
def running_aws() -> Iterator[Sandbox]:
    """Run an embedded AWS with nothing in it; nothing of the machine's own profile is used from then on."""
    os.environ.update(SANDBOX_CREDENTIALS)
    with running_sandbox() as sandbox:
        yield sandbox
