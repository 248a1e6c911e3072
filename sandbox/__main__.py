"""The command `python -m sandbox`: serve the embedded AWS until SIGTERM or SIGINT.

Never keeps anything: its state ends with the process.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sandbox.server import serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The embedded AWS of Homeroom.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address to bind (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--ready-file", type=Path, help="a file that receives the URL once requests are answered")
    parser.add_argument(
        "--processes",
        type=Path,
        metavar="FOLDER",
        help="run databases, caches, tasks and functions as processes, with their files in this folder of their own",
    )
    parser.add_argument("--control", type=Path, metavar="SOCKET", help="a socket by which copies of it are asked for")
    parser.add_argument("--while-locked", type=Path, metavar="FILE", help="end when nobody holds this file's lock")
    parser.add_argument("--record", type=Path, metavar="FILE", help="add a line of JSON for each call to this file")
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="a file that receives the administrator's access key, for AWS_SHARED_CREDENTIALS_FILE; "
        "without it the key has to be in the environment",
    )
    arguments = parser.parse_args()
    try:
        serve(
            host=arguments.host,
            port=arguments.port,
            ready_file=arguments.ready_file,
            processes=arguments.processes,
            control=arguments.control,
            while_locked=arguments.while_locked,
            record=arguments.record,
            credentials=arguments.credentials,
            announce=lambda url: print(url, flush=True),
        )
    except ValueError as refused:
        parser.error(str(refused))


if __name__ == "__main__":
    main()
