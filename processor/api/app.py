"""Puts the API together: routes, pages, errors, headers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from psycopg_pool import PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from processor.analytics.service import DataMovedError
from processor.api import (
    aggregates,
    choices,
    files,
    ingest,
    mapping_pages,
    mapping_routes,
    pages,
    sign_in_pages,
    source_pages,
    source_routes,
    student_pages,
    students,
    trend_pages,
)
from processor.api.authorization import problem
from processor.api.body_limit import BodyLimit
from processor.api.document import describe_refusals
from processor.api.services import Services
from processor.api.telemetry import Watched

logger = logging.getLogger("processor.api")
HERE = Path(__file__).parent
READY_SECONDS = 3.0


class Files(StaticFiles):
    """Style, scripts and the face: kept by browsers, which ask each time whether there is another."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file, or with 304 where the browser has it."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def security_headers(upload_url: str, upload_origin: str) -> list[tuple[bytes, bytes]]:
    """Return what every answer carries; pages may send forms to the bucket, and load nothing from elsewhere."""
    parts = urlsplit(upload_url)
    bucket = upload_origin or f"{parts.scheme}://{parts.netloc}"
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        f"connect-src 'self' {bucket}; form-action 'self' {bucket}; base-uri 'none'; frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"strict-transport-security", b"max-age=31536000"),
        (b"cache-control", b"no-store"),
    ]


def create_app(services: Services) -> Any:
    """Return the ASGI application; its services are closed when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.ending = True
        await run_in_threadpool(services.close)

    app = FastAPI(
        title="Homeroom analytics",
        version="1",
        description="Aggregates of results, single students' records, uploads and the record of access.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Its own spans and log records hold addresses and the texts of errors; ours are `processor.tracing`'s.
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    app.state.services, app.state.ending = services, False
    for routes in (
        aggregates,
        students,
        ingest,
        mapping_routes,
        source_routes,
        choices,
        pages,
        sign_in_pages,
        mapping_pages,
        source_pages,
        student_pages,
        trend_pages,
    ):
        app.include_router(routes.router)
    app.mount("/static", Files(directory=HERE / "static"), name="static")
    add_health(app)
    add_errors(app)
    describe_refusals(app)
    form = files.upload_form(services.s3, services.settings.bucket, "")
    headers = security_headers(form["url"], services.api.upload_origin)
    return Watched(BodyLimit(app), services.telemetry, headers, services.tracing)


def add_health(app: FastAPI) -> None:
    """Add what the load balancer and the orchestrator ask."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def readyz(request: Request) -> Response:
        services: Services = request.app.state.services
        if request.app.state.ending:
            return JSONResponse({"status": "ending"}, 503)
        try:
            with services.pool.connection(timeout=READY_SECONDS) as connection:
                connection.execute("SELECT version FROM homeroom.data_version")
        except (psycopg.Error, PoolTimeout):
            return JSONResponse({"status": "the database does not answer"}, 503)
        # Without the cache everything is answered, slower: that is no reason to take no requests.
        return JSONResponse({"status": "ready", "cache": "there" if services.store.is_available else "away"})


def add_errors(app: FastAPI) -> None:
    """Answer errors as JSON, or as a page to a browser; none quotes what was asked."""

    def answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
        if not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", ""):
            return pages.error_page(request, status, detail)
        return JSONResponse(problem(status, detail), status, headers, media_type="application/problem+json")

    # The framework's own kind, which ours is one of: a body that cannot be read, a method that an address has not.
    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        where = sorted({".".join(str(part) for part in detail["loc"]) for detail in error.errors()})
        return answer(request, 422, f"These do not fit: {', '.join(where)[:300]}.")

    async def no_database(request: Request, error: Exception) -> Response:
        logger.warning("The database does not answer: %s.", type(error).__name__)
        return answer(request, 503, "The database does not answer. Try again in a minute.", {"Retry-After": "30"})

    async def moved(request: Request, error: Exception) -> Response:
        return answer(request, 503, "Files are being taken in. Try again in a moment.", {"Retry-After": "5"})

    async def failed(request: Request, error: Exception) -> Response:
        logger.error("A request failed.", exc_info=error)
        return answer(request, 500, "Something went wrong. It has been noted.")

    app.add_exception_handler(psycopg.OperationalError, no_database)
    app.add_exception_handler(PoolTimeout, no_database)
    app.add_exception_handler(DataMovedError, moved)
    app.add_exception_handler(Exception, failed)
