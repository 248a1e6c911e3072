"""What goes wrong is one line that says what to do, with a status of its own; nothing here needs a portal."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devtools import cli_page
from devtools.paths import ROOT
from homeroom_cli import api as api_module
from homeroom_cli.api import Api
from homeroom_cli.credentials import Credentials
from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.inputs import settings_of
from homeroom_cli.output import safe
from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.export(HOMEROOM_URL="https://portal.example.org", HOMEROOM_TOKEN="hmrm_x")
    return shell


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("homeroom_cli.api.time.sleep", waited.append)
    return waited


def portal(monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response]) -> list[httpx.Request]:
    """Let a function answer in a portal's place; return what it is asked."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    monkeypatch.setattr("homeroom_cli.inputs.Api", lambda credentials: Api(credentials, httpx.MockTransport(handle)))
    return requests


def test_the_page_of_the_commands_is_their_own():
    assert cli_page.PAGE.read_text() == cli_page.text(), "call `.venv/bin/python -m devtools.cli_page`"


def test_a_freeze_is_set_listed_and_ended(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    freeze: dict[str, Any] = {
        "number": 7,
        "district": "lakeside-sbx",
        "account_id": None,
        "reason": "State testing",
        "starts_at": "2026-04-13T08:00:00-05:00",
        "ends_at": "2026-04-24T17:00:00-05:00",
        "is_in_force": True,
        "created_by": "otto",
        "ended_at": None,
    }
    requests = portal(
        monkeypatch,
        lambda request: httpx.Response(
            200, json={"items": [freeze], "next": None} if request.method == "GET" else freeze
        ),
    )
    period = ("--from", freeze["starts_at"], "--until", freeze["ends_at"])
    created = shell.run(
        "freeze", "create", "--reason", "State testing", *period, "--district", "lakeside-sbx", "--json"
    )
    assert created.json["number"] == 7
    assert json.loads(requests[0].content)["ends_at"] == freeze["ends_at"]
    assert "State testing" in shell.run("freeze", "list").out
    assert shell.run("freeze", "end", "-", stdin=created.out).status == Exit.SUCCEEDED
    assert requests[-1].url.path.endswith("/freezes/7/end")


def test_what_is_installed_is_all_of_the_command_line_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    modules = (ROOT / "homeroom_cli").rglob("__init__.py")
    packages = sorted(".".join(module.parent.relative_to(ROOT).parts) for module in modules)
    assert project["tool"]["setuptools"]["packages"] == packages
    module, _, name = project["project"]["scripts"]["homeroom"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["nonsense"], Exit.USAGE),
        (["run", "show"], Exit.USAGE),
        (["run", "show", "x"], Exit.USAGE),
        (["run", "show", "-"], Exit.USAGE),
        (["district", "show", "../people"], Exit.USAGE),
        (["district", "list", "--limit", "0"], Exit.USAGE),
        (["district", "settings", "a-sbx", "--set", "zones"], Exit.USAGE),
        (["certificate", "verify", "nowhere.json", "--key", "nowhere.pem"], Exit.USAGE),
    ],
)
def test_a_wrong_command_line_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: Exit
):
    requests = portal(monkeypatch, lambda _: httpx.Response(200, json={}))
    done = shell.run(*arguments)
    assert (done.status, done.out, bool(done.err)) == (status, "", True)
    assert not requests or arguments[:2] == ["district", "settings"]


@pytest.mark.parametrize(
    "url", ["http://portal.example.org", "portal.example.org", "ftp://x", "https://", "https://x?y"]
)
def test_a_token_goes_nowhere_in_the_clear(shell: Shell, url: str):
    shell.export(HOMEROOM_URL=url)
    done = shell.run("whoami")
    assert (done.status, "homeroom: " in done.err) == (Exit.USAGE, True)


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:8000/", "http://[::1]", "https://x.org/p"])
def test_this_machine_and_tls_are_fine(shell: Shell, monkeypatch: pytest.MonkeyPatch, url: str):
    shell.export(HOMEROOM_URL=url)
    requests = portal(monkeypatch, lambda _: httpx.Response(200, json={"username": "ada"}))
    assert shell.run("whoami").status == Exit.SUCCEEDED
    assert str(requests[0].url) == f"{url.rstrip('/')}/api/v1/me"


def test_a_refusal_is_a_line_and_a_line_for_each_field(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    refusal = {"detail": "It cannot be.", "errors": [{"field": "body.cidr", "detail": "\x1b[31mNo."}]}
    portal(monkeypatch, lambda _: httpx.Response(422, json=refusal))
    done = shell.run("district", "register", "--name", "X")
    assert (done.status, done.err) == (Exit.REFUSED, "homeroom: It cannot be.\n  cidr:  [31mNo.\n")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (httpx.Response(401, json={"detail": "No."}), Exit.NOT_SIGNED_IN),
        (httpx.Response(500, text="<html>"), Exit.REFUSED),
        (httpx.Response(302, headers={"Location": "/sign-in"}), Exit.REFUSED),
        (httpx.Response(200, text="<html>"), Exit.UNREACHABLE),
    ],
)
def test_whatever_answers_is_understood(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, answer: httpx.Response, status: Exit
):
    portal(monkeypatch, lambda _: answer)
    done = shell.run("whoami")
    assert (done.status, done.err.startswith("homeroom: ")) == (status, True)


def test_a_request_whose_answer_was_lost_is_sent_again_as_the_same(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
):
    answers: Iterator[httpx.Response | Exception] = iter(
        [
            httpx.Response(429, headers={"Retry-After": "7"}),
            httpx.ConnectError("gone"),
            httpx.Response(200, json={"number": 1, "district": "a", "kind": "plan", "state": "queued", "reason": ""}),
        ]
    )

    def answer(_: httpx.Request) -> httpx.Response:
        response = next(answers)
        if isinstance(response, Exception):
            raise response
        return response

    requests = portal(monkeypatch, answer)
    assert shell.run("run", "cancel", "1").status == Exit.SUCCEEDED
    assert len({request.headers["Idempotency-Key"] for request in requests}) == 1
    assert (len(requests), no_waiting[0]) == (3, 7.0)


def test_a_portal_that_does_not_answer_is_given_up(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("late")

    requests = portal(monkeypatch, answer)
    done = shell.run("whoami")
    assert (done.status, len(requests)) == (Exit.UNREACHABLE, api_module.TRIES)
    assert "Look whether the portal runs." in done.err


def test_the_api_is_asked_page_by_page(monkeypatch: pytest.MonkeyPatch):
    pages = {"": {"items": [1, 2], "next": "a"}, "a": {"items": [3], "next": None}}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[request.url.params.get("cursor", "")])

    items = Api(Credentials("https://x.org", "t"), httpx.MockTransport(answer)).all("/runs", 10)
    assert items == [1, 2, 3]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["zones=3"], {"zones": 3}),
        (["postgres_version=16.6"], {"postgres_version": "16.6"}),
        (["final_snapshot=true"], {"final_snapshot": True}),
        (['alarm_emails=["a@b.org"]'], {"alarm_emails": ["a@b.org"]}),
        (["database_instances=null"], {"database_instances": None}),
        (["image=a=b"], {"image": "a=b"}),
        (["domain_name="], {"domain_name": ""}),
    ],
)
def test_settings_are_typed_as_name_and_value(given: list[str], found: dict[str, Any]):
    assert settings_of(given) == found


@pytest.mark.parametrize("text", ["=1", "x", ""])
def test_what_is_no_setting_is_refused(text: str):
    with pytest.raises(CommandError):
        settings_of([text])


@pytest.mark.parametrize("value", ["a\x1b]0;x\x07b", "a\u202eb", "a\nb", "a\x9bb"])
def test_nothing_that_is_told_steers_the_terminal(value: str):
    assert all(letter.isprintable() for letter in safe(value))
