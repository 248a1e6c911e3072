"""Asks AWS as whom a district's account knows us: the one call that needs no right (STS, GetCallerIdentity)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.aws.clients import DeployRole, answering, client, session_in
from engine.settings import EngineSettings
from messages.message import message


@dataclass(frozen=True)
class Identity:
    """The account that answered, and the ARN that it knows us by."""

    account: str
    arn: str


def identity(settings: EngineSettings, region: str, role: DeployRole | None = None) -> Identity:
    """Return who we are behind the role, or by the worker's own credentials; raises AwsUnavailableError."""
    session = session_in(settings, region, role, anew=True)
    with answering(message("ask who we are")):
        caller = client(settings, "sts", region, session).get_caller_identity()
    return Identity(str(caller["Account"]), str(caller["Arn"]))
