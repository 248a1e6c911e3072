"""An embedded AWS of the module's own, its administrator's clients, and sessions of roles with given rights."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.config import Config

from engine.aws.clients import new_session
from sandbox.launch import Sandbox, running_sandbox

ACCOUNT, REGION = "123456789012", "us-east-1"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:user/administrator"
ONCE = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
TRUST = {"Effect": "Allow", "Principal": {"AWS": ADMINISTRATOR}, "Action": "sts:AssumeRole"}

Clients = Callable[[str], Any]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


@dataclass
class World:
    """One embedded AWS."""

    sandbox: Sandbox
    admin: Clients
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def name(self, what: str) -> str:
        return f"{what}-{next(self._numbers)}"

    def client(self, service: str, key: str, secret: str, token: str | None = None) -> Any:
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret}
        session: Any = new_session(**keys, **({"aws_session_token": token} if token else {}))
        return session.client(service, region_name=REGION, endpoint_url=self.sandbox.url, config=ONCE)

    def role(self, *rights: dict[str, Any], trust: dict[str, Any] | None = None, **more: Any) -> str:
        name = self.name("role")
        answer = self.admin("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust or TRUST), **more)
        if rights:
            self.admin("iam").put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy(*rights))
        return str(answer["Role"]["Arn"])

    def session(self, role: str, **more: Any) -> Clients:
        credentials = self.admin("sts").assume_role(RoleArn=role, RoleSessionName="test", **more)["Credentials"]
        return lambda service: self.client(
            service, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        )

    def able(self, *rights: dict[str, Any], **more: Any) -> Clients:
        """Return the clients of a session of a role with these rights."""
        return self.session(self.role(*rights, **more))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with running_sandbox() as running:
        session: Any = new_session()
        options = {"region_name": REGION, "endpoint_url": running.url, "config": ONCE}
        make = functools.cache(lambda service: session.client(service, **options))
        yield World(running, make)
