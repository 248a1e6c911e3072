"""The lock on a district's Terraform state, and when its holder may be taken to be gone.

The S3 backend with `use_lockfile` writes the lock as JSON beside the state (Terraform, "S3 backend": state locking).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from engine.aws.clients import answering, client, error_code
from engine.processes.host import host_name
from engine.settings import EngineSettings
from engine.state.store import delete_version
from messages.message import message

MISSING = {"404", "NoSuchKey", "NotFound", "NoSuchBucket"}
LOCKING = frozenset({"plan", "apply", "refresh", "import", "state"})
"""Supervised commands that take the lock (Terraform, "State: locking"); an init that migrates nothing takes none.

Each command of ours that takes it is supervised, so that a lock which one of them leaves is known by its record."""
CLOCKS_APART = timedelta(seconds=30)
"""How far a host's clock may have moved against the database's while a Terraform worked."""


@dataclass(frozen=True)
class StateLock:
    """Who holds a state: the lock's id, what for, ``user@host``, and since when."""

    id: str
    operation: str
    who: str
    created: datetime
    version: str = ""
    """The lock's own version in the bucket: what is deleted is this one, and none that another took since."""

    @property
    def holder(self) -> str:
        """The lock in a sentence."""
        since = f"{self.created:%Y-%m-%d %H:%M:%S}"
        return message(
            "{who} holds it for {operation} since {since} UTC.",
            who=self.who,
            operation=self.operation or message("an unknown operation"),
            since=since,
        )


@dataclass(frozen=True)
class Suspect:
    """One Terraform of ours that may have left a lock: where it ran, from when to when at most, and whether it is gone.

    `since` and `until` are the database's times; `ahead` is by how much that host's clock, by which Terraform dates its
    lock, was ahead of the database's when it began. `lock_id` is the lock's id where it was seen while that Terraform
    worked.
    """

    host: str
    since: datetime
    until: datetime
    gone: bool
    lock_id: str = ""
    ahead: timedelta = timedelta(0)


def read_lock(settings: EngineSettings, state_key: str) -> StateLock | None:
    """Return the lock of a state, None where there is none; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("read the state's lock")):
        try:
            answer = s3.get_object(Bucket=settings.state_bucket, Key=f"{state_key}.tflock")
            body = answer["Body"].read()
        except ClientError as error:
            if error_code(error) in MISSING:
                return None
            raise
    lock_info = json.loads(body)
    created = datetime.fromisoformat(str(lock_info["Created"]).replace("Z", "+00:00"))
    operation, who = str(lock_info.get("Operation", "")), str(lock_info.get("Who", ""))
    return StateLock(str(lock_info["ID"]), operation, who, created, str(answer.get("VersionId") or ""))


def delete_lock(settings: EngineSettings, state_key: str, lock: StateLock) -> None:
    """Delete a lock that was read, and only that one; one that is gone is fine. Raises AwsUnavailableError.

    In a bucket without versions there is nothing to tell it from one that was taken since.
    """
    with answering(message("release the state's lock")):
        delete_version(settings, f"{state_key}.tflock", lock.version)


def left_by(lock: StateLock, suspects: list[Suspect]) -> Suspect | None:
    """Return which Terraform of ours left the lock, if one did and is gone; None where the lock must be left alone.

    By the lock's id where that was seen; otherwise by host and time, which fit one Terraform only, since a district has
    one active run.
    """
    for suspect in suspects:
        same_id = suspect.lock_id == lock.id
        fits = (
            not suspect.lock_id
            and lock.who.partition("@")[2] == host_name(suspect.host)
            and suspect.since - CLOCKS_APART <= lock.created - suspect.ahead <= suspect.until + CLOCKS_APART
        )
        if same_id or fits:
            return suspect if suspect.gone else None
    return None
