"""Compresses pages, and leaves answers to programs as they are.

An answer that is compressed has a weak ETag (RFC 9110, section 8.8.1), by which nothing can be changed with `If-Match`.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

FOR_PROGRAMS = "/api/"


class PageCompression(GZipMiddleware):
    """Django's own, with random bytes against BREACH, for all but the API."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress an answer that is a page's."""
        if request.path_info.startswith(FOR_PROGRAMS):
            return response
        return super().process_response(request, response)
