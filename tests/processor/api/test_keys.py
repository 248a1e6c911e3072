"""The issuer's keys: kept, fetched anew when a token names another, not at a stranger's whim, and stale in need."""

from __future__ import annotations

import json
from typing import Any

import pytest

from processor.api.keys import Keys, KeysUnavailableError, fetch, given
from processor.api.tokens import Right, TokenRefusedError, Tokens, caller_of
from tests.processor.api.world import Issuer


class World:
    """An issuer that counts how often it is asked, a clock, and the keys under test."""

    def __init__(self) -> None:
        self.now, self.away = 0.0, False
        self.issuer = Issuer(url="https://issuer.example")
        self.issuer.rotate("first")
        self.keys = Keys(self.issuer.url, fetch=self.fetch, now=lambda: self.now)
        self.tokens = Tokens(self.keys, issuer=self.issuer.url, audience="maple-test")

    def fetch(self, url: str) -> Any:
        if self.away:
            raise KeysUnavailableError("away")
        return self.issuer.document(url.removeprefix(self.issuer.url))


def test_a_new_key_is_fetched_when_a_token_names_it_and_the_old_one_is_no_longer_good():
    world = World()
    old = world.issuer.token()
    for _ in range(50):
        world.tokens.caller(old)
    assert world.issuer.asked == 1
    world.issuer.rotate("second")
    world.now += 11
    assert world.tokens.caller(world.issuer.token()).actor == "office@maple"
    assert world.issuer.asked == 2
    with pytest.raises(TokenRefusedError):
        world.tokens.caller(old)


def test_made_up_key_ids_make_nobody_ask_the_issuer_each_time():
    world = World()
    for number in range(100):
        world.keys.of(f"made up {number}")
    assert world.issuer.asked == 1


def test_keys_are_good_for_a_day_while_the_issuer_is_away_and_no_longer():
    world = World()
    token = world.issuer.token()
    world.tokens.caller(token)
    world.away, world.now = True, 3700.0
    assert world.tokens.caller(token).actor == "office@maple"
    world.now = 25 * 3600.0
    with pytest.raises(KeysUnavailableError):
        world.tokens.caller(token)


def test_keys_come_over_tls_alone_but_for_this_machine_itself():
    with pytest.raises(KeysUnavailableError, match="https"):
        fetch("http://issuer.example/.well-known/openid-configuration")


def test_an_issuer_is_what_its_tokens_say_with_or_without_a_stroke_at_its_end():
    issuer = Issuer(url="https://issuer.example/")
    issuer.rotate("first")
    urls: list[str] = []

    def fetch(url: str) -> Any:
        urls.append(url)
        return issuer.document(url.replace("//keys", "/keys").removeprefix("https://issuer.example"))

    tokens = Tokens(Keys(issuer.url, fetch=fetch), issuer=issuer.url, audience="maple-test")
    assert tokens.caller(issuer.token()).on_behalf_of == "office@maple"
    assert urls[0] == "https://issuer.example/.well-known/openid-configuration"


def test_keys_that_were_given_are_good_without_asking_anybody():
    issuer, other_issuer = Issuer(url="https://issuer.example"), Issuer(url="https://issuer.example")
    issuer.rotate("first")
    other_issuer.rotate("first")
    published = json.dumps(issuer.document("/keys"))
    tokens = Tokens(Keys(issuer.url, fetch=given(issuer.url, published)), issuer=issuer.url, audience="maple-test")
    assert tokens.caller(issuer.token()).on_behalf_of == "office@maple"
    with pytest.raises(TokenRefusedError):
        tokens.caller(other_issuer.token())


def test_scopes_are_words_or_a_list_and_unknown_ones_allow_nothing():
    claims = {"sub": "a", "exp": 1}
    assert caller_of({**claims, "scope": "aggregate openid everything"}).rights == {Right.AGGREGATE}
    assert caller_of({**claims, "scp": ["student", "audit"]}).rights == {Right.STUDENT, Right.AUDIT}
    assert caller_of(claims).rights == frozenset()
