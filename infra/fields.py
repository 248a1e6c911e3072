"""What a person gives of a district, a row a field: type, default, limits, hint, who may change it, at what loss.

Forms, the file of a bulk registration, the settings page, the API's requests and answers and the specification's schema
are made of these rows. The district's columns, the registration and the specification name each field themselves and
take limits and defaults from here (docs/decisions/0010); a test holds them against the rows. Rules that look at a
value's own form, or at more than one, stand where they are checked: in `infra.spec` and `registry.districts.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from infra.naming import SLUG_LENGTH


class Kind(Enum):
    """How a value is typed and stored."""

    TEXT = auto()
    LONG_TEXT = auto()
    EMAIL = auto()
    CHOICE = auto()
    WHOLE = auto()
    """A whole number within limits."""
    WHOLE_CHOICE = auto()
    SWITCH = auto()
    LINES = auto()
    """A list, one entry a line."""
    TAGS = auto()
    """Keys and values, one pair a line."""


class Empty(Enum):
    """What the specification has where nothing is given."""

    AS_IT_IS = auto()
    NULL = auto()
    LEFT_OUT = auto()


class OnData(Enum):
    """What a change does to the data that the district holds."""

    KEEPS = auto()
    DELETES_OLDER = auto()
    """A smaller number deletes what is older."""
    REPLACES = auto()
    """AWS could only make what holds the data anew, so that nobody may change it."""


OPERATOR = "Operator"
"""The role that changes settings; in production a second person approves the run (`registry.accounts.roles`)."""


@dataclass(frozen=True, kw_only=True)
class DistrictField:
    """One field, by the name that the district, the forms and the columns of a file have for it."""

    name: str
    group: str
    kind: Kind = Kind.TEXT
    label: str
    hint: str = ""
    question_hint: str = ""
    """The registration's own hint, where there is more to say."""
    is_required: bool = False
    is_required_in_production: bool = False
    default: Any = ""
    longest: int | None = None
    """Characters."""
    least: int | None = None
    most: int | None = None
    """Of a number; of lines and tags how many."""
    choices: tuple[Any, ...] = ()
    is_asked: bool = True
    """Whether the registration asks for it."""
    spec: tuple[str, ...] = ()
    """Where the specification has it; nowhere for what says nothing about the stack."""
    empty: Empty = Empty.AS_IT_IS
    changed_by: str = ""
    """The role that may change it later; nobody may where it is empty."""
    on_data: OnData = OnData.KEEPS


DISTRICT, CONTACT, STACK, NETWORK, RESULTS, RECORDS, GOVERNANCE = (
    *("District", "Names and contact", "Stack", "Network"),
    *("Results", "Records", "Governance"),
)
"""The first group is what has to be looked at; all others have defaults that fit most districts."""

ROWS: tuple[DistrictField, ...] = (
    DistrictField(
        name="name",
        group=DISTRICT,
        label="District's name",
        hint="As people know it, such as Lakeside Unified. Can't be changed later.",
        is_required=True,
        longest=120,
        spec=("district_name",),
    ),
    DistrictField(
        name="state_code",
        group=DISTRICT,
        kind=Kind.CHOICE,
        label="State",
        hint="Where the district is. Its time zone comes from it.",
        longest=2,
    ),
    DistrictField(name="nces_id", group=CONTACT, label="NCES id", hint="7 digits, such as 3904380.", longest=7),
    DistrictField(
        name="contact_name",
        group=CONTACT,
        label="Technical contact",
        hint="Whom to ask at the district.",
        longest=120,
    ),
    DistrictField(
        name="contact_email",
        group=CONTACT,
        kind=Kind.EMAIL,
        label="Contact's e-mail",
        hint="Homeroom sends nothing there by itself.",
        longest=254,
    ),
    DistrictField(
        name="time_zone",
        group=CONTACT,
        kind=Kind.CHOICE,
        label="Time zone",
        hint="The district's own.",
        question_hint="Maintenance windows, freezes and last days go by it. Empty: that of the state.",
        longest=64,
    ),
    DistrictField(
        name="slug",
        group=CONTACT,
        label="Slug",
        hint="Part of every name in AWS. Made from the district's name unless you enter one. Can't be changed later.",
        longest=SLUG_LENGTH,
        spec=("slug",),
        on_data=OnData.REPLACES,
    ),
    DistrictField(
        name="environment",
        group=DISTRICT,
        kind=Kind.CHOICE,
        label="Environment",
        hint="In production a second person approves. Can't be changed later.",
        is_required=True,
        default="sandbox",
        longest=16,
        choices=("sandbox", "staging", "production"),
        spec=("environment",),
        on_data=OnData.REPLACES,
    ),
    DistrictField(
        name="region",
        group=STACK,
        kind=Kind.CHOICE,
        label="Region",
        hint="Where the district's resources are. Can't be changed later.",
        is_required=True,
        default="us-east-1",
        longest=32,
        choices=("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
        spec=("region",),
        on_data=OnData.REPLACES,
    ),
    DistrictField(
        name="size",
        group=STACK,
        kind=Kind.CHOICE,
        label="Size",
        hint="By the students enrolled. It can be changed later without losing data.",
        is_required=True,
        default="S",
        longest=1,
        choices=("S", "M", "L"),
        spec=("size",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="database_instances",
        group=STACK,
        kind=Kind.WHOLE_CHOICE,
        label="Database instances",
        hint="A second one, in another zone, takes over when the first one is lost.",
        default=None,
        choices=(1, 2),
        spec=("database_instances",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="zones",
        group=STACK,
        kind=Kind.WHOLE_CHOICE,
        label="Availability zones",
        hint="Three survive the loss of one with less left over; each costs a NAT gateway.",
        is_required=True,
        default=2,
        choices=(2, 3),
        spec=("zones",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="image",
        group=STACK,
        label="Processor image",
        hint="By its digest: repository@sha256:…",
        question_hint=(
            "By its digest: repository@sha256:… Required in production; elsewhere a placeholder stands in for it."
        ),
        is_required_in_production=True,
        longest=512,
        spec=("images.api", "images.worker"),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="postgres_version",
        group=STACK,
        label="PostgreSQL version",
        hint="Such as 16.6; the stack's own where it is empty. AWS goes to no older version.",
        longest=16,
        is_asked=False,
        spec=("engine_versions.postgres",),
        empty=Empty.LEFT_OUT,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="cache_version",
        group=STACK,
        label="Cache version",
        hint="The newest known where it is empty.",
        longest=16,
        is_asked=False,
        spec=("engine_versions.cache",),
        empty=Empty.LEFT_OUT,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="cidr",
        group=NETWORK,
        label="Network",
        hint="Such as 10.0.4.0/22. The next free one unless you give one.",
        spec=("cidr",),
        on_data=OnData.REPLACES,
    ),
    DistrictField(
        name="egress",
        group=NETWORK,
        kind=Kind.CHOICE,
        label="Internet egress",
        hint="Whether the district's tasks can reach the internet. Nothing reaches them from there.",
        is_required=True,
        default="nat",
        longest=8,
        choices=("nat", "none"),
        spec=("egress",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="allowed_client_cidrs",
        group=NETWORK,
        kind=Kind.LINES,
        label="Allowed client networks",
        hint="One per line; 0.0.0.0/0 admits everybody.",
        question_hint="Networks that may reach the service, one per line; 0.0.0.0/0 admits everybody.",
        is_required=True,
        default=("0.0.0.0/0",),
        # A security group has at most 60 rules in (Amazon VPC quotas), and each network takes two.
        most=25,
        spec=("allowed_client_cidrs",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="certificate_arn",
        group=NETWORK,
        label="Certificate ARN",
        hint="Its ARN in Certificate Manager.",
        question_hint=(
            "Of a certificate in Certificate Manager, in the district's region. Staging and production need it, or a "
            "hosted zone and a domain name."
        ),
        longest=255,
        spec=("certificate_arn",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="hosted_zone_id",
        group=NETWORK,
        label="Hosted zone",
        hint="In place of a certificate.",
        question_hint="Its id in Route 53, in place of a certificate.",
        longest=32,
        spec=("hosted_zone_id",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="domain_name",
        group=NETWORK,
        label="Domain name",
        hint="In the hosted zone.",
        question_hint="Such as lakeside.results.example.org, in the hosted zone; the certificate is made for it.",
        longest=253,
        spec=("domain_name",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="oidc_issuer",
        group=RESULTS,
        label="OIDC issuer URL",
        hint="Without one nobody is let in.",
        question_hint=(
            "The district's OpenID Connect provider, such as https://login.example.org. Without one nobody is let "
            "into the analytics."
        ),
        longest=255,
        spec=("sign_in.issuer",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="oidc_audience",
        group=RESULTS,
        label="OIDC audience",
        hint="The suffix where it is empty.",
        question_hint="What its tokens name as their audience; the district's suffix where it is empty.",
        longest=200,
        spec=("sign_in.audience",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="oidc_keys",
        group=RESULTS,
        kind=Kind.LONG_TEXT,
        label="OIDC public keys",
        hint="What its jwks_uri answers, where the API has no internet egress to fetch it.",
        question_hint=(
            "What its jwks_uri answers. Needed in production and without internet egress: the API cannot fetch them."
        ),
        longest=24_576,
        spec=("sign_in.keys",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="oidc_client_id",
        group=RESULTS,
        label="OIDC client id",
        hint="The data office as a single-page application of the provider. Without one its people paste tokens.",
        question_hint=(
            "The data office as a single-page application of the provider (public client, PKCE); its redirect URI is "
            "/sign-in/callback at the district's address. Without one its people paste tokens."
        ),
        longest=200,
        spec=("sign_in.client_id",),
        empty=Empty.NULL,
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="district_ids",
        group=RESULTS,
        kind=Kind.LINES,
        label="Ids in result files",
        hint="One per line; rows that name another are refused.",
        question_hint="The district's own, one per line: rows that name another are refused. Empty refuses none.",
        default=(),
        most=10,
        spec=("district_ids",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="retention_days",
        group=RECORDS,
        kind=Kind.WHOLE_CHOICE,
        label="Log retention, days",
        hint="The values that CloudWatch Logs allows. A lower value deletes older logs.",
        is_required=True,
        default=365,
        # What CloudWatch Logs accepts (PutRetentionPolicy).
        choices=(
            *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
            *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
        ),
        is_asked=False,
        spec=("retention_days",),
        changed_by=OPERATOR,
        on_data=OnData.DELETES_OLDER,
    ),
    DistrictField(
        name="backup_days",
        group=RECORDS,
        kind=Kind.WHOLE,
        label="Backup retention, days",
        hint="1 to 35. A lower value deletes older backups.",
        is_required=True,
        default=7,
        least=1,
        most=35,
        is_asked=False,
        spec=("backup_days",),
        changed_by=OPERATOR,
        on_data=OnData.DELETES_OLDER,
    ),
    DistrictField(
        name="final_snapshot",
        group=RECORDS,
        kind=Kind.SWITCH,
        label="Final snapshot",
        hint="Keep a snapshot of the database at the teardown.",
        default=False,
        is_asked=False,
        spec=("final_snapshot",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="account_id",
        group=DISTRICT,
        kind=Kind.CHOICE,
        label="AWS account",
        hint="Where the district is placed. Can't be changed later.",
        is_required=True,
        longest=12,
        spec=("account_id",),
        on_data=OnData.REPLACES,
    ),
    DistrictField(
        name="monthly_budget_usd",
        group=GOVERNANCE,
        kind=Kind.WHOLE,
        label="Monthly budget (USD)",
        hint="AWS warns the alarm addresses before it is used up; nothing is switched off.",
        is_required=True,
        default=500,
        least=1,
        most=1_000_000,
        spec=("monthly_budget_usd",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="alarm_emails",
        group=GOVERNANCE,
        kind=Kind.LINES,
        label="Alarm e-mail addresses",
        hint="One per line; AWS asks each to confirm.",
        question_hint="E-mail addresses, one per line; AWS asks each to confirm.",
        default=(),
        # AWS Budgets tells at most 10 addresses per notification (CreateNotification).
        most=10,
        spec=("alarm_emails",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="tags",
        group=GOVERNANCE,
        kind=Kind.TAGS,
        label="Tags",
        hint="One per line: key=value.",
        question_hint="On every resource, one per line: key=value. Cost reports group by them.",
        default=None,
        most=20,
        spec=("tags",),
        changed_by=OPERATOR,
    ),
    DistrictField(
        name="note",
        group=CONTACT,
        kind=Kind.LONG_TEXT,
        label="Note",
        hint="A note for other operators, shown on the district's page.",
    ),
)
"""In the order of groups and forms."""

FIELDS: dict[str, DistrictField] = {row.name: row for row in ROWS}
ASKED = tuple(row for row in ROWS if row.is_asked)
"""What somebody who registers a district may give."""
CHANGEABLE = tuple(row for row in ROWS if row.changed_by)
"""What of a district may change after its registration."""


def default(name: str) -> Any:
    """Return what a field has where nothing is given."""
    return FIELDS[name].default


def longest(name: str) -> int:
    """Return how many characters a field takes; raises ValueError for one without such a limit."""
    limit = FIELDS[name].longest
    if limit is None:
        raise ValueError(f"{name} has no greatest length.")
    return limit


def most(name: str) -> int:
    """Return the greatest number, or number of entries, that a field takes; raises ValueError where it has none."""
    limit = FIELDS[name].most
    if limit is None:
        raise ValueError(f"{name} has no greatest value.")
    return limit
