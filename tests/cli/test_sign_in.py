"""Signing in from a shell: a code is shown, a person confirms it elsewhere, and the token comes by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from homeroom_cli.exits import Exit
from registry.accounts.models import DeviceSignIn
from registry.accounts.roles import Role
from tests.builders import a_person
from tests.cli.shell import Shell, mode

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.mark.parametrize(("decision", "status"), [("approve", Exit.SUCCEEDED), ("refuse", Exit.REFUSED)])
def test_a_code_is_confirmed_in_a_browser(
    decision: str,
    status: Exit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    live_server: Any,
):
    shell = Shell(tmp_path, monkeypatch, capsys)
    browser = Client()
    browser.force_login(a_person(Role.OPERATOR, "otto"))
    waited: list[int] = []

    def wait(seconds: int) -> None:
        """Let the time go by, and the person decide while the program waits a second time."""
        waited.append(seconds)
        DeviceSignIn.objects.update(asked_at=None)
        if len(waited) == 2:
            output = capsys.readouterr().err
            code = re.findall(r"Code +(\S+)", output)[0]
            assert f"{live_server.url}/device?user_code={code}" in output
            assert browser.post("/device", {"user_code": code, "decision": decision, "days": "30"}).status_code == 302

    monkeypatch.setattr("homeroom_cli.commands.session.time.sleep", wait)
    done = shell.run("sign-in", "--url", live_server.url, "--scope", "operate", "--json")
    assert (done.status, waited) == (status, [5, 5]), done.err
    if decision == "refuse":
        assert "has refused" in done.err
        assert not shell.kept().exists()
        return
    assert (done.json["username"], done.json["token"]["scopes"]) == ("otto", ["operate", "read"])
    assert mode(shell.kept()) == 0o600
    assert shell.run("whoami", "--json").json["username"] == "otto"
