"""Gunicorn's configuration: its own lines have the format of all others (`--config python:portal.web_server`)."""

from portal import environment
from registry.telemetry.logs import FORMATS, configuration

worker_class = "portal.slow_clients.BufferingWorker"
threads = 8
# Kept for a load balancer's next request; whoever holds it open holds no thread.
keepalive = 5
# A proxy's word counts for where its client is, and for nothing else: which view answers is told by the address alone.
forwarder_headers = ""
limit_request_line = 8190
limit_request_fields = 64

_own = {"handlers": ["console"], "level": "INFO", "propagate": False}
# Requests are not logged one by one: their addresses hold what people search for.
_quiet = _own | {"level": "WARNING"}
logconfig_dict = configuration(environment.choice("LOG_FORMAT", "json", FORMATS))
logconfig_dict["loggers"] |= {"gunicorn.error": _own, "gunicorn.access": _quiet}
