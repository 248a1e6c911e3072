"""A whole portal for a journey: its own processes and database, people of every role, and the sandbox's account."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devtools.environment import inherited
from devtools.paths import ROOT
from devtools.services.portal import Portal, running_portal
from portal.accounts.roles import Role
from tests.builders import ACCOUNT_ID, PASSWORD

PEOPLE = {"ada": Role.ADMINISTRATOR, "otto": Role.OPERATOR, "vera": Role.VIEWER}


def manage(variables: Mapping[str, str], *arguments: str) -> str:
    """Run a command of manage.py in the portal's environment and return what it prints."""
    environment = inherited() | dict(variables) | {"HOMEROOM_NEW_PASSWORD": PASSWORD}
    command = [sys.executable, "manage.py", *arguments]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def people_it(variables: Mapping[str, str]) -> None:
    """Create the people and the account."""
    for username, role in PEOPLE.items():
        manage(variables, "set_user", username, "--role", role.value)
    manage(variables, "add_account", "Sandbox", ACCOUNT_ID)


@contextlib.contextmanager
def a_whole_portal(folder: Path, session: pytest.Session) -> Iterator[Portal]:
    """Run one below `folder`, which stays with its logs when a test of the session fails meanwhile."""
    failed = session.testsfailed
    with running_portal(folder, durable=False, before_web=people_it) as portal:
        yield portal
    if session.testsfailed == failed:
        shutil.rmtree(folder)
