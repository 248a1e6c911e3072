"""Metrics as CloudWatch's embedded metric format: log lines that CloudWatch turns into metrics.

Source: Amazon CloudWatch, "Specification: embedded metric format".
"""

from __future__ import annotations

import json
import sys
import time
from typing import TextIO

NAMESPACE = "Homeroom/Pipeline"


class Metrics:
    """Writes metrics of one district."""

    def __init__(self, district: str, out: TextIO | None = None) -> None:
        self._district, self._out = district, out or sys.stdout

    def put(self, **values: tuple[float, str]) -> None:
        """Write metrics of one moment: name=(value, unit), with CloudWatch's units (Count, Seconds, Percent, ...)."""
        metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()]
        line = {
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["District"]], "Metrics": metrics}],
            },
            "District": self._district,
            **{name: value for name, (value, _) in values.items()},
        }
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()
