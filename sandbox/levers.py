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


def _clock(parameters: Told) -> Told:
    """Move the time on by `forward_seconds` of AWS's, or let it go on at another `pace`; answer what is to come."""
    if "pace" in parameters:
        CLOCK.go_at(float(parameters["pace"]))
    CLOCK.forward(float(parameters.get("forward_seconds", 0)))
    waiting = [{"in_seconds": round(seconds, 3), "what": what} for seconds, what in CLOCK.waiting()]
    return {"now": round(CLOCK.now(), 3), "pace": CLOCK.pace, "waiting": waiting}


def _crowd(parameters: Told) -> Told:
    """Put `count` versions of `size` bytes into a bucket, under a prefix, without an upload for each."""
    # Loads moto, which reads its settings then: not before `sandbox.configuration` has made them.
    from sandbox.gaps.s3_versions import fill_bucket

    fill_bucket(
        str(parameters["bucket"]),
        str(parameters.get("prefix", "")),
        int(parameters["count"]),
        int(parameters.get("size", 0)),
    )
    return {"bucket": parameters["bucket"], "versions": int(parameters["count"])}


LEVERS: dict[str, Callable[[Told], Told]] = {"/_sandbox/clock": _clock, "/_sandbox/crowd": _crowd}


def answer_of(environ: Environ) -> tuple[str, Told] | None:
    """Return status and JSON for a request to a lever, or None where it is to none of them."""
    lever = LEVERS.get(str(environ.get("PATH_INFO", "")))
    if lever is None:
        return None
    body = body_of(environ)
    try:
        parameters = json.loads(body or b"{}")
        return "200 OK", lever(parameters)
    except (ValueError, KeyError, TypeError) as unusable:
        return "400 Bad Request", {"problem": f"{type(unusable).__name__}: {unusable}"}
