"""The page for a fault of ours: it names the request, so that the log line can be found."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template import loader

from registry.request_id import current


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching the database, which may be what failed."""
    page = loader.get_template("500.html").render({"request_id": current().request_id})
    return HttpResponseServerError(page)
