"""Keeps other people's web pages out: a browser on this machine reaches the loopback address for any page it shows.

1. The Host has to be a loopback name. A page whose own host name is made to point here ("DNS rebinding") is of the same
   origin as what it then asks, so that nothing else tells it apart. Answered with 421 (RFC 9110, 15.5.20).
2. A request that a page's script or form sends bears its Origin. It is admitted only for a bucket whose CORS rules
   admit that origin and method, as the data office's upload page needs (S3 User Guide, "Using cross-origin resource
   sharing"). A form that names no origin ("null", as a page says whose referrer policy keeps it) may be sent to a
   bucket itself: S3 takes one from anywhere, by the form's signature, and the page reads nothing of the answer (S3 API
   Reference, "POST Object"). That is how the upload page sends a file where no script may.
3. A page may also ask by an image, a frame or a link, without an Origin. Browsers then say where that comes from
   (Fetch Metadata, Sec-Fetch-Site); from elsewhere only a presigned link is followed.

Programs send neither Origin nor Fetch Metadata. Who reaches the machine's loopback address by a program of their own is
not kept out here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from processes.own_pages import is_loopback_name, is_of_another_site
from sandbox.calls import Environ

log = logging.getLogger("sandbox")

SIGNATURES = frozenset({"X-Amz-Signature", "Signature"})
"""What a presigned link bears, by version 4 of the signature or version 2."""
UNNAMED = "null"
"""What a browser says in place of an origin that it keeps to itself (Fetch standard, "Origin header")."""
MISDIRECTED, FORBIDDEN = "421 Misdirected Request", "403 Forbidden"
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
CorsRules = Callable[[str], list[tuple[list[str], list[str]]]]
"""Returns origins and methods of each CORS rule of a bucket, none for what is no bucket."""


def rules_of_moto(bucket: str) -> list[tuple[list[str], list[str]]]:
    """Return the CORS rules of a bucket of moto's."""
    from moto.s3.models import s3_backends

    owner = s3_backends.bucket_accounts.get(bucket)
    if owner is None:
        return []
    partition, account = owner
    rules = s3_backends[account][partition].buckets[bucket].cors
    return [(list(rule.allowed_origins or []), list(rule.allowed_methods or [])) for rule in rules]


class StrangersRefused:
    """Wraps an application; what comes from a page that has no business here is refused before it is read."""

    def __init__(self, application: Application, cors_rules: CorsRules = rules_of_moto) -> None:
        self._application, self._cors_rules = application, cors_rules

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or refuse with a sentence."""
        host = str(environ.get("HTTP_HOST", ""))
        if not is_loopback_name(host):
            sentence = f"The embedded AWS is not to be asked as {host or 'nobody'}."
            return self._refuse(MISDIRECTED, sentence, start_response)
        origin = str(environ.get("HTTP_ORIGIN", ""))
        if origin == UNNAMED and _is_form_for_bucket(environ):
            return self._application(environ, start_response)
        if origin and not self._admits(environ, origin):
            sentence = f"Pages of {origin} may not ask the embedded AWS; a bucket's CORS rules can admit them to it."
            return self._refuse(FORBIDDEN, sentence, start_response)
        site = str(environ.get("HTTP_SEC_FETCH_SITE", ""))
        if not origin and is_of_another_site(origin, site) and not _is_presigned_reading(environ):
            return self._refuse(FORBIDDEN, "Another site's page may not ask the embedded AWS.", start_response)
        return self._application(environ, _inviting(origin, start_response) if origin else start_response)

    def _admits(self, environ: Environ, origin: str) -> bool:
        """Return whether the bucket in the path admits the origin; a preflight asks for the method that it names."""
        method = environ.get("REQUEST_METHOD", "GET")
        if method == "OPTIONS":
            method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
        bucket = str(environ.get("PATH_INFO", "/")).lstrip("/").partition("/")[0]
        return any(
            method in methods and any(fnmatchcase(origin, pattern) for pattern in origins)
            for origins, methods in self._cors_rules(bucket)
        )

    @staticmethod
    def _refuse(status: str, sentence: str, start_response: StartResponse) -> list[bytes]:
        log.warning("refused a stranger: %s", sentence)
        body = sentence.encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]


def _inviting(origin: str, start_response: StartResponse) -> StartResponse:
    """Return what begins an answer that the admitted page may read, as S3's does; moto says so to a preflight alone."""

    def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        names = {name.lower() for name, _ in headers}
        name = "Access-Control-Allow-Origin"
        return start_response(status, headers if name.lower() in names else [*headers, (name, origin)], *more)

    return begin


def _is_presigned_reading(environ: Environ) -> bool:
    """Return whether this reads an object by a link that somebody with a key has signed."""
    query = parse_qs(str(environ.get("QUERY_STRING", "")))
    return bool(SIGNATURES & query.keys()) and environ.get("REQUEST_METHOD") in ("GET", "HEAD")


def _is_form_for_bucket(environ: Environ) -> bool:
    """Return whether this is a form with a file, sent to a bucket and to nothing in it."""
    path = str(environ.get("PATH_INFO", "/")).strip("/")
    is_form = str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")
    return environ.get("REQUEST_METHOD") == "POST" and is_form and bool(path) and "/" not in path
