"""Clients of AWS, with patience; the endpoint and the region come from the environment that boto3 itself reads."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60)


def client(name: str) -> Any:
    """Return a client of one service."""
    return boto3.client(name, config=CONFIG)  # type: ignore[call-overload]
