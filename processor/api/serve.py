"""`python -m processor api`: serves until SIGTERM, then lets requests in hand end."""

from __future__ import annotations

import logging
import signal
import sys

import uvicorn

from processor.api.app import create_app
from processor.api.certificate import server_context
from processor.api.services import services
from processor.api.settings import ApiSettings
from processor.settings import Settings

END_SECONDS = 90
"""Within the task's stop timeout of 120 s; the load balancer sends nothing new by then."""
KEEP_ALIVE_SECONDS = 75
"""Longer than the load balancer's idle timeout of 60 s, or it would answer 502 now and then."""


def serve(settings: Settings) -> int:
    """Serve the API and the pages; returns once everything has ended."""
    api = ApiSettings.read()
    app = create_app(services(settings, api))
    tls = server_context() if api.tls else None
    # Its access log would hold addresses, and addresses hold keys.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    # uvicorn raises the signal again once all is over; the task then ends as one that was asked to.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    uvicorn.Server(
        uvicorn.Config(
            app,
            host=api.bind,
            port=api.port,
            log_config=None,
            ssl_context_factory=(lambda config, default: tls) if tls is not None else None,
            access_log=False,
            timeout_graceful_shutdown=END_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
            date_header=True,
        )
    ).run()
    return 0
