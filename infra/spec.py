"""The specification of one district's stack: all that differs between districts, frozen, versioned, JSON in.

Every field that is wrong is named with a sentence that says what to do. Never looks at AWS or at the portal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from infra import naming


class Environment(StrEnum):
    """What the district's environment is for."""

    SANDBOX = "sandbox"
    STAGING = "staging"
    PRODUCTION = "production"


class Size(StrEnum):
    """How much work the stack is made for; `infra.sizes` has the table."""

    S = "S"
    M = "M"
    L = "L"


class Egress(StrEnum):
    """Whether the application's subnets have a way out to the internet."""

    NAT = "nat"
    NONE = "none"


PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""RFC 1918, section 3."""

LARGEST_PREFIX, SMALLEST_PREFIX = 16, 22
"""A VPC is at most a /16 (Amazon VPC, "VPC CIDR blocks"); a /22 is the least that three zones of subnets fit into."""

TAG_KEYS_OF_OURS = frozenset({"District", "Suffix", "Environment", "ManagedBy", "Name"})
TAG_COUNT = 20
TAG_TEXT = re.compile(r"[\w\s+\-=.:/@]*")
"""What AWS accepts in tags across services (AWS Tagging, "Tag naming limits and requirements")."""

ACCOUNT_ID = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+")
IMAGE = re.compile(r"[A-Za-z0-9_.\-/:]+@sha256:[0-9a-f]{64}")
EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}")
LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""The values that CloudWatch Logs accepts (PutRetentionPolicy)."""


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field, and what to do, in one sentence."""

    field: str
    sentence: str


class SpecError(ValueError):
    """A specification has problems."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{problem.field}: {problem.sentence}" for problem in problems))


class Images(BaseModel):
    """The container images by digest; none means the named placeholder of the sandbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: str | None = None
    worker: str | None = None

    @field_validator("api", "worker")
    @classmethod
    def _by_digest(cls, value: str | None) -> str | None:
        if value is not None and not IMAGE.fullmatch(value):
            raise ValueError("Name the image by its digest: repository@sha256:<64 hexadecimal digits>.")
        return value


class DistrictSpec(BaseModel):
    """One district's stack. Defaults are for production; a specification can lower cost and size, never security."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec_version: Literal[1] = 1
    district_name: Annotated[str, Field(min_length=1, max_length=120)]
    slug: str
    environment: Environment
    suffix: str
    region: str = "us-east-1"
    account_id: str
    cidr: IPv4Network
    zones: Literal[2, 3] = 2
    size: Size = Size.S
    egress: Egress = Egress.NAT
    certificate_arn: str | None = None
    allowed_client_cidrs: tuple[IPv4Network, ...] = (IPv4Network("0.0.0.0/0"),)
    alarm_emails: tuple[str, ...] = ()
    retention_days: int = 365
    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    final_snapshot: bool = False
    monthly_budget_usd: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    tags: Mapping[str, str] = Field(default_factory=dict)
    images: Images = Images()

    @field_validator("slug")
    @classmethod
    def _slug(cls, value: str) -> str:
        if not naming.is_slug(value):
            raise ValueError(
                f"Use 2 to {naming.SLUG_LENGTH} lower-case letters, digits and single hyphens, a letter first."
            )
        return value

    @field_validator("suffix")
    @classmethod
    def _suffix(cls, value: str) -> str:
        if not naming.is_suffix(value):
            raise ValueError(
                f"Use 3 to {naming.SUFFIX_LENGTH} lower-case letters, digits and single hyphens, a letter first."
            )
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not REGION.fullmatch(value):
            raise ValueError("Give an AWS region, such as us-east-1.")
        return value

    @field_validator("account_id")
    @classmethod
    def _account(cls, value: str) -> str:
        if not ACCOUNT_ID.fullmatch(value):
            raise ValueError("An AWS account id has 12 digits.")
        return value

    @field_validator("cidr")
    @classmethod
    def _cidr(cls, value: IPv4Network) -> IPv4Network:
        if not LARGEST_PREFIX <= value.prefixlen <= SMALLEST_PREFIX:
            raise ValueError(f"Use a network between /{LARGEST_PREFIX} and /{SMALLEST_PREFIX}, such as 10.0.4.0/22.")
        if not any(value.subnet_of(block) for block in PRIVATE):
            raise ValueError("Use a private network: inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.")
        return value

    @field_validator("certificate_arn")
    @classmethod
    def _certificate(cls, value: str | None) -> str | None:
        if value is not None and not CERTIFICATE.fullmatch(value):
            raise ValueError("Give the ARN of an ACM certificate: arn:aws:acm:<region>:<account>:certificate/<id>.")
        return value

    @field_validator("alarm_emails")
    @classmethod
    def _emails(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [address for address in value if not EMAIL.fullmatch(address)]
        if wrong:
            raise ValueError(f"{wrong[0]} is no e-mail address.")
        return value

    @field_validator("retention_days")
    @classmethod
    def _retention(cls, value: int) -> int:
        if value not in LOG_RETENTION_DAYS:
            raise ValueError(
                f"CloudWatch Logs keeps for {', '.join(map(str, LOG_RETENTION_DAYS))} days; use one of these."
            )
        return value

    @field_validator("tags")
    @classmethod
    def _tags(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if len(value) > TAG_COUNT:
            raise ValueError(f"Give at most {TAG_COUNT} tags.")
        for key, text in value.items():
            if key in TAG_KEYS_OF_OURS or key.lower().startswith("aws:"):
                raise ValueError(f"The tag {key} is set by Homeroom or AWS; choose another key.")
            if (
                not 1 <= len(key) <= 128
                or len(text) > 256
                or not TAG_TEXT.fullmatch(key)
                or not TAG_TEXT.fullmatch(text)
            ):
                raise ValueError(f"The tag {key[:40]!r} has a length or a character that AWS refuses.")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> DistrictSpec:
        if naming.is_slug(self.slug) and self.suffix != naming.suffix_for(self.slug, self.environment):
            raise _FieldError("suffix", f"It has to be {naming.suffix_for(self.slug, self.environment)}.")
        if self.environment is not Environment.SANDBOX and self.certificate_arn is None:
            raise _FieldError(
                "certificate_arn",
                f"A {self.environment} environment serves over TLS only: give the ARN of an ACM certificate.",
            )
        return self

    def subnets(self) -> tuple[IPv4Network, ...]:
        """Return the network cut into sixteen equal blocks: public 0-2, application 4-6, data 8-10."""
        return tuple(self.cidr.subnets(prefixlen_diff=4))


class _FieldError(ValueError):
    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


SENTENCES = {
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field; remove it.",
    "string_too_short": "Give at least one character.",
    "string_too_long": "Shorten this to 120 characters.",
    "ip_v4_network": "This is no IPv4 network. Write it as 10.0.4.0/22, with the network's own address.",
}
"""Pydantic's errors in our words; others keep their own text (pydantic, "Validation Errors")."""


def parse_spec(data: object) -> DistrictSpec:
    """Return the specification that plain JSON data holds; raises SpecError with all problems found."""
    try:
        return DistrictSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(tuple(_problem(dict(part)) for part in error.errors())) from None


def _problem(error: dict[str, Any]) -> FieldProblem:
    cause = error.get("ctx", {}).get("error")
    field = ".".join(str(part) for part in error["loc"]) or getattr(cause, "field", "spec")
    kind = str(error["type"])
    if kind == "value_error" and cause is not None:
        return FieldProblem(field, str(cause))
    if kind in {"enum", "literal_error"}:
        return FieldProblem(field, f"Choose one of {error['ctx']['expected']}.")
    if "ip_v4_network" in kind:
        return FieldProblem(field, SENTENCES["ip_v4_network"])
    return FieldProblem(field, SENTENCES.get(kind, f"{error['msg']}."))
