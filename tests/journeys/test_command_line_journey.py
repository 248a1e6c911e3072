"""A district lives and goes by a shell's pipes alone: real processes, the real Terraform, `homeroom` from its PATH."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.paths import VAR
from devtools.services.portal import Portal
from devtools.setup import install_command_line
from homeroom_cli.exits import Exit
from tests.builders import ACCOUNT_ID
from tests.journeys.whole_portal import a_whole_portal, manage

pytestmark = [pytest.mark.terraform, pytest.mark.long, pytest.mark.soak]
TOKEN = """
from registry.accounts.models import User
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import create_token
otto = User.objects.get(username="otto")
scopes = [Scope.OPERATE, Scope.APPROVE, Scope.DESTROY]
print(create_token(owner=otto, actor=otto, name="shell", scopes=scopes)[1])
"""
LONGEST = 1800
Piping = Callable[..., str]


@pytest.fixture
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    with a_whole_portal(VAR / "tests" / f"shell-{secrets.token_hex(4)}", request.session) as running:
        yield running


@pytest.fixture
def shell(portal: Portal, tmp_path: Path) -> Piping:
    """Return what carries a line of a shell out in a folder of its own, and returns what it prints.

    `homeroom` is the command that set-up installs.
    """
    command, python = (tmp_path / "bin" / name for name in ("homeroom", "python"))
    command.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    install_command_line(command)
    environment = {
        **os.environ,
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "HOMEROOM_URL": portal.url,
        "HOMEROOM_TOKEN": manage(portal.variables, "shell", "--no-imports", "-c", TOKEN).split()[-1],
    }

    def carried_out(line: str, status: Exit = Exit.SUCCEEDED) -> str:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        assert done.returncode == status, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    return carried_out


def test_a_district_is_registered_watched_changed_approved_checked_and_removed_by_pipes(shell: Piping, tmp_path: Path):
    register = f"homeroom district register --name 'Lakeside Unified' --slug lakeside --account {ACCOUNT_ID} --json"
    shell(f"{register} | homeroom run watch -")
    district = "homeroom district list --status live --json"
    assert json.loads(shell(f"{district} | homeroom district show - --json"))["resources"] > 30

    change = f"{district} | homeroom district settings - --set backup_days=9 --json"
    shell(f"{change} | homeroom run watch -", Exit.NEEDS_APPROVAL)
    shell("homeroom run list --state awaiting_approval --json | homeroom approve - --watch")
    settled = json.loads(shell(f"{district} | homeroom district settings - --json"))
    assert settled["backup_days"] == 9

    shell(f"{district} | homeroom drift check - --json | homeroom run watch -")
    assert json.loads(shell(f"{district} | homeroom drift show - --json"))["drift"] == "in_sync"

    destroy = f"{district} | homeroom district destroy - --confirm lakeside-sbx --reason 'It is over.' --json"
    shell(f"{destroy} | homeroom run watch -")
    removed = "homeroom district list --status removed --json"
    shell(f"{removed} | homeroom certificate download - --output certificate.json")
    key = json.loads((tmp_path / "certificate.json").read_text())["signature"]["public_key"]
    (tmp_path / "key.pem").write_text(key)
    shell("homeroom certificate verify certificate.json --key key.pem")
    assert json.loads(shell("homeroom district list --status live --json")) == []
