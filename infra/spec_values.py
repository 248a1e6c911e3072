"""Values of a specification as JSON means them: Python itself would take ``true`` for 1, and 1.0 or "1" for it too."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from messages.message import Message, message

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
CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+")
IMAGE = re.compile(r"[A-Za-z0-9_.\-/:]+@sha256:[0-9a-f]{64}")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]{1,512}", re.ASCII)
BOUNDARY = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):policy/[\w+=,.@/-]{1,512}", re.ASCII)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
"""What STS accepts (AssumeRole: ExternalId)."""
HOSTED_ZONE = re.compile(r"[A-Z0-9]{1,32}")
DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def whole(value: object) -> object:
    """Return a whole number; raises ValueError for anything else, whatever it equals."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(message("Give a whole number."))
    return value


def one_or_two(value: object) -> object:
    """Return 1 or 2, or nothing where nothing is given; raises ValueError for anything else."""
    if value is not None and whole(value) not in {1, 2}:
        raise ValueError(message("Use 1 or 2, or leave this out."))
    return value


def network(value: object) -> object:
    """Return the text of a network; raises ValueError for a number, which Python would read as an address."""
    if not isinstance(value, str | IPv4Network):
        raise ValueError(message("Give a text, such as 10.0.4.0/22."))
    return value


def readable(value: str) -> str:
    """Return a name that people can read; raises ValueError for one of spaces, or with signs that steer a terminal."""
    if not value.strip():
        raise ValueError(message("Give a name that can be read."))
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        raise ValueError(message("Leave out line breaks, tabs and other control characters."))
    return value


def known_region(value: str) -> str:
    """Return a region that a stack can stand in; raises ValueError for any other."""
    if value not in REGIONS:
        raise ValueError(message("Give an AWS region, such as us-east-1, us-east-2, us-west-1 or us-west-2."))
    return value


def account_id(value: str) -> str:
    """Return the id of an AWS account; raises ValueError for any other text."""
    if not ACCOUNT_ID.fullmatch(value):
        raise ValueError(message("An AWS account id has 12 digits."))
    return value


def matching(pattern: re.Pattern[str], refusal: Message) -> AfterValidator:
    """Return what lets texts of a form through, and refuses every other by this sentence."""

    def checked(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(refusal)
        return value

    return AfterValidator(checked)


Whole = Annotated[int, BeforeValidator(whole)]
Network = Annotated[IPv4Network, BeforeValidator(network)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(readable)]
Region = Annotated[str, AfterValidator(known_region)]
AccountId = Annotated[str, AfterValidator(account_id)]
Switch = StrictBool

CertificateArn = Annotated[
    str,
    matching(
        CERTIFICATE, message("Give the ARN of an ACM certificate: arn:aws:acm:<region>:<account>:certificate/<id>.")
    ),
]
RoleArn = Annotated[str, matching(ROLE, message("Give the ARN of an IAM role: arn:aws:iam::<account>:role/<name>."))]
BoundaryArn = Annotated[
    str, matching(BOUNDARY, message("Give the ARN of an IAM policy: arn:aws:iam::<account>:policy/<name>."))
]
ExternalId = Annotated[
    str, matching(EXTERNAL_ID, message("An external id has 2 to 1224 letters, digits and signs of + = , . @ : / - _."))
]
HostedZone = Annotated[
    str,
    matching(
        HOSTED_ZONE,
        message(
            "Give the id of a Route 53 hosted zone: at most 32 capital letters and digits, such as Z0123456789ABC."
        ),
    ),
]
DomainName = Annotated[
    str, matching(DOMAIN, message("Give a domain name in lower case, such as lakeside.results.example.org."))
]
Image = Annotated[
    str, matching(IMAGE, message("Name the image by its digest: repository@sha256:<64 hexadecimal digits>."))
]
