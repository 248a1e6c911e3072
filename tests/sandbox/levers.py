"""Pulls the levers of an embedded AWS, for tests: its time, and what no upload could put into a bucket."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def pull(url: str, lever: str, **parameters: Any) -> dict[str, Any]:
    """Return what the lever answers; raises HTTPError for what it cannot do."""
    request = urllib.request.Request(f"{url}/_sandbox/{lever}", json.dumps(parameters).encode())
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


def forward(url: str, **spans: float) -> None:
    """Move its time on by seconds, minutes, hours and days of AWS's."""
    seconds = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
    pull(url, "clock", forward_seconds=sum(seconds[name] * count for name, count in spans.items()))
