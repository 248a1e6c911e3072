"""What somebody who plays with the embedded AWS can ask of it and of no AWS: to move its time, to fill a bucket.

Requests with JSON to ``/_sandbox/...``, from this machine alone, as all others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.calls import Environ, body_of
from sandbox.clock import CLOCK

Told = dict[str, Any]


def _clock(told: Told) -> Told:
    """Move the time on by `forward_seconds` of AWS's, or let it go on at another `pace`; answer what is to come."""
    if "pace" in told:
        CLOCK.go_at(float(told["pace"]))
    CLOCK.forward(float(told.get("forward_seconds", 0)))
    waiting = [{"in_seconds": round(seconds, 3), "what": what} for seconds, what in CLOCK.waiting()]
    return {"now": round(CLOCK.now(), 3), "pace": CLOCK.pace, "waiting": waiting}


def _crowd(told: Told) -> Told:
    """Put `count` versions of `size` bytes into a bucket, under a prefix, without an upload for each."""
    # Loads moto, which reads its settings then: not before `sandbox.configuration` has made them.
    from sandbox.gaps.s3_versions import fill_bucket

    fill_bucket(str(told["bucket"]), str(told.get("prefix", "")), int(told["count"]), int(told.get("size", 0)))
    return {"bucket": told["bucket"], "versions": int(told["count"])}


LEVERS: dict[str, Callable[[Told], Told]] = {"/_sandbox/clock": _clock, "/_sandbox/crowd": _crowd}


def answer_of(environ: Environ) -> tuple[str, Told] | None:
    """Return status and JSON for a request to a lever, or None where it is to none of them."""
    lever = LEVERS.get(str(environ.get("PATH_INFO", "")))
    if lever is None:
        return None
    body = body_of(environ)
    try:
        told = json.loads(body or b"{}")
        return "200 OK", lever(told)
    except (ValueError, KeyError, TypeError) as unusable:
        return "400 Bad Request", {"problem": f"{type(unusable).__name__}: {unusable}"}
