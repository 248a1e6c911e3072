"""Log lines for machines and for people: one JSON object a line, or one line of text. No secret setting is in either.

Source of the time's form: RFC 3339, section 5.6.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from registry.request_id import META_KEY
from registry.telemetry.context import request_at_work, run_at_work
from registry.telemetry.tracing import current_trace_id

WITHHELD = "(sensitive value withheld)"
SHORTEST_SECRET = 6
"""A shorter value would be found by chance in words that are no secret."""
TEXT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"


def secrets() -> tuple[str, ...]:
    """Return the secret values among the settings, as they may stand in an error's text; the longest first."""
    if not settings.configured:
        return ()
    configured = [
        settings.SECRET_KEY,
        settings.DATABASES["default"].get("PASSWORD", ""),
        settings.BROKER_PASSWORD,
        settings.METRICS_TOKEN,
        settings.NOTIFY_WEBHOOK_SECRET,
        getattr(settings, "EMAIL_HOST_PASSWORD", ""),
    ]
    values = {str(value) for value in configured if value and len(str(value)) >= SHORTEST_SECRET}
    return tuple(sorted(values | {quote(value, safe="") for value in values}, key=len, reverse=True))


def withheld(text: str) -> str:
    """Return the text without the values of secret settings."""
    for secret in secrets():
        text = text.replace(secret, WITHHELD)
    return text


def request_of(record: logging.LogRecord) -> str:
    """Return the id of the request that a record is about, or else of the one at work; empty where there is none.

    Django's own records of refused requests carry the request: they are written when its context is over.
    """
    meta = getattr(getattr(record, "request", None), "META", {})
    return str(meta.get(META_KEY, "")) or request_at_work()


class TextLines(logging.Formatter):
    """One line of text a record, the request's id among it; a dash outside of requests. Tracebacks stand below."""

    def __init__(self) -> None:
        super().__init__(TEXT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.request_id = request_of(record) or "-"
        return withheld(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a record; what is not known is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {
            "timestamp": at,
            "level": record.levelname,
            "logger": record.name,
            "message": withheld(record.getMessage()),
        }
        if (run := run_at_work()) is not None:
            line |= {"run": run[0]} | ({"district": run[1]} if run[1] else {})
        line |= {"request_id": request} if (request := request_of(record)) else {}
        line |= {"trace_id": trace} if (trace := current_trace_id()) else {}
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, _ = record.exc_info
            line["exception"] = {
                "type": f"{kind.__module__}.{kind.__qualname__}",
                "message": withheld(str(error)),
                "traceback": withheld(self.formatException(record.exc_info)),
            }
        if record.stack_info:
            line["stack"] = withheld(self.formatStack(record.stack_info))
        return json.dumps(line)


FORMATS = {"json": JsonLines, "text": TextLines}
"""What HOMEROOM_LOG_FORMAT may be."""


def configuration(log_format: str) -> dict[str, Any]:
    """Return `logging.config.dictConfig`'s configuration: every record goes to standard error in this format."""
    formatter = FORMATS[log_format]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{formatter.__module__}.{formatter.__qualname__}"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {"botocore": {"level": "WARNING"}},
    }
