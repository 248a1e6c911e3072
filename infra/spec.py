"""The specification of one district's stack: all that differs between districts, frozen, versioned, JSON in.

Every field that is wrong is named with a sentence that says what to do; `infra.upgrade` brings older versions here.
Never looks at AWS or at the portal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from infra import naming
from infra.fields import FIELDS, default, most
from infra.sign_in import SignIn
from infra.spec_errors import FieldError, FieldProblem, SpecError, problems_in
from infra.spec_values import (
    AccountId,
    BoundaryArn,
    CertificateArn,
    DomainName,
    ExternalId,
    HostedZone,
    Image,
    Name,
    Network,
    Region,
    RoleArn,
    Switch,
    Whole,
    one_or_two,
    whole,
)
from infra.upgrade import SPEC_VERSION, upgraded
from messages.message import listed, message

__all__ = ["DistrictSpec", "FieldProblem", "SpecError", "parse_spec"]


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


class CacheEngine(StrEnum):
    """Which engine ElastiCache runs; both speak the same protocol."""

    REDIS = "redis"
    VALKEY = "valkey"


class Egress(StrEnum):
    """Whether the application's subnets have a way out to the internet."""

    NAT = "nat"
    NONE = "none"


PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""RFC 1918, section 3."""

LARGEST_PREFIX, SMALLEST_PREFIX = 16, 22
"""A VPC is at most a /16 (Amazon VPC, "VPC CIDR blocks"); a /22 is the least that three zones of subnets fit into."""

TAG_KEYS_OF_OURS = frozenset({"district", "suffix", "environment", "managedby", "name"})
TAG_COUNT = most("tags")
TAG_TEXT = re.compile(r"[\w +\-=.:/@]*")
"""What AWS accepts in tags across services (AWS Tagging, "Tag naming limits and requirements"), on one line."""

ZONES_IN = {"us-west-1": 2}
"""Regions that do not offer three zones to every account (AWS, "Regions and Availability Zones")."""

POSTGRES = re.compile(r"16\.([0-9]{1,2})")
POSTGRES_OLDEST = 3
POSTGRES_FIRST = "16.6"
"""What a cluster begins with where no version is given."""
"""The first 16 that pauses at 0 ACU (Aurora User Guide, "Scaling to zero ACUs")."""
CACHE_VERSIONS = {CacheEngine.REDIS: ("7.1",), CacheEngine.VALKEY: ("7.2", "8.0")}
"""What ElastiCache offers with a user group and TLS (ElastiCache User Guide, "Supported engine versions")."""
CLIENT_CIDR_COUNT = most("allowed_client_cidrs")
DISTRICT_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
DISTRICT_ID_COUNT = most("district_ids")
EMAIL_COUNT = most("alarm_emails")
EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")
LOG_RETENTION_DAYS: tuple[int, ...] = FIELDS["retention_days"].choices
"""The values that CloudWatch Logs accepts (PutRetentionPolicy)."""


def within(name: str) -> Any:
    """Return the limits of a number, as pydantic checks them."""
    return Field(ge=FIELDS[name].least, le=most(name))


CONFIG = ConfigDict(frozen=True, extra="forbid")
"""Of every part of a specification: it does not change, and has no fields but its own."""


class Images(BaseModel):
    """The container images by digest; none means the named placeholder of the sandbox."""

    model_config = CONFIG

    api: Image | None = None
    worker: Image | None = None


class EngineVersions(BaseModel):
    """The versions of the engines that AWS runs for the district.

    A version that is given is kept. Without one the stack begins with its own, and AWS applies later minor versions in
    the maintenance window: a plan then never asks for the older one back, which AWS would refuse.
    """

    model_config = CONFIG

    postgres: str | None = None
    cache: str | None = None

    @field_validator("postgres")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        match = POSTGRES.fullmatch(value or POSTGRES_FIRST)
        if match is None or int(match[1]) < POSTGRES_OLDEST:
            raise ValueError(
                message("Use Aurora PostgreSQL 16.{oldest} or a later 16, such as 16.6.", oldest=POSTGRES_OLDEST)
            )
        return value


class DistrictSpec(BaseModel):
    """One district's stack. Defaults are for production; a specification can lower cost and size, never security."""

    model_config = CONFIG

    spec_version: Annotated[Literal[1], BeforeValidator(whole)] = SPEC_VERSION
    district_name: Name
    slug: str
    environment: Environment
    suffix: str
    region: Region = default("region")
    account_id: AccountId
    role_arn: RoleArn | None = None
    external_id: ExternalId | None = None
    permissions_boundary_arn: BoundaryArn | None = None
    cidr: Network
    zones: Annotated[Literal[2, 3], BeforeValidator(whole)] = default("zones")
    size: Size = Size(default("size"))
    database_instances: Annotated[Literal[1, 2, None], BeforeValidator(one_or_two)] = default("database_instances")
    """Aurora's instances, a second one in another zone. None: one in a sandbox, two elsewhere."""
    egress: Egress = Egress(default("egress"))
    certificate_arn: CertificateArn | None = None
    hosted_zone_id: HostedZone | None = None
    domain_name: DomainName | None = None
    allowed_client_cidrs: tuple[Network, ...] = tuple(map(IPv4Network, default("allowed_client_cidrs")))
    alarm_emails: tuple[str, ...] = default("alarm_emails")
    retention_days: Whole = default("retention_days")
    backup_days: Annotated[Whole, within("backup_days")] = default("backup_days")
    final_snapshot: Switch = default("final_snapshot")
    """Asked of whoever tears the stack down, of no resource: a snapshot under a key that stays, before the destroy."""
    monthly_budget_usd: Annotated[Whole, within("monthly_budget_usd")] = default("monthly_budget_usd")
    tags: Mapping[str, str] = Field(default_factory=dict)
    images: Images = Images()
    sign_in: SignIn = SignIn()
    district_ids: tuple[str, ...] = default("district_ids")
    """The district's own ids in result files, where rows of another district are to be refused."""
    cache_engine: CacheEngine = CacheEngine.REDIS
    engine_versions: EngineVersions = EngineVersions()

    @field_validator("slug")
    @classmethod
    def _slug(cls, value: str) -> str:
        if not naming.is_slug(value):
            raise ValueError(
                message(
                    "Use 2 to {most} lower-case letters, digits and single hyphens, a letter first.",
                    most=naming.SLUG_LENGTH,
                )
            )
        return value

    @field_validator("suffix")
    @classmethod
    def _suffix(cls, value: str) -> str:
        if not naming.is_suffix(value):
            raise ValueError(
                message(
                    "Use 3 to {most} lower-case letters, digits and single hyphens, a letter first.",
                    most=naming.SUFFIX_LENGTH,
                )
            )
        return value

    @field_validator("cidr")
    @classmethod
    def _cidr(cls, value: IPv4Network) -> IPv4Network:
        if not LARGEST_PREFIX <= value.prefixlen <= SMALLEST_PREFIX:
            raise ValueError(
                message(
                    "Use a network between /{largest} and /{smallest}, such as 10.0.4.0/22.",
                    largest=LARGEST_PREFIX,
                    smallest=SMALLEST_PREFIX,
                )
            )
        if not any(value.subnet_of(block) for block in PRIVATE):
            raise ValueError(message("Use a private network: inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."))
        return value

    @field_validator("allowed_client_cidrs")
    @classmethod
    def _clients(cls, value: tuple[IPv4Network, ...]) -> tuple[IPv4Network, ...]:
        if not 1 <= len(value) <= CLIENT_CIDR_COUNT:
            raise ValueError(
                message("Give 1 to {count} networks; 0.0.0.0/0 admits everybody.", count=CLIENT_CIDR_COUNT)
            )
        for index, block in enumerate(value):
            overlapping = next((earlier for earlier in value[:index] if earlier.overlaps(block)), None)
            if overlapping is not None:
                raise ValueError(
                    message("{block} overlaps {other}; keep the larger of them.", block=block, other=overlapping)
                )
        return value

    @field_validator("alarm_emails")
    @classmethod
    def _emails(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > EMAIL_COUNT:
            raise ValueError(message("Give at most {count} addresses; a mailing list reaches more.", count=EMAIL_COUNT))
        if len({address.lower() for address in value}) != len(value):
            raise ValueError(message("Give each address once."))
        invalid = [address for address in value if not EMAIL.fullmatch(address)]
        if invalid:
            raise ValueError(
                message("{text} is no e-mail address; write it as name@example.org.", text=repr(invalid[0][:80]))
            )
        return value

    @field_validator("district_ids")
    @classmethod
    def _district_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > DISTRICT_ID_COUNT or len(set(value)) != len(value):
            raise ValueError(message("Give at most {count} ids, each once.", count=DISTRICT_ID_COUNT))
        invalid = [district_id for district_id in value if not DISTRICT_ID.fullmatch(district_id)]
        if invalid:
            raise ValueError(
                message(
                    "{text} is no id: use 1 to 64 letters, digits and signs of . _ : -.", text=repr(invalid[0][:80])
                )
            )
        return value

    @field_validator("retention_days")
    @classmethod
    def _retention(cls, value: int) -> int:
        if value not in LOG_RETENTION_DAYS:
            raise ValueError(
                message(
                    "CloudWatch Logs keeps for {days} days; use one of these.",
                    days=", ".join(map(str, LOG_RETENTION_DAYS)),
                )
            )
        return value

    @field_validator("tags")
    @classmethod
    def _tags(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if len(value) > TAG_COUNT:
            raise ValueError(message("Give at most {count} tags.", count=TAG_COUNT))
        if len({key.lower() for key in value}) != len(value):
            raise ValueError(message("Two tags differ in case alone; AWS takes them for one. Give each key once."))
        for key, text in value.items():
            # IAM takes keys that differ in case for the same (IAM, "Rules for tagging").
            if key.lower() in TAG_KEYS_OF_OURS or key.lower().startswith("aws:"):
                raise ValueError(
                    message("The tag {key} is set by Homeroom or AWS; choose another key.", key=repr(key[:40]))
                )
            if (
                not 1 <= len(key) <= 128
                or len(text) > 256
                or not TAG_TEXT.fullmatch(key)
                or not TAG_TEXT.fullmatch(text)
            ):
                raise ValueError(
                    message(
                        "The tag {key} has a length or a character that AWS refuses; use letters, digits, spaces and "
                        "+ - = . _ : / @.",
                        key=repr(key[:40]),
                    )
                )
        return value

    @model_validator(mode="after")
    def _consistent(self) -> DistrictSpec:
        for check in (
            self._check_suffix,
            self._check_zones,
            self._check_instances,
            self._check_tls,
            self._check_account,
            self._check_images,
            self._check_cache,
            self._check_sign_in,
        ):
            check()
        return self

    def _check_suffix(self) -> None:
        if naming.is_slug(self.slug) and self.suffix != naming.suffix_for(self.slug, self.environment):
            raise FieldError(
                "suffix",
                message("It has to be {suffix_for}.", suffix_for=naming.suffix_for(self.slug, self.environment)),
            )

    def _check_zones(self) -> None:
        offered = ZONES_IN.get(self.region, 3)
        if self.zones > offered:
            raise FieldError(
                "zones",
                message(
                    "{region} offers {offered} zones to every account; use {offered2}.",
                    region=self.region,
                    offered=offered,
                    offered2=offered,
                ),
            )

    def _check_instances(self) -> None:
        if self.environment is Environment.PRODUCTION and self.database_instances == 1:
            raise FieldError(
                "database_instances",
                message(
                    "A production database survives the loss of a zone by its second instance: use 2, or leave this "
                    "out."
                ),
            )

    def _check_tls(self) -> None:
        if (self.hosted_zone_id is None) != (self.domain_name is None):
            missing = "hosted_zone_id" if self.hosted_zone_id is None else "domain_name"
            raise FieldError(missing, message("Give the hosted zone and the domain name together, or neither."))
        if self.environment is not Environment.SANDBOX and not self.serves_tls:
            raise FieldError(
                "certificate_arn",
                message(
                    "A {environment} environment serves over TLS only: give the ARN of an ACM certificate, or a hosted "
                    "zone and a domain name.",
                    environment=self.environment,
                ),
            )
        if self.certificate_arn is not None:
            region, account = self.certificate_arn.split(":")[3:5]
            if (region, account) != (self.region, self.account_id):
                raise FieldError(
                    "certificate_arn",
                    message(
                        "A load balancer takes a certificate of its own region and account: {region}, {account_id}.",
                        region=self.region,
                        account_id=self.account_id,
                    ),
                )

    def _check_account(self) -> None:
        for name in ("role_arn", "permissions_boundary_arn"):
            arn = getattr(self, name)
            if arn is not None and arn.split(":")[4] != self.account_id:
                raise FieldError(
                    name, message("It has to be in the district's account, {account_id}.", account_id=self.account_id)
                )
        if self.external_id is not None and self.role_arn is None:
            raise FieldError("external_id", message("An external id goes with a role; give its ARN or leave this out."))

    def _check_images(self) -> None:
        if self.environment is Environment.PRODUCTION:
            for name in ("api", "worker"):
                if getattr(self.images, name) is None:
                    raise FieldError(
                        f"images.{name}",
                        message(
                            "Production runs images by their digest only: build and push the image, then name it as "
                            "repository@sha256:<64 hexadecimal digits>."
                        ),
                    )

    def _check_cache(self) -> None:
        versions = CACHE_VERSIONS[self.cache_engine]
        if self.engine_versions.cache is not None and self.engine_versions.cache not in versions:
            raise FieldError(
                "engine_versions.cache",
                message(
                    "For {cache_engine} use {known}.",
                    cache_engine=self.cache_engine,
                    known=listed(versions, between=" or "),
                ),
            )

    def _check_sign_in(self) -> None:
        sign_in = self.sign_in
        if sign_in.issuer is None:
            for name in ("audience", "keys", "client_id"):
                if getattr(sign_in, name) is not None:
                    raise FieldError(
                        f"sign_in.{name}", message("It goes with an issuer; give its address or leave this out.")
                    )
            return
        if not sign_in.is_encrypted and not (sign_in.is_here and self.environment is Environment.SANDBOX):
            raise FieldError(
                "sign_in.issuer", message("The issuer is asked over TLS only: its address begins with https.")
            )
        if sign_in.keys is None and (self.environment is Environment.PRODUCTION or self.egress is Egress.NONE):
            raise FieldError(
                "sign_in.keys",
                message(
                    "This stack's API has no internet egress to reach the issuer: give its public keys, as its "
                    "jwks_uri answers them."
                ),
            )

    @property
    def serves_tls(self) -> bool:
        """Return whether the load balancer has a certificate, given or made in the hosted zone."""
        return self.certificate_arn is not None or self.domain_name is not None

    @property
    def postgres_version(self) -> str:
        """The version of Aurora PostgreSQL to begin with."""
        return self.engine_versions.postgres or POSTGRES_FIRST

    @property
    def cache_version(self) -> str:
        """The cache engine's version."""
        return self.engine_versions.cache or CACHE_VERSIONS[self.cache_engine][-1]

    def subnets(self) -> tuple[IPv4Network, ...]:
        """Return the network cut into sixteen equal blocks: public 0-2, application 4-6, data 8-10."""
        return tuple(self.cidr.subnets(prefixlen_diff=4))


def parse_spec(data: object) -> DistrictSpec:
    """Return the specification that plain JSON data holds, of this or an older version.

    Raises SpecError with all problems found.
    """
    try:
        return DistrictSpec.model_validate(upgraded(data))
    except ValidationError as error:
        raise SpecError(problems_in(error)) from None
