"""Makes stacks as long as its standard input is open: loading CDKTF takes seconds, a further stack a moment.

Prints where it listens, as one line of JSON. A request is kind, specification and folder; the answer is empty, or says
what went wrong.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import traceback
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

from infra.platform_spec import parse_platform_spec
from infra.spec import SpecError, parse_spec
from infra.synthesis import write, write_platform


def _end_with_parent() -> None:
    sys.stdin.read()
    # CDKTF's own process ends with this one, whose pipe it reads.
    os._exit(0)


def made(kind: str, spec: dict[str, Any], folder: Path) -> str:
    """Write a stack and return nothing, or what went wrong."""
    try:
        if kind == "platform":
            write_platform(parse_platform_spec(spec), folder)
        else:
            write(parse_spec(spec), folder)
    except SpecError as error:
        return str(error)
    except Exception:  # noqa: BLE001 - the next request is another one's; this one's sender shows it
        return traceback.format_exc()
    return ""


def main() -> None:
    """Answer one request after the other."""
    key = secrets.token_bytes(16)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with Listener(("127.0.0.1", 0), authkey=key) as listener:
        host, port = listener.address
        sys.stdout.write(json.dumps({"host": host, "port": port, "key": key.hex()}) + "\n")
        sys.stdout.flush()
        while True:
            with listener.accept() as connection:
                kind, spec, folder = connection.recv()
                connection.send(made(kind, spec, Path(folder)))


if __name__ == "__main__":
    main()
