"""One version of an object as a seekable stream of bytes: read on in one request, resumed where a connection breaks."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

from processor.problems import ObjectReplacedError

logger = logging.getLogger("processor.objects")
RESUMES = 5
GONE = {"NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed", "412", "MethodNotAllowed"}


@dataclass(frozen=True)
class ObjectAt:
    """Which bytes: a version where the bucket keeps versions, and the entity tag in any case."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size: int
    uploaded_at: datetime

    @property
    def version(self) -> str:
        """What tells this upload from any other of the same key."""
        return self.version_id or f"etag:{self.etag}"


def look_up(client: Any, bucket: str, key: str, version_id: str, etag: str) -> ObjectAt:
    """Ask S3 for the object that a message speaks of; raises ObjectReplacedError when it is no longer there."""
    which = {"VersionId": version_id} if version_id else {}
    try:
        head = client.head_object(Bucket=bucket, Key=key, **which)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            raise ObjectReplacedError from error
        raise
    stored_etag = head["ETag"].strip('"')
    if etag and stored_etag != etag:
        raise ObjectReplacedError
    return ObjectAt(bucket, key, version_id, stored_etag, head["ContentLength"], head["LastModified"])


class ObjectStream(io.RawIOBase):
    """The bytes of one version of an object. Raises ObjectReplacedError when the key holds other bytes meanwhile."""

    def __init__(self, client: Any, which: ObjectAt) -> None:
        self._client, self._which = client, which
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere: a zip archive's directory is at its end."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; the request under way is given up if it is elsewhere."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._which.size}[whence]
        target = max(0, base + offset)
        if target != self._at:
            self._drop()
            self._at = target
        return target

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as bytes are there."""
        view = memoryview(buffer)
        if self._at >= self._which.size or not len(view):
            return 0
        for left in range(RESUMES, -1, -1):
            try:
                if self._body is None:
                    self._body = self._open()
                data = self._body.read(len(view))
            except (ConnectionError, HTTPClientError, OSError):
                self._drop()
                if not left:
                    raise
                continue
            if data:
                view[: len(data)] = data
                self._at += len(data)
                return len(data)
            self._drop()
        raise OSError("The object's bytes ended before its size.")

    def close(self) -> None:
        """Give the request up."""
        self._drop()
        super().close()

    def _open(self) -> Any:
        which = self._which
        versioned = {"VersionId": which.version_id} if which.version_id else {"IfMatch": f'"{which.etag}"'}
        try:
            answer = self._client.get_object(
                Bucket=which.bucket, Key=which.key, Range=f"bytes={self._at}-{which.size - 1}", **versioned
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise ObjectReplacedError from error
            raise
        return answer["Body"]

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
