"""What the demo does, as lines of the command line for a shell: for its own district, by its operator's token."""

from __future__ import annotations

from pathlib import Path

from devtools.demo.account import ACCOUNT_ID
from devtools.demo.district import NAME, SLUG


def lines(suffix: str, environment: str) -> list[str]:
    """Return the lines, in the order of a district's life; each can be given to a shell as it is."""
    register = f'--name "{NAME}" --slug {SLUG} --account {ACCOUNT_ID} --environment {environment}'
    return [
        f"homeroom district register {register} --json | homeroom run watch -",
        f"homeroom district show {suffix}",
        f"homeroom run list --district {suffix}",
        f"homeroom district settings {suffix} --set monthly_budget_usd=900",
        f"homeroom run list --district {suffix} --state awaiting_approval --json | homeroom approve - --watch",
        f"homeroom drift check {suffix} --watch",
        f"homeroom drift show {suffix}",
        f'homeroom district destroy {suffix} --confirm {suffix} --reason "The demonstration is over" --watch',
    ]


def opening(url: str, token: Path, executable: Path) -> list[str]:
    """Return the lines that let a shell find the command and the portal."""
    return [
        f'export PATH="{executable.parent}:$PATH"',
        f"export HOMEROOM_URL={url} HOMEROOM_TOKEN=$(cat {token})",
    ]
