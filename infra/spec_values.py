"""Values of a specification as JSON means them: Python itself would take ``true`` for 1, and 1.0 or "1" for it too."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

REGIONS = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ca-central-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "me-central-1",
        "me-south-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    }
)
"""Where a stack can stand: AWS's regions whose authorities the rotation function knows (``rds-ca.pem``)."""


ACCOUNT_ID = re.compile(r"[0-9]{12}")


def whole(value: object) -> object:
    """Return a whole number; raises ValueError for anything else, whatever it equals."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("Give a whole number.")
    return value


def one_or_two(value: object) -> object:
    """Return 1 or 2, or nothing where nothing is given; raises ValueError for anything else."""
    if value is not None and whole(value) not in {1, 2}:
        raise ValueError("Use 1 or 2, or leave this out.")
    return value


def network(value: object) -> object:
    """Return the text of a network; raises ValueError for a number, which Python would read as an address."""
    if not isinstance(value, str | IPv4Network):
        raise ValueError("Give a text, such as 10.0.4.0/22.")
    return value


def readable(value: str) -> str:
    """Return a name that people can read; raises ValueError for one of spaces, or with signs that steer a terminal."""
    if not value.strip():
        raise ValueError("Give a name that can be read.")
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        raise ValueError("Leave out line breaks, tabs and other control characters.")
    return value


def known_region(value: str) -> str:
    """Return a region that a stack can stand in; raises ValueError for any other."""
    if value not in REGIONS:
        raise ValueError("Give an AWS region, such as us-east-1, us-east-2, us-west-1 or us-west-2.")
    return value


def account_id(value: str) -> str:
    """Return the id of an AWS account; raises ValueError for any other text."""
    if not ACCOUNT_ID.fullmatch(value):
        raise ValueError("An AWS account id has 12 digits.")
    return value


Whole = Annotated[int, BeforeValidator(whole)]
Network = Annotated[IPv4Network, BeforeValidator(network)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(readable)]
Region = Annotated[str, AfterValidator(known_region)]
AccountId = Annotated[str, AfterValidator(account_id)]
Switch = StrictBool
