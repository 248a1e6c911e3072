"""Runs one invocation of a Python function, as a program: FOLDER RUNTIME HANDLER REQUEST TIMEOUT.

Reads FOLDER/event.json, imports the handler from FOLDER/task, writes FOLDER/answer.json. Started with `-I -S`, it has
the archive, RUNTIME and the standard library on its path, as Lambda has.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import time
from pathlib import Path


class Context:
    """What a handler is given beside the event."""

    def __init__(self, request: str, timeout: float) -> None:
        self.aws_request_id = request
        self._ends = time.monotonic() + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Return how much of the timeout is left."""
        return max(0, int((self._ends - time.monotonic()) * 1000))


def main() -> int:
    """Run it; the exit status is 0 also where the function raised: the answer says so."""
    folder, runtime, handler, request = Path(sys.argv[1]), *sys.argv[2:5]
    timeout = float(sys.argv[5])
    # Lambda's runtime has this handler on the root logger from the start.
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s] %(asctime)s %(message)s")
    sys.path[:0] = [str(folder / "task"), runtime]
    module, _, name = handler.rpartition(".")
    try:
        function = getattr(importlib.import_module(module.replace("/", ".")), name)
        payload = function(json.loads((folder / "event.json").read_text()), Context(request, timeout))
        answer = {"failed": False, "payload": payload}
    except Exception as error:
        logging.getLogger().exception("[ERROR] %s", type(error).__name__)
        answer = {"failed": True, "payload": {"errorMessage": str(error), "errorType": type(error).__name__}}
    (folder / "answer.json").write_text(json.dumps(answer))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
