"""``python -m portal.healthcheck``: asks the web server beside it whether it is ready, as a container's health check.

It names a host that the server answers to, which a plain request to the loopback address would not.
"""

from __future__ import annotations

import http.client
import os
import sys

PORT, TIMEOUT_SECONDS = 8000, 3
PATH = "/readyz"


def host() -> str:
    """Return the first of the allowed hosts; a pattern for subdomains stands for its domain."""
    first = os.environ.get("HOMEROOM_ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return first if first not in {"", "*"} else "localhost"


def main() -> int:
    """Exit with 0 when the server says that it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", PATH, headers={"Host": host(), "X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
    except OSError as error:
        sys.stderr.write(f"The web server does not answer: {error}.\n")
        return 1
    if answer.status != http.client.OK:
        sys.stderr.write(f"The web server is not ready: status {answer.status}.\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
