"""Keeps a plan with the workspace it was made in, in the state bucket: whoever applies it may be on another host.

Each lies by its own digest, so that a worker which was paused before it stored one, and wakes when another has the run,
takes no other plan's place. A plan may hold secrets in the clear (Terraform, "Plan: sensitive data"); the bucket is
encrypted and closed.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError

from engine.aws.clients import answering, client, error_code
from engine.errors import PlanExchangedError, PlanStaleError
from engine.settings import EngineSettings
from engine.state.lock import MISSING
from engine.state.store import delete_version, delete_versions_below
from engine.terraform.command import PLAN_FILE
from messages.message import message

KEPT = (PLAN_FILE, ".terraform.lock.hcl")
KEPT_SUFFIXES = {".json", ".tf", ".zip"}


def plan_key(suffix: str, run_number: int, sha256: str) -> str:
    """Return the object's key of a run's plan that has this digest."""
    return f"{plan_keys(suffix, run_number)}{sha256}.zip"


def plan_keys(suffix: str, run_number: int) -> str:
    """Return how the keys of all plans begin that were made by a run."""
    return f"districts/{suffix}/runs/{run_number}/plan-"


def packed_plan(workspace: Path) -> bytes:
    """Return the plan and what belongs to it as one archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(workspace.iterdir()):
            if path.is_file() and (path.name in KEPT or path.suffix in KEPT_SUFFIXES):
                archive.write(path, path.name)
    return packed.getvalue()


def plan_sha256(packed: bytes) -> str:
    """Return the digest, which is kept apart from the bucket: nobody exchanges a plan between approval and apply."""
    return hashlib.sha256(packed).hexdigest()


def store_plan(settings: EngineSettings, key: str, packed: bytes) -> str:
    """Store a packed plan, and return the version of it in the bucket; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("store the plan")):
        answer = s3.put_object(Bucket=settings.state_bucket, Key=key, Body=packed)
    return str(answer.get("VersionId") or "")


def take_back_plan(settings: EngineSettings, key: str, version: str) -> None:
    """Delete this one version of a stored plan, and none that another worker has stored; raises AwsUnavailableError."""
    with answering(message("delete the plan")):
        delete_version(settings, key, version)


def fetch_plan(settings: EngineSettings, key: str, workspace: Path, *, sha256: str) -> None:
    """Unpack a stored plan into an empty workspace.

    Raises PlanStaleError where there is none, PlanExchangedError for one of another digest before anything of it is
    unpacked, and AwsUnavailableError.
    """
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("fetch the plan")):
        try:
            body = s3.get_object(Bucket=settings.state_bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error_code(error) in MISSING:
                raise PlanStaleError(
                    message("The stored plan is gone."),
                    detail=message("There is no {key} in the state bucket.", key=key),
                ) from error
            raise
    digest = plan_sha256(body)
    if not hmac.compare_digest(digest, sha256):
        raise PlanExchangedError(
            message("The stored plan is not the one that was approved."),
            detail=message(
                "{key} in the state bucket has the SHA-256 {found}; recorded was {sha256}.",
                key=key,
                found=digest,
                sha256=sha256 or "none",
            ),
        )
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(workspace)


def delete_plans(settings: EngineSettings, suffix: str, run_number: int) -> None:
    """Delete every plan that a run has stored, with all versions; none is fine. Raises AwsUnavailableError."""
    with answering(message("delete the plan")):
        delete_versions_below(settings, plan_keys(suffix, run_number))
