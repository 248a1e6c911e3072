"""`python -m benchmarks.lenient_aws`: the embedded AWS without its strictness, to compare with.

It takes the arguments of `python -m sandbox`. It knows whose a request is, as state and account depend on it; it asks
no policy, checks no request against the service's model, and does nothing later than it is asked.
"""

from __future__ import annotations

from typing import Any

from sandbox import server
from sandbox.__main__ import main
from sandbox.authorization.gate import Gate
from sandbox.configuration import configure
from sandbox.requests.checking import Requests


def _nothing(*_: Any) -> None:
    """Find nothing wrong."""


def _configure(**options: bool) -> None:
    """Configure moto, and take the checks out of this process."""
    configure(**options, lives=False)
    Gate.refusal = _nothing  # type: ignore[method-assign]
    Requests.fault_in = _nothing  # type: ignore[method-assign]


if __name__ == "__main__":
    server.configure = _configure
    main()
