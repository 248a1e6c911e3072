"""The process that serves the commands of one test session: run as ``python -I -S keeper.py``, standard library only.

A command (see program.py) says who it is and keeps its connection for as long as it runs: when it ends, however that
is, what was made for it ends too. What the keeper keeps for the next command ends with the keeper, by SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Run by itself, in isolation: the project's own folder is not on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from devtools.lean_terraform.connection import Connection
from devtools.lean_terraform.prepared import LOCK_FILE, SOURCE, Prepared, prepare
from devtools.lean_terraform.providers import Place, Provider, Providers
from devtools.lean_terraform.schema import cut

TYPE = re.compile(rb"\baws_[a-z0-9_]+")
SOCKETS = "terraform-providers-"
CONFIGURATION = ("*.tf", "*.tf.json", "*.tfstate")


class Keeper:
    """All that runs for one session."""

    def __init__(self, prepared: Prepared, sockets: Path) -> None:
        self.prepared = prepared
        self.sockets = sockets
        self.providers = Providers(prepared.provider, sockets)
        self.types: set[str] = set()
        """Of every command so far: a state may hold what a later configuration no longer has."""
        self.whole: bytes | None = None
        self.numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one command until it has ended."""
        command = json.loads(await reader.readline())
        folder = Path(command["folder"])
        if command["arguments"][:1] == ["init"]:
            self._lock(folder)
        socket = self.sockets / f"{next(self.numbers)}"
        place = Place.of(folder, command["environment"])
        connections: set[asyncio.Task[None]] = set()

        def connected(inner: asyncio.StreamReader, outer: asyncio.StreamWriter) -> None:
            connections.add(asyncio.ensure_future(self._connection(place, inner, outer)))

        server = await asyncio.start_unix_server(connected, socket)
        try:
            writer.write(json.dumps(attached(socket)).encode() + b"\n")
            await reader.read()
        finally:
            server.close()
            socket.unlink(missing_ok=True)
            writer.close()
            await asyncio.gather(*connections)

    async def _connection(self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken: list[Provider] = []

        async def dial() -> Path:
            taken.append(await self.providers.take(place))
            return taken[0].socket

        connection = Connection(reader, writer, schema=lambda: self._schema(place.folder), learn=self._learn, dial=dial)
        try:
            await connection.serve()
        finally:
            for provider in taken:
                self.providers.give_back(place, provider, clean=connection.is_clean)

    def _lock(self, folder: Path) -> None:
        """Give a folder the lock file that Terraform would write: it writes none for what it attaches to."""
        with contextlib.suppress(FileExistsError), (folder / LOCK_FILE).open("x") as file:
            file.write(self.prepared.lock_file)

    def _schema(self, folder: Path) -> bytes | None:
        """Return the schema of the types at hand; None where the provider has not told it yet."""
        if self.whole is None and self.prepared.schema.exists():
            self.whole = self.prepared.schema.read_bytes()
        for pattern in CONFIGURATION:
            for path in folder.rglob(pattern):
                self.types |= {name.decode() for name in TYPE.findall(path.read_bytes())}
        return None if self.whole is None else cut(self.whole, self.types)

    def _learn(self, schema: bytes) -> None:
        part = self.prepared.schema.with_suffix(f".{os.getpid()}")
        part.write_bytes(schema)
        part.replace(self.prepared.schema)


def attached(socket: Path) -> Mapping[str, Any]:
    """Return the variables by which Terraform attaches to a provider (go-plugin: ReattachConfig)."""
    address = {"Network": "unix", "String": str(socket)}
    reattach = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
    return {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: reattach})}


def sweep(folder: Path) -> None:
    """Remove what keepers have left that were killed."""
    for leftover in folder.glob(f"{SOCKETS}*-*"):
        owner = leftover.name.removeprefix(SOCKETS).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(leftover, ignore_errors=True)


async def keep(keeper: Keeper, told_at: Path) -> None:
    """Serve commands until SIGTERM; write to `told_at` where, once a command can come."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    address = keeper.sockets / "keeper"
    server = await asyncio.start_unix_server(keeper.serve, address)
    part = told_at.with_suffix(".part")
    part.write_text(str(address))
    part.replace(told_at)
    try:
        await over.wait()
    finally:
        told_at.unlink(missing_ok=True)
        server.close()
        keeper.providers.end()


def main() -> int:
    """Keep providers for the Terraform that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--told-at", type=Path, required=True, help="the file that will say where the keeper listens")
    parser.add_argument("--home", type=Path, required=True, help="the folder of what is found out once")
    parser.add_argument("--terraform", type=Path, required=True)
    parser.add_argument("--version", required=True, help="the provider's")
    options = parser.parse_args()
    prepared = prepare(options.home, options.terraform, options.version, os.environ)
    # Not below the project's folder: a socket's path has room for some hundred characters.
    sweep(Path(tempfile.gettempdir()))
    sockets = Path(tempfile.mkdtemp(prefix=f"{SOCKETS}{os.getpid()}-"))
    try:
        asyncio.run(keep(Keeper(prepared, sockets), options.told_at))
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
