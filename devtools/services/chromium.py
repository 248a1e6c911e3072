"""Runs a real browser for tests and pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

from devtools.toolchain import browser as chromium


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """Run one Chromium; raises ToolMissingError with the command that installs one."""
    program = chromium.require()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=list(chromium.FLAGS), env=chromium.environment()
        )
        yield started
        started.close()
