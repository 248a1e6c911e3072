"""Whether the account is watched and its keys and certificates are ready: trail, GuardDuty, KMS, ACM, state bucket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import client, error_code
from engine.preflight.finding import Finding, fine, refused, warning
from engine.preflight.place import Place

TRAIL, GUARD, KEYS, CERTIFICATES, STATES = "Management trail", "GuardDuty", "Keys", "Certificates", "State bucket"
ENDS_SOON = timedelta(days=30)
AWS_OWN = "alias/aws/"
DENIED = frozenset({"403", "AccessDenied", "AccessDeniedException"})
GONE = frozenset({"404", "NoSuchBucket", "NotFound"})


def trail(place: Place) -> Finding:
    """Look for a trail over all regions: districts' own ones have no management events."""
    found = place.make("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"]
    names = [str(one["Name"]) for one in found if one.get("IsMultiRegionTrail") or one.get("IsOrganizationTrail")]
    if names:
        return fine(TRAIL, f"{', '.join(names)} records the account's management events in all regions.")
    return warning(
        TRAIL,
        "No trail over all regions records who changes the account's resources.",
        "Apply the account's platform, which makes one, or have the organization's trail record this account.",
    )


def guard(place: Place) -> Finding:
    """Ask whether GuardDuty is on in this region."""
    try:
        found = place.make("guardduty").list_detectors()["DetectorIds"]
    except ClientError as error:
        if error_code(error) not in DENIED:
            raise
        remedy = "Apply the account's platform, which lets the deploy role see it."
        return warning(GUARD, "We may not see whether GuardDuty is on.", remedy, str(error))
    if found:
        return fine(GUARD, "GuardDuty is on.")
    return warning(
        GUARD,
        "GuardDuty is off in this region.",
        'Switch it on by `"guardduty": true` in the platform\'s specification, unless the organization does it.',
    )


def keys(place: Place) -> Finding:
    """Ask whether KMS answers, and whether the key that final snapshots are kept under can be used."""
    kms, wanted = place.make("kms"), place.wanted.snapshot_key
    kms.list_aliases(Limit=1)
    if not wanted or wanted.startswith(AWS_OWN):
        # To describe AWS's own key would make it (KMS API Reference, DescribeKey: predefined aliases).
        return fine(KEYS, "KMS answers; final snapshots are kept under the account's own key for RDS.")
    try:
        found = kms.describe_key(KeyId=wanted)["KeyMetadata"]
    except ClientError as error:
        told = f"The key for final snapshots, {wanted}, cannot be read."
        return refused(
            KEYS, told, "Correct HOMEROOM_SNAPSHOT_KEY, or admit this account in the key's policy.", str(error)
        )
    usage = found.get("KeyUsage") or "ENCRYPT_DECRYPT"
    if found["KeyState"] != "Enabled" or usage != "ENCRYPT_DECRYPT":
        told = f"The key for final snapshots, {wanted}, is {found['KeyState']} for {usage}."
        return refused(KEYS, told, "Name an enabled key that encrypts, in HOMEROOM_SNAPSHOT_KEY.")
    return fine(KEYS, f"KMS answers; final snapshots are kept under {found['Arn']}.")


def certificates(place: Place) -> Finding:
    """Look at the certificates that districts name, and at what there is for those to come."""
    listed = place.pages("acm", "list_certificates", "CertificateSummaryList")
    known: dict[str, dict[str, Any]] = {str(one["CertificateArn"]): one for one in listed}
    wrong = []
    for arn in place.wanted.certificates:
        found = known.get(arn)
        if found is None:
            wrong.append(f"{arn} is not there")
        elif found.get("Status", "ISSUED") != "ISSUED":
            wrong.append(f"{arn} is {str(found['Status']).lower().replace('_', ' ')}")
        elif "NotAfter" in found and found["NotAfter"] < datetime.now(UTC) + ENDS_SOON:
            wrong.append(f"{arn} ends on {found['NotAfter']:%Y-%m-%d}")
    if wrong:
        remedy = "Prove or renew them in Certificate Manager, or name others in the districts' settings."
        return warning(
            CERTIFICATES, f"{len(wrong)} certificates that districts name cannot be used.", remedy, "\n".join(wrong)
        )
    issued = sum(one.get("Status", "ISSUED") == "ISSUED" for one in listed)
    if not issued:
        return warning(
            CERTIFICATES,
            "There is none in this region: only sandboxes can be deployed without.",
            "Request one in Certificate Manager, or give districts a hosted zone in which the stack makes its own.",
        )
    return fine(CERTIFICATES, f"{issued} of {len(listed)} in this region are issued.")


def states(place: Place) -> Finding:
    """Look at the state bucket with the worker's own credentials: states lie in the portal's account."""
    settings = place.settings
    s3, name = client(settings, "s3", settings.state_region), settings.state_bucket
    try:
        versioning = s3.get_bucket_versioning(Bucket=name).get("Status", "")
    except ClientError as error:
        if error_code(error) in GONE:
            return warning(STATES, f"{name} is not there yet.", "A worker makes it at the first run, if it may.")
        if error_code(error) not in DENIED:
            raise
        # The worker's policy does not let it read settings of the bucket: that it may list it is enough.
        return _listed(s3, name, error)
    if versioning != "Enabled":
        remedy = "Apply the portal's own platform, which keeps all versions of states."
        return warning(STATES, f"{name} keeps no versions of states.", remedy)
    return fine(STATES, f"{name} answers, and keeps every version of a state.")


def _listed(s3: Any, name: str, before: ClientError) -> Finding:
    try:
        s3.list_objects_v2(Bucket=name, Prefix="districts/", MaxKeys=1)
    except ClientError as error:
        remedy = "Attach the policy `homeroom-worker` of the portal's platform to the worker's role."
        return refused(STATES, f"The worker may not use {name}.", remedy, f"{before}\n{error}")
    return fine(STATES, f"{name} answers.")
