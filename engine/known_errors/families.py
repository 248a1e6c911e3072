"""Whole families of errors, for those that no entry of a service knows better."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import Rank, known

KNOWN = (
    known(
        "quota_reached",
        r"(?<!Request)LimitExceeded|QuotaExceeded|TooManyLoadBalancers",
        summary="A quota of the AWS account is reached.",
        remedy="Raise the quota named in the details in Service Quotas, or remove what is no longer needed; then "
        "retry.",
        origin=origins.EC2,
        example="api error VcpuLimitExceeded: You have requested more vCPU capacity",
        rank=Rank.GENERAL,
    ),
    known(
        "name_taken",
        r"AlreadyExists|already exists|EntityAlreadyExists|BucketAlreadyOwnedByYou",
        summary="Something of this name exists in AWS and is not in the district's state.",
        remedy="Find out whose it is; import it into the state or remove it, then retry the run.",
        origin=origins.api("iam", "CreateRole", "EntityAlreadyExists"),
        example="Error: creating ECR Repository: RepositoryAlreadyExistsException: The repository with name 'app' "
        "already exists in the registry",
        rank=Rank.GENERAL,
    ),
)
