"""The demo's pieces: its issuer, what the generator knows, and the count of requests that a rotation fails."""

from __future__ import annotations

import itertools
import shlex
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from devtools.demo import commands, rotation
from devtools.demo.account import ACCOUNT_ID
from devtools.demo.district import Example, issuing, registration
from devtools.demo.expected import MadeUp, Tally, differences, known
from devtools.demo.issuer import kept_key, running_issuer
from devtools.demo.office import Office, OfficeError
from devtools.demo.sign_ins import CLIENT_ID, EVERYTHING
from homeroom_cli.main import command
from infra.spec import Egress, Environment, Size
from processes.errors import ServiceFailedError
from processor.api.keys import Keys, given
from processor.api.tokens import Right, TokenRefusedError, Tokens
from registry.accounts.rights import EVERYTHING as EVERY_RIGHT
from registry.districts.accounts import add_account
from registry.districts.services import check
from tests.infra.conftest import CERTIFICATE, IMAGE

ANSWER = httpx.Response(200)


def test_the_issuers_tokens_are_good_for_the_district_and_its_key_is_found_by_its_address(tmp_path: Path):
    with running_issuer(tmp_path, audience="lakeside-sbx") as issuer:
        checked = Tokens(Keys(issuer.url), issuer=issuer.url, audience="lakeside-sbx")
        assert checked.caller(issuer.token()).rights == set(Right)
        assert checked.caller(httpx.get(issuer.token_url).text.strip()).actor == "data.office@lakeside.example"
        assert checked.caller(issuer.token(scope="aggregate")).rights == {Right.AGGREGATE}
        assert EVERYTHING.split() == [right.value for right in Right]
        with pytest.raises(TokenRefusedError):
            checked.caller(issuer.token(seconds=-3600))
        assert httpx.get(f"{issuer.url}/elsewhere").status_code == 404


def test_the_issuer_has_the_same_address_and_key_at_its_next_start(tmp_path: Path):
    with running_issuer(tmp_path, audience="lakeside-sbx") as first:
        token = first.token()
    with running_issuer(tmp_path, audience="lakeside-sbx") as again:
        assert again.url == first.url
        assert Tokens(Keys(again.url), issuer=again.url, audience="lakeside-sbx").caller(token)
    assert (tmp_path / "issuer.json").stat().st_mode & 0o077 == 0


def test_an_issuer_of_another_name_gives_its_keys_away_instead_of_being_asked(tmp_path: Path):
    name = "https://login.lakeside.example"
    with running_issuer(tmp_path, audience="lakeside-prod", name=name) as issuer:
        assert not issuer.is_asked
        keys = Keys(name, fetch=given(name, issuer.keys))
        assert Tokens(keys, issuer=name, audience="lakeside-prod").caller(issuer.token())


def test_the_examples_stack_is_chosen_by_variables_and_what_is_empty_is_as_usual():
    assert Example.chosen({}) == Example.chosen({"SIZE": "", "OTHER": "x"}) == Example("S", "sandbox", "nat")
    variables = {"SIZE": "L", "ENVIRONMENT": "production", "EGRESS": "none"}
    assert Example.chosen(variables) == Example("L", "production", "none")


EVERY = [Example(size.value, where.value, way.value) for size in Size for where in Environment for way in Egress]


@pytest.mark.django_db
@pytest.mark.parametrize("example", EVERY, ids=lambda example: f"{example.environment}-{example.size}-{example.egress}")
def test_every_stack_that_can_be_chosen_is_admitted(example: Example, tmp_path: Path):
    add_account(name="Embedded AWS", account_id=ACCOUNT_ID, actor=None)
    with issuing(tmp_path, example.environment) as issuer:
        certificate = "" if example.environment == "sandbox" else CERTIFICATE
        wanted = registration(example, issuer=issuer, certificate_arn=certificate, image_reference=IMAGE)
    assert check(wanted, EVERY_RIGHT) == {}
    # Browsers reach the issuer of a sandbox, whatever its stack reaches.
    assert wanted.oidc_client_id == (CLIENT_ID if example.environment == "sandbox" else "")


def test_a_taken_port_is_said_with_a_remedy(tmp_path: Path):
    port, _ = kept_key(tmp_path / "issuer.json")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with pytest.raises(ServiceFailedError, match="cannot listen"), running_issuer(tmp_path, audience="x"):
            pass


def test_what_is_known_has_every_result_but_the_spoiled_and_the_deleted_ones():
    district = MadeUp(rows=5_000)
    counted = sum(tally.n for schools in known(district).values() for tally in schools.values())
    assert district.bulk + district.ed_fi + district.plain == district.rows
    assert district.rows * 0.97 < counted < district.rows
    assert known(district) == known(replace(district))
    assert known(district) != known(replace(district, seed=district.seed + 1))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"school": "a", "n": 20, "mean": 200.04}], []),
        ([{"school": "a", "n": 19, "mean": 200.0}], ["a: 19 results, not 20"]),
        ([{"school": "a", "n": 20, "mean": 200.2}], ["a: the mean 200.2, not 200.00"]),
        ([{"school": "a", "n": None, "mean": None}], ["a: None results, not 20"]),
        ([], ["schools [], not ['a']"]),
    ],
)
def test_a_wrong_answer_is_told_in_words(rows: list[dict[str, Any]], told: list[str]):
    assert differences({"a": Tally(20, 4000.0)}, rows) == told


class Manager:
    """A secret whose rotation ends at the third look, or never."""

    def __init__(self, *, ends: bool = True) -> None:
        self.version, self.looks, self.rotations, self.ends = 1, 0, 0, ends

    def rotate_secret(self, **parameters: str) -> None:
        self.rotations, self.looks = self.rotations + 1, 0

    def describe_secret(self, **parameters: str) -> dict[str, Any]:
        self.looks += 1
        if self.looks == 3 and self.rotations and self.ends:
            self.version += 1
        pending = {"next": ["AWSPENDING"]} if self.rotations and self.looks < 3 else {}
        return {"VersionIdsToStages": {f"v{self.version}": ["AWSCURRENT"], **pending}}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(rotation, "ROTATION_SECONDS", 1.0)


@pytest.mark.usefixtures("quick")
def test_every_request_that_fails_while_the_secret_changes_is_counted():
    numbers = itertools.count()

    def ask() -> httpx.Response:
        number = next(numbers)
        if number == 10:
            raise httpx.ReadTimeout("slow")
        return httpx.Response(500) if number == 20 else ANSWER

    manager = Manager()
    failed, requests = rotation.errors_under_load(manager, "arn", ask)
    assert (failed, manager.rotations) == (2, rotation.ROTATIONS)
    assert requests >= rotation.REQUESTS_AFTER


@pytest.mark.usefixtures("quick")
def test_a_rotation_that_does_not_end_is_no_proof():
    with pytest.raises(OfficeError, match="did not end"):
        rotation.errors_under_load(Manager(ends=False), "arn", lambda: ANSWER)


def test_a_service_that_does_not_answer_is_not_ready(tmp_path: Path):
    assert not Office("http://127.0.0.1:9", "token", tmp_path / "none").is_ready()


def test_the_lines_that_it_prints_are_those_of_the_command_line():
    printed = commands.lines("lakeside-sbx", "sandbox")
    calls = [shlex.split(part) for line in printed for part in line.split(" | ")]
    for name, *words in calls:
        assert name == "homeroom"
        called = command()
        while hasattr(called, "commands"):
            called = called.commands[words.pop(0)]
        assert called.make_context("homeroom", words) is not None
    said = " ".join(printed)
    told = ("register", "run watch", "settings", "approve", "drift check", "destroy")
    assert [word for word in told if f" {word} " not in said] == []
