"""STS: a role is assumed only where it exists and its trust policy's external id is given; moto asks for neither.

``OrganizationAccountAccessRole``, which AWS Organizations makes in every member account, is there in every account.
Source: STS API Reference, AssumeRole; IAM User Guide, "Access to AWS accounts owned by third parties".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from sandbox.gaps.extension import wrap

MEMBER_ROLE = "OrganizationAccountAccessRole"


def fill() -> None:
    """Look at the role before its credentials are made."""
    from moto.sts.responses import TokenResponse

    wrap(TokenResponse, "assume_role", _assume_role)


def _assume_role(original: Any, response: Any) -> Any:
    arn = str(response._get_param("RoleArn"))
    if arn.rpartition("/")[2] != MEMBER_ROLE and not _trusts(arn, response._get_param("ExternalId")):
        from moto.sts.exceptions import STSClientError

        raise STSClientError("AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}")
    return original(response)


def _trusts(arn: str, external_id: str | None) -> bool:
    """Say whether the role exists and admits the external id that was given, or asks for none."""
    from moto.iam.models import iam_backends

    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    role = next((one for one in iam_backends[account]["aws"].roles.values() if one.name == name), None)
    if role is None:
        return False
    statements = json.loads(unquote(role.assume_role_policy_document or "{}")).get("Statement", [])
    wanted = [
        part["Condition"]["StringEquals"]["sts:ExternalId"]
        for part in (statements if isinstance(statements, list) else [statements])
        if "sts:ExternalId" in part.get("Condition", {}).get("StringEquals", {})
    ]
    return not wanted or external_id in wanted
