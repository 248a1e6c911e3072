"""A whole portal for a journey: its own processes and database, people of every role, and the sandbox's account."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from devtools.environment import inherited
from devtools.services.portal import Portal, manage_all, running_portal
from infra.deploy_rights import DEPLOY_BOUNDARY, DEPLOY_ROLE, DISTRICT_BOUNDARY, deploy_statements, without_names
from infra.district_rights import district_statements
from infra.frame import policy
from registry.accounts.roles import Role
from tests.builders import ACCOUNT_ID, PASSWORD
from tests.kept_database import copy_to
from tests.worlds.modules import share_modules

OTHER_ACCOUNT_ID, EXTERNAL_ID = "210987654321", "cedar-4f1c2a9b7d"
"""An account of a district's own, and what its deploy role asks for."""

PEOPLE = {"ada": Role.ADMINISTRATOR, "otto": Role.OPERATOR, "vera": Role.VIEWER}


def manage(variables: Mapping[str, str], *arguments: str) -> str:
    """Run a command of manage.py in the portal's environment and return what it prints."""
    return manage_all(_environment(variables), arguments)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    return inherited() | dict(variables) | {"HOMEROOM_NEW_PASSWORD": PASSWORD}


def people_it(variables: Mapping[str, str]) -> None:
    """Create the people and the account."""
    entrance = make_deploy_role(variables["HOMEROOM_AWS_ENDPOINT_URL"])
    boundary = f"arn:aws:iam::{OTHER_ACCOUNT_ID}:policy/{DISTRICT_BOUNDARY}"
    entered = ("--role-arn", entrance, "--external-id", EXTERNAL_ID, "--boundary-arn", boundary)
    manage_all(
        _environment(variables),
        *(("set_user", username, "--role", role.value) for username, role in PEOPLE.items()),
        ("add_account", "Sandbox", ACCOUNT_ID),
        ("add_account", "Cedar's own", OTHER_ACCOUNT_ID, *entered),
    )


def inside_the_other_account(url: str) -> boto3.session.Session:
    """Return a session in the second account, by the role that an organization has in each."""
    own: Any = boto3.session.Session(region_name="us-east-1")
    member = own.client("sts", endpoint_url=url).assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT_ID}:role/OrganizationAccountAccessRole", RoleSessionName="test"
    )["Credentials"]
    return session_with(member)


def as_deploy_role(url: str) -> boto3.session.Session:
    """Return a session of the second account's deploy role, as the portal enters it."""
    own: Any = boto3.session.Session(region_name="us-east-1")
    credentials = own.client("sts", endpoint_url=url).assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT_ID}:role/{DEPLOY_ROLE}", RoleSessionName="test", ExternalId=EXTERNAL_ID
    )["Credentials"]
    return session_with(credentials)


def session_with(credentials: Mapping[str, str]) -> boto3.session.Session:
    """Return a session with the credentials that STS gave."""
    return boto3.session.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )


def make_deploy_role(url: str) -> str:
    """Make the deploy role of the second account; return its ARN."""
    inside: Any = inside_the_other_account(url)
    portal = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [portal]})
    iam = inside.client("iam", endpoint_url=url)
    rights, within = without_names(deploy_statements(OTHER_ACCOUNT_ID)), district_statements(OTHER_ACCOUNT_ID)
    most, _ = (
        iam.create_policy(PolicyName=name, PolicyDocument=policy(*statements))["Policy"]["Arn"]
        for name, statements in ((DEPLOY_BOUNDARY, rights), (DISTRICT_BOUNDARY, within))
    )
    answer = iam.create_role(RoleName=DEPLOY_ROLE, AssumeRolePolicyDocument=trust, PermissionsBoundary=most)
    iam.attach_role_policy(RoleName=DEPLOY_ROLE, PolicyArn=most)
    return str(answer["Role"]["Arn"])


@contextlib.contextmanager
def a_whole_portal(folder: Path, session: pytest.Session) -> Iterator[Portal]:
    """Run one below `folder`, which stays with its logs when a test of the session fails meanwhile."""
    failed = session.testsfailed
    share_modules(folder / "work")
    copy_to(folder / "postgres")
    with running_portal(folder, durable=False, more={"HOMEROOM_PREFLIGHT": "0"}, before_web=people_it) as portal:
        yield portal
    if session.testsfailed == failed:
        shutil.rmtree(folder)
