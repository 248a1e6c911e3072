"""Log lines: JSON, one a line, made of names and numbers that this program chose.

What comes out of a file never goes in: no cell, no student's id, no exception's text that may quote one.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """One JSON object a record; of an exception only its type and where it happened."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.name}:{frame.lineno}" for frame in frames[-8:]]
        line |= getattr(record, "facts", {})
        return json.dumps(line)


def set_up() -> None:
    """Send every log line to standard output, which ECS carries to the log group."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # They write of requests and statements, which hold values.
    for noisy in ("botocore", "boto3", "urllib3", "psycopg", "psycopg.pool", "alembic", "sqlalchemy", "opentelemetry"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
