"""Empties a district's buckets before its stack is destroyed: page by page, many deletions at a time.

Terraform's own emptying deletes one page after another: a million versions take it hours, and it says nothing
meanwhile. Sources: Amazon S3 API Reference, DeleteObjects (1,000 keys in a request, errors by key), ListObjectVersions;
Amazon S3 User Guide, "Optimizing Amazon S3 performance" (3,500 deletions in a second for each prefix, 503 Slow Down
beyond, to be tried again with a growing pause); provider 5.100.0, `emptyBucket`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from engine.aws.clients import PATIENT, DeployRole, answering, client, error_code, session_in
from engine.errors import AwsUnavailableError, InterruptedRunError
from engine.processes.threads import carrying
from engine.settings import EngineSettings
from messages.message import message

LISTS, DELETIONS = 4, 12
"""How many lists and deletions are under way at a time: at half a second each, some 20,000 deletions in a second."""
TOP_PREFIXES = 64
"""Where a bucket has more prefixes at its top, it is read as one list."""
SESSION_SECONDS = 1800.0
"""An assumed role's credentials end after an hour, and a large bucket may take longer."""
PIECE_SECONDS = 0.5
PASSING = frozenset({"InternalError", "ServiceUnavailable", "SlowDown"})
"""Errors of single keys that may be gone the next time (Amazon S3 API Reference, "Error responses")."""
TRIES = 8
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 20.0
SLOWING = PATIENT.merge(
    Config(max_pool_connections=LISTS + DELETIONS, retries={"total_max_attempts": 12, "mode": "adaptive"})
)
"""Slows all calls down together where S3 asks for it (AWS SDKs and Tools Reference Guide, "Retry behavior")."""

Versions = tuple[tuple[str, str], ...]
"""Keys and version ids; a delete marker is one as well."""
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Emptied:
    """What was taken out of a bucket, and how long it took."""

    bucket: str
    versions: int
    seconds: float


@dataclass(frozen=True)
class Page:
    """One page of a list, and where its list goes on; `then` is None behind the last one."""

    versions: Versions
    prefix: str
    then: tuple[str, str] | None


def buckets_to_empty(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the buckets that a plan (``terraform show -json``) deletes together with all they hold.

    Only those whose state says so (`force_destroy`): of any other Terraform deletes nothing but an empty one.
    """
    buckets = []
    for change in plan.get("resource_changes", []):
        before = change["change"].get("before") or {}
        is_bucket = change.get("mode", "managed") == "managed" and change["type"] == "aws_s3_bucket"
        if is_bucket and change["change"]["actions"] == ["delete"] and before.get("force_destroy") is True:
            buckets.append(str(before["bucket"]))
    return tuple(buckets)


def empty_bucket(
    settings: EngineSettings,
    region: str,
    bucket: str,
    role: DeployRole | None = None,
    *,
    progress: Progress = lambda versions: None,
    poll: Callable[[], bool] = lambda: False,
) -> Emptied:
    """Delete every version and delete marker that the bucket holds; one that is not there is empty.

    `progress` is told from this thread how many have gone; `poll` is called at least every half second. Raises
    InterruptedRunError once it is true, and AwsUnavailableError.
    """
    started = time.monotonic()
    with answering(message("empty the bucket {bucket}", bucket=bucket)):
        count = _Emptying(settings, region, bucket, role).go(progress, poll)
    return Emptied(bucket, count, time.monotonic() - started)


class _Emptying:
    """One bucket on its way. Threads carry out single calls; the caller's thread alone decides what is next."""

    def __init__(self, settings: EngineSettings, region: str, bucket: str, role: DeployRole | None) -> None:
        self.settings, self.region, self.bucket, self.role = settings, region, bucket, role
        self.stopped = threading.Event()
        self._made, self._s3 = -SESSION_SECONDS, None
        self._making = threading.Lock()

    def s3(self) -> Any:
        """Return a client whose credentials last; boto3's clients may be shared by threads."""
        with self._making:
            if self._s3 is None or time.monotonic() - self._made > SESSION_SECONDS:
                session = session_in(self.settings, self.region, self.role)
                self._s3 = client(self.settings, "s3", self.region, session, SLOWING)
                self._made = time.monotonic()
            return self._s3

    def go(self, progress: Progress, poll: Callable[[], bool]) -> int:
        """Return how many went."""
        top = self.top()
        if top is None:
            return 0
        ready = deque(page.versions for page in top if page.versions)
        lists = deque(page for page in top if page.then is not None)
        listing: set[Future[Page]] = set()
        deleting: set[Future[int]] = set()
        gone = 0
        next_page, delete = carrying(self.next_page), carrying(self.delete)
        with ThreadPoolExecutor(LISTS + DELETIONS, thread_name_prefix="emptying") as pool:
            try:
                while lists or ready or listing or deleting:
                    # No list runs ahead of the deletions: what waits in memory is a dozen pages.
                    while lists and len(listing) < LISTS and len(ready) < DELETIONS:
                        listing.add(pool.submit(next_page, lists.popleft()))
                    while ready and len(deleting) < DELETIONS:
                        deleting.add(pool.submit(delete, ready.popleft()))
                    under_way: set[Future[Any]] = {*listing, *deleting}
                    over, _ = wait(under_way, PIECE_SECONDS, FIRST_COMPLETED)
                    for page in [part.result() for part in listing & over]:
                        ready.extend([page.versions] if page.versions else [])
                        lists.extend([page] if page.then is not None else [])
                    went = sum(part.result() for part in deleting & over)
                    listing, deleting = listing - over, deleting - over
                    if went:
                        gone += went
                        progress(gone)
                    if poll():
                        raise InterruptedRunError(message("The run was canceled."))
            finally:
                self.stopped.set()
        return gone

    def top(self) -> list[Page] | None:
        """Return the beginning of each list that is read beside the others; None where there is no such bucket."""
        try:
            answer = self.s3().list_object_versions(Bucket=self.bucket, Delimiter="/")
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return None
            raise
        prefixes = [part["Prefix"] for part in answer.get("CommonPrefixes", [])]
        if answer.get("IsTruncated") or len(prefixes) > TOP_PREFIXES:
            return [Page((), "", ("", ""))]
        return [Page(_versions(answer), "", None), *(Page((), prefix, ("", "")) for prefix in prefixes)]

    def next_page(self, before: Page) -> Page:
        """Read the page behind this one."""
        key, version = before.then or ("", "")
        markers = {"KeyMarker": key} if key else {}
        if version:
            markers["VersionIdMarker"] = version
        answer = self.s3().list_object_versions(Bucket=self.bucket, Prefix=before.prefix, **markers)
        then = (answer["NextKeyMarker"], answer.get("NextVersionIdMarker", "")) if answer.get("IsTruncated") else None
        return Page(_versions(answer), before.prefix, then)

    def delete(self, versions: Versions) -> int:
        """Delete a page; what S3 puts off is tried again. Raises AwsUnavailableError for what it will not delete."""
        left, pause = versions, FIRST_PAUSE_SECONDS
        for _ in range(TRIES):
            named = [{"Key": key, "VersionId": version} for key, version in left]
            answer = self.s3().delete_objects(Bucket=self.bucket, Delete={"Objects": named, "Quiet": True})
            errors = answer.get("Errors", [])
            refused = [error for error in errors if error.get("Code") not in PASSING]
            if refused:
                first = refused[0]
                raise AwsUnavailableError(
                    message(
                        "S3 did not delete {refused} object versions of {bucket}.",
                        refused=len(refused),
                        bucket=self.bucket,
                    ),
                    detail=f"{first.get('Key')}: {first.get('Code')}: {first.get('Message')}",
                )
            left = tuple((error["Key"], error["VersionId"]) for error in errors)
            if not left or self.stopped.wait(pause):
                return len(versions) - len(left)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        raise AwsUnavailableError(
            message(
                "S3 puts off the deletion of {left} object versions of {bucket}.", left=len(left), bucket=self.bucket
            )
        )


def _versions(page: Mapping[str, Any]) -> Versions:
    versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return tuple((version["Key"], version["VersionId"]) for version in versions)
