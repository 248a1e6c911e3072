"""What to do about errors of AWS and Terraform whose text we know; the others are shown as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Hint:
    """A known error: how its text is recognized, its code, what it means, and the way out."""

    pattern: re.Pattern[str]
    code: str
    summary: str
    remedy: str


def _hint(pattern: str, code: str, summary: str, remedy: str) -> Hint:
    return Hint(re.compile(pattern, re.IGNORECASE), code, summary, remedy)


HINTS = (
    _hint(
        r"connection refused|no such host|dial tcp|i/o timeout",
        "aws_unreachable",
        "AWS did not answer.",
        "Check that the worker reaches the AWS endpoint (in the sandbox: that it runs), then retry the run.",
    ),
    _hint(
        r"ExpiredToken|security token .* expired",
        "credentials_expired",
        "The AWS credentials have expired.",
        "Renew the worker's credentials, then retry the run.",
    ),
    _hint(
        r"InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|No valid credential sources",
        "credentials_invalid",
        "AWS does not accept the worker's credentials.",
        "Correct the worker's AWS credentials, then retry the run.",
    ),
    _hint(
        r"AccessDenied|UnauthorizedOperation|not authorized to perform",
        "access_denied",
        "The deploy role may not do this.",
        "Grant the action that the details name to the deploy role, then retry the run.",
    ),
    _hint(
        r"LimitExceeded|QuotaExceeded|VpcLimitExceeded|AddressLimitExceeded",
        "quota_reached",
        "A quota of the AWS account is reached.",
        "Raise the quota that the details name in Service Quotas, or remove what is no longer needed; then retry.",
    ),
    _hint(
        r"Throttling|TooManyRequests|RequestLimitExceeded|Rate exceeded",
        "throttled",
        "AWS asked us to slow down.",
        "Wait some minutes, then retry the run: it goes on from what exists.",
    ),
    _hint(
        r"Error acquiring the state lock|state lock",
        "state_locked",
        "Another Terraform holds the lock of this district's state.",
        "Wait until it has ended. If its process is gone for certain, remove the lock file from the state bucket and "
        "retry the run.",
    ),
    _hint(
        r"AlreadyExists|already exists|EntityAlreadyExists|BucketAlreadyOwnedByYou",
        "name_taken",
        "Something of this name exists in AWS and is not in the district's state.",
        "Find out whose it is; import it into the state or remove it, then retry the run.",
    ),
    _hint(
        r"NotImplementedInSandbox",
        "sandbox_gap",
        "The embedded AWS has no such action.",
        "The details name the action; it has to be added to the sandbox.",
    ),
    _hint(
        r"Failed to query available provider packages|could not connect to registry|Failed to install provider",
        "provider_unavailable",
        "Terraform could not get the AWS provider.",
        "Check the network, or install a provider mirror (`make doctor` says where it is looked for); then retry.",
    ),
)


def hint_for(text: str) -> Hint | None:
    """Return the first hint whose pattern the text of an error matches."""
    return next((hint for hint in HINTS if hint.pattern.search(text)), None)
