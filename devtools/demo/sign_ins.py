"""Whom the demo's issuer signs in, and the codes that stand for it: authorization code with PKCE for one public client.

A client on this machine is led back to whatever port it listens on, and to its one path alone (RFC 8252, 7.3); a page
gets tokens only where it is of the very origin that the answer went to.
Sources: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9207 (the issuer in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from processes.own_pages import is_loopback_name

CLIENT_ID = "homeroom-data-office"
CALLBACK_PATH = "/sign-in/callback"
CODE_SECONDS = 60
MODES = ("query", "fragment")
"""How an answer stands in the address; the first where it is not said."""
EVERYTHING = "aggregate student ingest audit"
OFFICE = "data.office@lakeside.example"
DECLINED = "nobody"
KEPT = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "response_mode")
"""What the page to pick on hands on of what was asked."""


@dataclass(frozen=True)
class Person:
    """One of the district's made-up people: the subject of the tokens, and what they may."""

    name: str
    task: str
    scope: str


PEOPLE = (
    Person(OFFICE, "Data office: everything", EVERYTHING),
    Person("counselor@lakeside.example", "Counselor: charts and students", "aggregate student"),
    Person("principal@lakeside.example", "Principal: charts", "aggregate"),
    Person("visitor@lakeside.example", "Visitor: nothing", ""),
)


Twist = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Granted:
    """What a code stands for."""

    person: Person
    redirect_uri: str
    nonce: str
    challenge: str
    until: float


class SignIns:
    """The codes that are out; each is good once, for a minute, with its verifier."""

    def __init__(self) -> None:
        self._granted: dict[str, Granted] = {}
        self.twists: dict[str, Twist] = {}
        """How a hostile issuer changes its `configuration`, the `answer` that it leads back with, and its `tokens`."""

    def twisted(self, part: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return a part of what the issuer says, as it is said."""
        twist = self.twists.get(part)
        return twist(content) if twist else content

    @staticmethod
    def wrong_with(asked: Mapping[str, str]) -> str:
        """Return why somebody is led nowhere, or nothing."""
        back = urlsplit(asked.get("redirect_uri", ""))
        if asked.get("client_id") != CLIENT_ID:
            return "The demo's issuer knows one client alone, and this is another."
        if back.scheme not in ("http", "https") or not is_loopback_name(back.netloc) or back.path != CALLBACK_PATH:
            return "This redirect URI is none of the client's: its own is on this machine."
        if back.query or back.fragment:
            return "The client's redirect URI has neither query nor fragment."
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return "The demo's issuer gives codes alone, to whoever proves by S256 that the code is theirs."
        if asked.get("response_mode", MODES[0]) not in MODES:
            return f"The demo's issuer answers by {' or '.join(MODES)}."
        return "" if asked.get("code_challenge") and asked.get("state") else "A challenge or a state is missing."

    def way_back(self, asked: Mapping[str, str], issuer: str) -> str | None:
        """Return where a browser goes once somebody was picked; None for what the page never asks."""
        request = {**asked, "response_type": "code", "code_challenge_method": "S256"}
        person = next((candidate for candidate in PEOPLE if candidate.name == asked.get("person")), None)
        if self.wrong_with(request) or (person is None and asked.get("person") != DECLINED):
            return None
        answer = {"state": asked["state"], "iss": issuer}
        if person is None:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(24)
            until = time.monotonic() + CODE_SECONDS
            self._granted[answer["code"]] = Granted(
                person, asked["redirect_uri"], asked.get("nonce", ""), asked["code_challenge"], until
            )
        between = "#" if asked.get("response_mode") == "fragment" else "?"
        return f"{asked['redirect_uri']}{between}{urlencode(self.twisted('answer', answer))}"

    def taken(self, form: Mapping[str, str], origin: str) -> Granted | None:
        """Return what a code stands for, once; None for one that is none, too old, or another's.

        `origin` is that of the page that asks; empty for a program.
        """
        granted = self._granted.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if granted is None or time.monotonic() > granted.until:
            return None
        if origin and granted.redirect_uri != origin + CALLBACK_PATH:
            return None
        proof = (form.get("grant_type"), form.get("client_id"), form.get("redirect_uri"), challenge)
        return granted if proof == ("authorization_code", CLIENT_ID, granted.redirect_uri, granted.challenge) else None


def people_page(asked: Mapping[str, str], action: str) -> str:
    """Return the page to pick somebody on."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(asked[name])}">' for name in KEPT if name in asked
    )
    buttons = "".join(
        f'<p><button name="person" value="{person.name}">{person.name}</button> {html.escape(person.task)}</p>'
        for person in PEOPLE
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">'
        "<title>The demo's issuer</title><main><h1>Who signs in?</h1>"
        f'<form action="{action}" method="get">{hidden}{buttons}'
        f'<p><button name="person" value="{DECLINED}">Nobody</button></p></form></main></html>'
    )
