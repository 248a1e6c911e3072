"""What every module of the stack is given: the specification, its sizes, and the names made of its suffix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from infra import naming
from infra.sizes import SIZES, Sizing, database_instances
from infra.spec import DistrictSpec, Egress, Environment
from infra.text import tag_value

ROLE_PATH = "/homeroom/"
"""The path of every role that a district has: what may make or pass them is told by it, and by no other role's name."""
INTERFACE_USES = (
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "UnassignPrivateIpAddresses",
)
"""What Lambda does with a function's interfaces, on all of the account's resources: named more narrowly, the function
may not reach its network (Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC")."""


@dataclass(frozen=True)
class Frame:
    """One district's specification with what follows from it."""

    spec: DistrictSpec

    @property
    def sizing(self) -> Sizing:
        """The row of the sizes' table."""
        return SIZES[self.spec.size]

    @property
    def is_sandbox(self) -> bool:
        """Return whether cost goes before availability."""
        return self.spec.environment is Environment.SANDBOX

    @property
    def is_production(self) -> bool:
        """Return whether every zone has its own of everything."""
        return self.spec.environment is Environment.PRODUCTION

    @property
    def uses_endpoints(self) -> bool:
        """Return whether AWS is reached by interface endpoints: in production, and where there is no other way."""
        return self.is_production or self.spec.egress is Egress.NONE

    @property
    def nat_gateways(self) -> int:
        """One per zone, and one in a sandbox; none where endpoints are the way, since no rule would reach it."""
        return 0 if self.uses_endpoints else 1 if self.is_sandbox else self.spec.zones

    @property
    def acu_min(self) -> float:
        """The least that Aurora keeps, in ACU; a sandbox pauses when idle."""
        return 0 if self.is_sandbox else self.sizing.acu_min

    @property
    def database_instances(self) -> int:
        """How many instances Aurora has, the writer among them."""
        return database_instances(self.spec.environment, self.spec.database_instances)

    @property
    def pins_postgres(self) -> bool:
        """Return whether the specification keeps Aurora at a version."""
        return self.spec.engine_versions.postgres is not None

    @property
    def pins_cache(self) -> bool:
        """Return whether the specification keeps the cache at a version."""
        return self.spec.engine_versions.cache is not None

    def role_arn(self, kind: str) -> str:
        """Return the ARN of a role of ours, known before the role exists."""
        return f"arn:aws:iam::{self.spec.account_id}:role{ROLE_PATH}{self.name(kind, limit='iam_role')}"

    def name(self, kind: str, *, limit: str = "default") -> str:
        """Return ``<kind>-<suffix>``."""
        return naming.name(kind, self.spec.suffix, limit=limit)

    def tagged(self, kind: str) -> dict[str, str]:
        """Return the Name tag of what AWS gives no name."""
        return {"Name": self.name(kind)}

    def log_group(self, path: str) -> str:
        """Return the name of one of our log groups."""
        return f"/homeroom/{path}-{self.spec.suffix}"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something in the district's own account and region."""
        return f"arn:aws:{service}:{self.spec.region}:{self.spec.account_id}:{resource}"

    @property
    def default_tags(self) -> dict[str, str]:
        """The tags of every resource that can have any."""
        return {
            **dict(self.spec.tags),
            "District": tag_value(self.spec.district_name) or self.spec.slug,
            "Suffix": self.spec.suffix,
            "Environment": self.spec.environment.value,
            "ManagedBy": "homeroom",
        }


def only_account(account_id: str) -> dict[str, Any]:
    """Return the condition that an AWS service acts for this account only (IAM, "confused deputy")."""
    return {"StringEquals": {"aws:SourceAccount": account_id}}


def policy(*statements: dict[str, Any]) -> str:
    """Return an IAM policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(sid: str, actions: list[str], resources: list[str], **more: Any) -> dict[str, Any]:
    """Return an Allow statement."""
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources, **more}


SOURCELESS = frozenset({"backup.amazonaws.com", "cloudtrail.amazonaws.com", "lambda.amazonaws.com"})
"""Services of which no document says that they tell on whose behalf they assume a role. A role that asks for it is
refused to CloudTrail (prowler-cloud/prowler, issue 4714). It is no other account's deputy all the same: nobody passes a
role to a service in another account (IAM User Guide, "Grant a user permissions to pass a role to an AWS service")."""


def trust(service: str, account_id: str) -> str:
    """Return who may assume a role: one AWS service, for this account where it says so (IAM, "confused deputy")."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": ["sts:AssumeRole"]}
    condition = {} if service in SOURCELESS else {"Condition": only_account(account_id)}
    return policy({**statement, **condition})


def tls_only(bucket_arn: str) -> dict[str, Any]:
    """Return the statement that refuses a bucket's data over plain HTTP."""
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
