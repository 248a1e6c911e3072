"""What set-up does once the Python packages are there: Terraform, its provider, Node, a browser. Twice does no harm."""

from __future__ import annotations

import os
import subprocess
import sys

from devtools.errors import DevtoolsError
from devtools.toolchain import browser, mirror, node, terraform


def install_browser() -> bool:
    """Have Playwright install its Chromium where none is found; say whether there is one now."""
    if browser.find() is not None:
        return True
    print("Installing a Chromium for the browser tests ...", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    environment = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(browser.INSTALLED)}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return ended.returncode == 0 and browser.find() is not None


def main() -> int:
    """Set up what is missing; a tool that cannot be had is an error with its remedy, a browser only a warning."""
    try:
        terraform.install()
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    mirror.write(mirror.find())
    if node.find() is None:
        print(f"There is no Node.\n  What to do: {node.REMEDY}", file=sys.stderr)
        return 1
    if not install_browser():
        print(f"No Chromium: browser tests will fail until there is one. Install it with:\n  {browser.INSTALL}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
