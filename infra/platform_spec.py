"""The specification of what all districts of one AWS account share: frozen, JSON in, each wrong field named.

Never looks at AWS or at the portal.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator, model_validator

from infra.spec import SpecError
from infra.spec_errors import FieldError, problems_in
from infra.spec_values import EXTERNAL_ID, HOSTED_ZONE, AccountId, Region, RoleArn, Switch, whole
from messages.message import message

PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]{1,512}", re.ASCII)
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ZONE_COUNT = 3
"""More would not fit into the deploy role's policy (IAM: 6,144 characters)."""
NUMBERS = re.compile(r"[0-9.]+")
PRINCIPAL_COUNT = 5
PLATFORM_VERSION: Final[Literal[1]] = 1
EXTERNAL_ID_LEAST = 8
"""Shorter ones can be guessed; STS itself takes two characters."""


class PlatformSpec(BaseModel):
    """One account's shared resources: repository, deploy role, trail; in the portal's own account, its buckets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec_version: Annotated[Literal[1], BeforeValidator(whole)] = PLATFORM_VERSION
    account_id: AccountId
    region: Region = "us-east-1"
    external_id: str
    portal_principal_arns: tuple[str, ...]
    state_bucket: str | None = None
    evidence_bucket: str | None = None
    """Made with S3 Object Lock for the audit record and its anchors; beside a state bucket, in the portal's account."""
    guardduty: Switch = False
    management_trail: Switch = True
    """False where a trail of the organization records this account and its auditors read that one."""
    admin_role_arn: RoleArn | None = None
    hosted_zone_ids: tuple[str, ...] = ()

    @field_validator("external_id")
    @classmethod
    def _external(cls, value: str) -> str:
        if len(value) < EXTERNAL_ID_LEAST or not EXTERNAL_ID.fullmatch(value):
            raise ValueError(
                message(
                    "An external id has {least} to 1224 letters, digits and signs of + = , . @ : / - _; make it at "
                    "random.",
                    least=EXTERNAL_ID_LEAST,
                )
            )
        return value

    @field_validator("portal_principal_arns")
    @classmethod
    def _principals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        invalid = [arn for arn in value if not PRINCIPAL.fullmatch(arn)]
        if invalid:
            raise ValueError(
                message(
                    "{text} is no ARN of an IAM role or user; write it as arn:aws:iam::<account>:role/<name>.",
                    text=repr(invalid[0][:80]),
                )
            )
        if not 1 <= len(value) <= PRINCIPAL_COUNT or len(set(value)) != len(value):
            raise ValueError(message("Give 1 to {count} principals, each of them once.", count=PRINCIPAL_COUNT))
        return value

    @field_validator("state_bucket", "evidence_bucket")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        if value is not None and (not BUCKET.fullmatch(value) or ".." in value or NUMBERS.fullmatch(value)):
            raise ValueError(
                message(
                    "A bucket's name has 3 to 63 lower-case letters, digits, hyphens and single dots, and is no IP "
                    "address."
                )
            )
        return value

    @field_validator("hosted_zone_ids")
    @classmethod
    def _zones(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        invalid = [zone for zone in value if not HOSTED_ZONE.fullmatch(zone)]
        if invalid:
            raise ValueError(
                message(
                    "{text} is no id of a Route 53 hosted zone, such as Z0123456789ABC.", text=repr(invalid[0][:40])
                )
            )
        if len(value) > ZONE_COUNT or len(set(value)) != len(value):
            raise ValueError(message("Give at most {count} zones, each of them once.", count=ZONE_COUNT))
        return value

    @model_validator(mode="after")
    def _consistent(self) -> PlatformSpec:
        if self.admin_role_arn is not None and self.admin_role_arn.split(":")[4] != self.account_id:
            raise FieldError(
                "admin_role_arn",
                message("It has to be in this account, {account_id}.", account_id=self.account_id),
            )
        if self.evidence_bucket is not None and self.evidence_bucket == self.state_bucket:
            raise FieldError(
                "evidence_bucket",
                message("Evidence and states are kept apart from each other: name another."),
            )
        if self.evidence_bucket is not None and self.state_bucket is None:
            raise FieldError(
                "evidence_bucket", message("It belongs to the portal's own account, which has a state_bucket.")
            )
        return self


def parse_platform_spec(data: object) -> PlatformSpec:
    """Return the specification that plain JSON data holds; raises SpecError with all problems found."""
    try:
        return PlatformSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(problems_in(error, newest_version=PLATFORM_VERSION)) from None
