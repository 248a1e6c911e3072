"""Finds a Chromium for browser tests: a setting, the PATH, what Playwright installed. Installs nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from devtools.paths import TOOLS, VAR
from processes.errors import ToolMissingError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CACHES = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
PACKAGED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)
UNUSED = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)
"""What of Chromium no test looks at. A window would have two pages of its own for what its address line proposes, each
with a process; the others are what Playwright switches off as well, whose list ours replaces."""
PLAIN_SCRIPTS = ("--single-threaded", "--no-opt", "--no-maglev")
"""A page of a test lives for a second: what compiles and collects beside it costs more than it ever saves."""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--in-process-gpu", "--num-raster-threads=1", f"--js-flags={' '.join(PLAIN_SCRIPTS)}"),
    f"--disable-features={','.join(UNUSED)}",
)
INSTALL = "PLAYWRIGHT_BROWSERS_PATH=var/tools/browsers .venv/bin/python -m playwright install chromium"
INSTALLED = TOOLS / "browsers"


def find() -> Path | None:
    """Return the program, or None; a setting shuts out all else."""
    if setting := os.environ.get("HOMEROOM_BROWSER"):
        return Path(setting) if Path(setting).exists() else None
    for name in NAMES:
        if on_path := shutil.which(name):
            return Path(on_path)
    folders = [os.environ.get("PLAYWRIGHT_BROWSERS_PATH", ""), str(INSTALLED), *CACHES]
    for folder in (Path(text).expanduser() for text in folders if text):
        for pattern in PACKAGED:
            if matches := sorted(folder.glob(pattern)):
                return matches[-1]
    return None


def require() -> Path:
    """Return the program; raises ToolMissingError with the command that installs one."""
    path = find()
    if path is None:
        raise ToolMissingError(
            "There is no Chromium to drive.",
            remedy=f"Call `{INSTALL}`, or install Chromium so that it is on PATH, or set HOMEROOM_BROWSER to its path.",
        )
    return path


def environment() -> dict[str, str | float | bool]:
    """Return the variables of a browser that keeps its crash reports and caches below var/."""
    home = VAR / "browser"
    home.mkdir(parents=True, exist_ok=True)
    without = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    return {**without, "HOME": str(home)}
