"""Whether the account is watched and its keys and certificates are ready: trail, GuardDuty, KMS, ACM, state bucket.

And whether AWS Backup protects databases in the region.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import client, error_code
from engine.preflight.finding import Finding, fine, refused, warning
from engine.preflight.place import Place
from messages.message import Message, listed, message

TRAIL, GUARD, KEYS, CERTIFICATES, STATES, BACKUPS = (
    message("Management trail"),
    "GuardDuty",
    "Keys",
    "Certificates",
    message("State bucket"),
    message("AWS Backup"),
)
ENDS_SOON = timedelta(days=30)
DATABASES = "Aurora"
"""As AWS Backup calls this kind of resource."""
AWS_OWN = "alias/aws/"
DENIED = frozenset({"403", "AccessDenied", "AccessDeniedException"})
GONE = frozenset({"404", "NoSuchBucket", "NotFound"})


def trail(place: Place) -> Finding:
    """Look for a trail over all regions: districts' own ones have no management events."""
    trails = place.make("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"]
    names = [
        str(entry["Name"]) for entry in trails if entry.get("IsMultiRegionTrail") or entry.get("IsOrganizationTrail")
    ]
    if names:
        return fine(
            TRAIL, message("{names} records the account's management events in all regions.", names=listed(names))
        )
    return warning(
        TRAIL,
        message("No trail over all regions records who changes the account's resources."),
        message("Apply the account's platform, which makes one, or have the organization's trail record this account."),
    )


def guard(place: Place) -> Finding:
    """Ask whether GuardDuty is on in this region."""
    try:
        detectors = place.make("guardduty").list_detectors()["DetectorIds"]
    except ClientError as error:
        return _not_seen(GUARD, message("We may not see whether GuardDuty is on."), error)
    if detectors:
        return fine(GUARD, message("GuardDuty is on."))
    return warning(
        GUARD,
        message("GuardDuty is off in this region."),
        message(
            'Switch it on by `"guardduty": true` in the platform\'s specification, unless the organization does it.'
        ),
    )


def backups(place: Place) -> Finding:
    """Ask whether AWS Backup protects Aurora in this region: somebody may have switched it off for the account.

    AWS says both that it then protects nothing of the kind (DescribeRegionSettings) and that it does where a plan names
    the resource itself (UpdateRegionSettings): only a look at the vault a day later tells.
    """
    try:
        protected = place.make("backup").describe_region_settings()["ResourceTypeOptInPreference"]
    except ClientError as error:
        return _not_seen(BACKUPS, message("We may not see what AWS Backup protects."), error)
    if protected.get(DATABASES, True):
        return fine(BACKUPS, message("AWS Backup protects Aurora in {region}.", region=place.region))
    return warning(
        BACKUPS,
        message(
            "AWS Backup is switched off for Aurora in {region}: there may be no daily backups.", region=place.region
        ),
        message(
            "Switch it on: `aws backup update-region-settings --resource-type-opt-in-preference Aurora=true"
            " --region {region}`.",
            region=place.region,
        ),
    )


def _not_seen(line: str, sentence: Message, error: ClientError) -> Finding:
    """Return the warning of what the deploy role may not see; raises the error where it says anything else."""
    if error_code(error) not in DENIED:
        raise error
    remedy = message("Apply the account's platform, which lets the deploy role see it.")
    return warning(line, sentence, remedy, str(error))


def keys(place: Place) -> Finding:
    """Ask whether KMS answers, and whether the key that final snapshots are kept under can be used."""
    kms, key = place.make("kms"), place.wanted.snapshot_key
    kms.list_aliases(Limit=1)
    if not key or key.startswith(AWS_OWN):
        # To describe AWS's own key would make it (KMS API Reference, DescribeKey: predefined aliases).
        return fine(KEYS, message("KMS answers; final snapshots are kept under the account's own key for RDS."))
    try:
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as error:
        sentence = message("The key for final snapshots, {wanted}, cannot be read.", wanted=key)
        return refused(
            KEYS,
            sentence,
            message("Correct HOMEROOM_SNAPSHOT_KEY, or admit this account in the key's policy."),
            str(error),
        )
    usage = metadata.get("KeyUsage") or "ENCRYPT_DECRYPT"
    if metadata["KeyState"] != "Enabled" or usage != "ENCRYPT_DECRYPT":
        sentence = message(
            "The key for final snapshots, {wanted}, is {state} for {usage}.",
            wanted=key,
            state=metadata["KeyState"],
            usage=usage,
        )
        return refused(KEYS, sentence, message("Name an enabled key that encrypts, in HOMEROOM_SNAPSHOT_KEY."))
    return fine(KEYS, message("KMS answers; final snapshots are kept under {arn}.", arn=metadata["Arn"]))


def certificates(place: Place) -> Finding:
    """Look at the certificates that districts name, and at what there is for those to come."""
    summaries = place.pages("acm", "list_certificates", "CertificateSummaryList")
    by_arn: dict[str, dict[str, Any]] = {str(summary["CertificateArn"]): summary for summary in summaries}
    unusable: list[str] = []
    for arn in place.wanted.certificates:
        certificate = by_arn.get(arn)
        if certificate is None:
            unusable.append(message("{arn} is not there", arn=arn))
        elif certificate.get("Status", "ISSUED") != "ISSUED":
            unusable.append(f"{arn} is {str(certificate['Status']).lower().replace('_', ' ')}")
        elif "NotAfter" in certificate and certificate["NotAfter"] < datetime.now(UTC) + ENDS_SOON:
            unusable.append(message("{arn} ends on {until}", arn=arn, until=f"{certificate['NotAfter']:%Y-%m-%d}"))
    if unusable:
        remedy = message("Prove or renew them in Certificate Manager, or name others in the districts' settings.")
        return warning(
            CERTIFICATES,
            message("{wrong} certificates that districts name cannot be used.", wrong=len(unusable)),
            remedy,
            listed(unusable, between="\n"),
        )
    issued = sum(summary.get("Status", "ISSUED") == "ISSUED" for summary in summaries)
    if not issued:
        return warning(
            CERTIFICATES,
            message("There is none in this region: only sandboxes can be deployed without."),
            message(
                "Request one in Certificate Manager, or give districts a hosted zone in which the stack makes its own."
            ),
        )
    return fine(
        CERTIFICATES, message("{issued} of {listed} in this region are issued.", issued=issued, listed=len(summaries))
    )


def states(place: Place) -> Finding:
    """Look at the state bucket with the worker's own credentials: states lie in the portal's account."""
    settings = place.settings
    s3, name = client(settings, "s3", settings.state_region), settings.state_bucket
    try:
        versioning = s3.get_bucket_versioning(Bucket=name).get("Status", "")
    except ClientError as error:
        if error_code(error) in GONE:
            return warning(
                STATES,
                message("{name} is not there yet.", name=name),
                message("The first run creates it if it has permission."),
            )
        if error_code(error) not in DENIED:
            raise
        # The worker's policy does not let it read settings of the bucket: that it may list it is enough.
        return _listed(s3, name, error)
    if versioning != "Enabled":
        remedy = message("Apply the portal's own platform, which keeps all versions of states.")
        return warning(STATES, message("{name} keeps no versions of states.", name=name), remedy)
    return fine(STATES, message("{name} answers, and keeps every version of a state.", name=name))


def _listed(s3: Any, name: str, before: ClientError) -> Finding:
    try:
        s3.list_objects_v2(Bucket=name, Prefix="districts/", MaxKeys=1)
    except ClientError as error:
        remedy = message("Attach the policy `homeroom-worker` of the portal's platform to the worker's role.")
        return refused(STATES, message("The worker may not use {name}.", name=name), remedy, f"{before}\n{error}")
    return fine(STATES, message("{name} answers.", name=name))
