"""What changed in the working tree, against where its branch began. Asks git; changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from devtools.paths import ROOT

# Where a branch is taken to have begun: what it follows, else the repository's main branch.
STARTS = ("@{upstream}", "origin/HEAD", "main")


def _git(*arguments: str, root: Path = ROOT) -> str | None:
    """Return what git says, or None where it refuses."""
    completed = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return completed.stdout.strip() if completed.returncode == 0 else None


def base(since: str | None = None, root: Path = ROOT) -> str:
    """Return the commit to compare with: the last in common with `since`; HEAD where there is nothing else.

    Raises ValueError where `since` names no commit.
    """
    for start in (since,) if since else STARTS:
        if commit := _git("merge-base", "HEAD", start, root=root):
            return commit
    if since:
        raise ValueError(f"git knows no {since}.")
    return "HEAD"


def changed(commit: str, root: Path = ROOT) -> list[str]:
    """Return the files that differ from the commit, those that git does not know yet among them; sorted."""
    tracked = _git("diff", "--name-only", "--no-renames", commit, root=root)
    unknown = _git("ls-files", "--others", "--exclude-standard", root=root)
    if tracked is None or unknown is None:
        raise ValueError("This is no git working tree: there is nothing to compare with.")
    return sorted({*tracked.splitlines(), *unknown.splitlines()})
