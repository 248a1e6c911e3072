"""The specification of what all districts of one AWS account share: frozen, JSON in, each wrong field named.

Never looks at AWS or at the portal.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from infra.spec import ACCOUNT_ID, EXTERNAL_ID, REGION, ROLE, SpecError, problems_in

PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]{1,512}", re.ASCII)
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
EXTERNAL_ID_LEAST = 8
"""Shorter ones can be guessed; STS itself takes two characters."""


class PlatformSpec(BaseModel):
    """One account's shared resources: state bucket (in the portal's own account), repository, deploy role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec_version: Literal[1] = 1
    account_id: str
    region: str = "us-east-1"
    external_id: str
    portal_principal_arns: Annotated[tuple[str, ...], Field(min_length=1, max_length=5)]
    state_bucket: str | None = None
    guardduty: bool = False
    admin_role_arn: str | None = None

    @field_validator("account_id")
    @classmethod
    def _account(cls, value: str) -> str:
        if not ACCOUNT_ID.fullmatch(value):
            raise ValueError("An AWS account id has 12 digits.")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not REGION.fullmatch(value):
            raise ValueError("Give an AWS region, such as us-east-1.")
        return value

    @field_validator("external_id")
    @classmethod
    def _external(cls, value: str) -> str:
        if len(value) < EXTERNAL_ID_LEAST or not EXTERNAL_ID.fullmatch(value):
            raise ValueError(
                f"An external id has {EXTERNAL_ID_LEAST} to 1224 letters, digits and signs of + = , . @ : / - _; make "
                "it at random."
            )
        return value

    @field_validator("portal_principal_arns")
    @classmethod
    def _principals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [arn for arn in value if not PRINCIPAL.fullmatch(arn)]
        if wrong:
            raise ValueError(f"{wrong[0][:80]} is no ARN of an IAM role or user.")
        return value

    @field_validator("state_bucket")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        if value is not None and not BUCKET.fullmatch(value):
            raise ValueError("A bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots.")
        return value

    @field_validator("admin_role_arn")
    @classmethod
    def _admin(cls, value: str | None) -> str | None:
        if value is not None and not ROLE.fullmatch(value):
            raise ValueError("Give the ARN of an IAM role: arn:aws:iam::<account>:role/<name>.")
        return value


def parse_platform_spec(data: object) -> PlatformSpec:
    """Return the specification that plain JSON data holds; raises SpecError with all problems found."""
    try:
        return PlatformSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(problems_in(error)) from None
