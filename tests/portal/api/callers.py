"""Calls the API as a token of some role and reach would."""

from __future__ import annotations

import itertools
import json
from typing import Any

from django.test import Client

from registry.accounts.models import User
from registry.accounts.rights import may_somewhere
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import ACTS, Scope
from registry.accounts.tokens.service import Reach, create_token
from tests.builders import ACCOUNT_ID, a_person

_numbers = itertools.count(1)
API = "/api/v1"


class ApiCaller:
    """A client with a token."""

    def __init__(self, secret: str, user: User) -> None:
        self.secret, self.user = secret, user
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; headers' names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        named = {"Authorization": f"Bearer {self.secret}", **named}
        return self.client.generic(method, API + path, text, "application/json", headers=named)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)


def a_caller(
    role: Role = Role.OPERATOR, *scopes: Scope, reach: Reach | None = None, user: User | None = None
) -> ApiCaller:
    """Return a caller with all scopes of its role, or with these."""
    user = user or a_person(role)
    granted = scopes or tuple(scope for scope in Scope if may_somewhere(user, ACTS[scope]))
    _, secret = create_token(owner=user, actor=user, name=f"t{next(_numbers)}", scopes=granted, reach=reach)
    return ApiCaller(secret, user)


def code(answer: Any) -> str:
    """Return a problem's code."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:homeroom:problem:{problem['code']}"
    return str(problem["code"])


def without_asked(text: str, suffix: str, account_id: str = ACCOUNT_ID) -> str:
    """Return a refusal without what was asked for, which comes back in its sentence and as the sentence's value."""
    for again in (f"suffix {suffix}.", f"account {account_id}."):
        text = text.replace(again, "")
    for key, value in (("suffix", suffix), ("account_id", account_id)):
        text = text.replace(f'"values": {{"{key}": "{value}"}}', "")
    return text
