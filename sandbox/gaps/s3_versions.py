"""S3: versions listed from where a marker stands, whether or not it is still there, and buckets with very many of them.

moto copies every version for each page, takes a tenth of a second to write it, and ends a list early once the version
that a marker names has been deleted, as it has for whoever deletes page by page. It also names what was deleted to who
asks for errors alone (`Quiet`). What a bucket is filled with (`fill_bucket`) is a range of numbered keys
and a bit for each: a million take 125 kB. Sources: Amazon S3 API Reference, ListObjectVersions; Amazon S3 User Guide,
"Best practices design patterns: optimizing Amazon S3 performance": 3,500 requests that delete in a second for each
prefix, and `503 Slow Down` beyond.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from operator import itemgetter
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox.clock import CLOCK
from sandbox.gaps.extension import wrap
from sandbox.refusals import Protocol, refuse

DELETES_EACH_SECOND = 3_500.0
"""Of AWS's seconds, for each prefix. As many may come at once."""
DIGITS = 9
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
OWNER = "<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>"
"""The owner that moto gives to everything."""
QUIET = b"<Quiet>true</Quiet>"
STORED_AT = "2026-01-01T00:00:00.000Z"
EMPTY_MD5 = '"d41d8cd98f00b204e9800998ecf8427e"'
Row = tuple[str, Any]
"""A key and one version of it, or its delete marker."""


@dataclass(frozen=True)
class Numbered:
    """One version of a crowd, with what S3's list says of it."""

    name: str
    version_id: str
    size: int
    is_latest: bool = True
    etag: str = EMPTY_MD5
    storage_class: str = "STANDARD"
    last_modified_ISO8601: str = STORED_AT  # noqa: N815 - moto's name


class Crowd:
    """Numbered keys under one prefix, each with one version."""

    def __init__(self, prefix: str, count: int, size: int) -> None:
        self.prefix, self.count, self.size = prefix, count, size
        self.left = count
        self._gone = bytearray((count + 7) // 8)

    def key(self, number: int) -> str:
        """Return the key of one of them."""
        return f"{self.prefix}{number:0{DIGITS}d}"

    def after(self, marker: str | None, *, whole: bool) -> Iterator[Row]:
        """Yield what is left behind a key, in the keys' order; with `whole` also what stands under that very key."""
        for number in range(self._first(marker, whole=whole), self.count):
            if not self._is_gone(number):
                name = self.key(number)
                yield name, Numbered(name, f"v{number:0{DIGITS}d}", self.size)

    def _first(self, marker: str | None, *, whole: bool) -> int:
        find = bisect.bisect_left if whole else bisect.bisect_right
        return find(range(self.count), marker, key=self.key) if marker else 0

    def delete(self, key: str, version_id: str) -> bool:
        """Delete one; say whether it was here."""
        digits = key.removeprefix(self.prefix)
        if not key.startswith(self.prefix) or len(digits) != DIGITS or not digits.isdigit():
            return False
        number = int(digits)
        if number >= self.count or version_id != f"v{digits}" or self._is_gone(number):
            return False
        self._gone[number // 8] |= 1 << number % 8
        self.left -= 1
        return True

    def _is_gone(self, number: int) -> bool:
        return bool(self._gone[number // 8] & 1 << number % 8)


class Rate:
    """What one prefix lets through: as many at once as in a second, and a second's more in each of AWS's seconds."""

    def __init__(self) -> None:
        self._left, self._at = DELETES_EACH_SECOND, CLOCK.now()

    def takes(self, count: int) -> bool:
        """Return whether so many more deletions are let through now, and count them if so."""
        now = CLOCK.now()
        self._left = min(DELETES_EACH_SECOND, self._left + (now - self._at) * DELETES_EACH_SECOND)
        self._at = now
        if count > self._left:
            return False
        self._left -= count
        return True


def fill() -> None:
    """Replace the list, and let deletions know crowds and rates."""
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    wrap(S3Backend, "list_object_versions", _list)
    wrap(S3Response, "list_object_versions", _answer)
    wrap(S3Response, "_bucket_response_delete_keys", _delete_keys)
    wrap(S3Backend, "delete_object", _delete_object)
    wrap(S3Backend, "delete_objects", _delete_objects)
    wrap(S3Backend, "delete_bucket", _delete_bucket)


def fill_bucket(name: str, prefix: str, count: int, size: int) -> None:
    """Put numbered versions into a bucket; raises KeyError where there is none, ValueError for an impossible count."""
    from moto.s3.models import s3_backends

    if not 0 < count < 10**DIGITS:
        raise ValueError(f"{count} versions are none or too many")
    partition, account = s3_backends.bucket_accounts[name]
    bucket = s3_backends[account][partition].buckets[name]
    crowds = _crowds(bucket)
    if any(prefix.startswith(crowd.prefix) or crowd.prefix.startswith(prefix) for crowd in crowds):
        raise ValueError(f"there are numbered versions under {prefix!r} already")
    crowds.append(Crowd(prefix, count, size))


def _crowds(bucket: Any) -> list[Crowd]:
    crowds: list[Crowd] = bucket.__dict__.setdefault("sandbox_crowds", [])
    return crowds


def _rows(bucket: Any, key_marker: str | None, version_marker: str | None) -> Iterator[Row]:
    """Yield keys and versions behind the markers: keys in order, of each key the newest version first."""
    whole = version_marker is not None
    crowds: list[Iterable[Row]] = [crowd.after(key_marker, whole=False) for crowd in _crowds(bucket)]
    return heapq.merge(_stored_versions(bucket, key_marker, version_marker, whole=whole), *crowds, key=itemgetter(0))


def _stored_versions(bucket: Any, key_marker: str | None, version_marker: str | None, *, whole: bool) -> Iterator[Row]:
    names = sorted(bucket.keys)
    find = bisect.bisect_left if whole else bisect.bisect_right
    for name in names[find(names, key_marker) if key_marker else 0 :]:
        versions = list(reversed(bucket.keys.getlist(name)))
        for place, version in enumerate(versions):
            version.is_latest = place == 0
        if whole and name == key_marker:
            ids = [str(version.version_id) for version in versions]
            # A version that has been deleted is behind nothing any more: what is left of its key comes next.
            versions = versions[ids.index(version_marker) + 1 :] if version_marker in ids else versions
        yield from ((name, version) for version in versions)


def _list(
    _original: Any,
    backend: Any,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[Any], list[str], list[Any], str | None, str | None]:
    """Return versions, common prefixes, delete markers and the next markers, as moto's own method does."""
    from moto.s3.models import FakeDeleteMarker

    versions: list[Any] = []
    markers: list[Any] = []
    prefixes: dict[str, None] = {}
    last: Row | None = None
    most = 1000 if max_keys is None else min(max_keys, 1000)
    if prefix and (key_marker is None or key_marker < prefix):
        # Nothing before the prefix has it; the key that is the prefix itself does.
        start, start_version = prefix, ""
    else:
        start, start_version = key_marker, version_id_marker  # type: ignore[assignment]
    for name, version in _rows(backend.get_bucket(bucket_name), start or None, start_version):
        if not name.startswith(prefix):
            break
        common = _common(name, prefix, delimiter)
        if common is not None and (common in prefixes or common == key_marker):
            continue
        if len(versions) + len(markers) + len(prefixes) >= most:
            return _page(versions, prefixes, markers, last)
        if common is not None:
            prefixes[common] = None
            last = (common, None)
            continue
        (markers if isinstance(version, FakeDeleteMarker) else versions).append(version)
        last = (name, version)
    return versions, list(prefixes), markers, None, None


def _page(
    versions: list[Any], prefixes: dict[str, None], markers: list[Any], last: Row | None
) -> tuple[list[Any], list[str], list[Any], str | None, str | None]:
    name, version = last or ("", None)
    return versions, list(prefixes), markers, name, None if version is None else str(version.version_id)


def _common(name: str, prefix: str, delimiter: str | None) -> str | None:
    if not delimiter:
        return None
    before, separator, _ = name[len(prefix) :].partition(delimiter)
    return f"{prefix}{before}{delimiter}" if separator else None


def _answer(_original: Any, response: Any) -> tuple[int, dict[str, str], str]:
    """Write a page as S3 does, each row from one template: moto's serializer looks every member of each of them up."""
    query = {name: values[0] for name, values in response.querystring.items()}
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
    key_marker, version_marker = query.get("key-marker"), query.get("version-id-marker")
    most = min(int(query.get("max-keys", "1000")), 1000)
    versions, prefixes, markers, then, then_version = response.backend.list_object_versions(
        response.bucket_name, delimiter, key_marker, most, prefix, version_marker
    )
    encoded = query.get("encoding-type") == "url"

    def key(text: str | None) -> str:
        return escape(quote(text or "", safe="/") if encoded else text or "")

    elements = {
        "Name": escape(response.bucket_name),
        "Prefix": key(prefix),
        "KeyMarker": key(key_marker),
        "VersionIdMarker": escape(version_marker or ""),
        "NextKeyMarker": key(then) if then is not None else None,
        "NextVersionIdMarker": escape(then_version) if then_version is not None else None,
        "MaxKeys": str(most),
        "Delimiter": key(delimiter) if delimiter else None,
        "EncodingType": "url" if encoded else None,
        "IsTruncated": str(then is not None).lower(),
    }
    head = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items() if text is not None)
    rows = [_version(key(version.name), version) for version in versions]
    rows += [_marker(key(marker.name), marker) for marker in markers]
    rows += [f"<CommonPrefixes><Prefix>{key(common_prefix)}</Prefix></CommonPrefixes>" for common_prefix in prefixes]
    body = f'{DECLARATION}<ListVersionsResult xmlns="{NAMESPACE}">{head}{"".join(rows)}</ListVersionsResult>'
    return 200, {"Content-Type": "application/xml"}, body


def _version(key: str, version: Any) -> str:
    return (
        f"<Version><Key>{key}</Key><VersionId>{version.version_id or 'null'}</VersionId>"
        f"<IsLatest>{str(version.is_latest).lower()}</IsLatest>"
        f"<LastModified>{version.last_modified_ISO8601}</LastModified><ETag>{escape(version.etag)}</ETag>"
        f"<Size>{version.size}</Size><StorageClass>{version.storage_class}</StorageClass>{OWNER}</Version>"
    )


def _marker(key: str, marker: Any) -> str:
    return (
        f"<DeleteMarker><Key>{key}</Key><VersionId>{marker.version_id}</VersionId>"
        f"<IsLatest>{str(marker.is_latest).lower()}</IsLatest>"
        f"<LastModified>{marker.last_modified_ISO8601}</LastModified>{OWNER}</DeleteMarker>"
    )


def _delete_keys(original: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
    """Have deletions be quiet where the request says so."""
    response.backend.sandbox_quiet = QUIET in response.body
    try:
        return original(response, *args, **kwargs)
    finally:
        response.backend.sandbox_quiet = False


def _delete_object(
    original: Any, backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> Any:
    if version_id and any(crowd.delete(key_name, version_id) for crowd in _crowds(backend.get_bucket(bucket_name))):
        return True, {"version-id": version_id}
    return original(backend, bucket_name, key_name, version_id=version_id, bypass=bypass)


def _delete_objects(
    original: Any, backend: Any, bucket_name: str, objects: list[dict[str, Any]], bypass_retention: bool = False
) -> Any:
    rates: dict[str, Rate] = backend.get_bucket(bucket_name).__dict__.setdefault("sandbox_rates", {})
    counts: dict[str, int] = {}
    for entry in objects:
        first = entry["Key"].partition("/")[0] if "/" in entry["Key"] else ""
        counts[first] = counts.get(first, 0) + 1
    if not all(rates.setdefault(first, Rate()).takes(count) for first, count in counts.items()):
        raise _slow_down()
    deleted, errors = original(backend, bucket_name, objects, bypass_retention)
    return ([], errors) if getattr(backend, "sandbox_quiet", False) else (deleted, errors)


def _slow_down() -> Exception:
    """Return the error as S3 writes it; S3's model has no shape of it, by which moto would give it its status."""
    from werkzeug.exceptions import ServiceUnavailable
    from werkzeug.wrappers import Response

    refusal = refuse(Protocol.S3, code="SlowDown", message="Please reduce your request rate.")
    answer = Response(refusal.body, HTTPStatus.SERVICE_UNAVAILABLE, content_type=refusal.content_type)
    error: Exception = ServiceUnavailable(response=answer)
    return error


def _delete_bucket(original: Any, backend: Any, bucket_name: str) -> Any:
    """Answer as moto does for a bucket with keys, so that the caller says BucketNotEmpty."""
    if any(crowd.left for crowd in _crowds(backend.get_bucket(bucket_name))):
        return None
    return original(backend, bucket_name)
