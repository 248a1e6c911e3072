"""Starts the AWS provider as a server that Terraform can attach to, and keeps a few that are idle for the next command.

Whoever takes one has it alone: a provider serves one configuration at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
START_SECONDS = 60.0
IDLE = 3
"""How many idle ones are kept: each takes up to 100 MB."""
QUIET = dict.fromkeys(("TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_PROTO"), "off")
"""Started for a debugger, a provider writes all that it does."""
GIVEN = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "GOGC", "HOME", "PATH", "TZ")
"""What of a command's environment its provider gets."""
NOT_GIVEN = frozenset({"AWS_CA_BUNDLE"})
"""With it a provider cannot be configured twice ("unable to add custom RootCAs HTTPClient")."""

_libc = ctypes.CDLL(None)


class ProviderFailedError(RuntimeError):
    """The provider did not start; carries its words."""


@dataclass(frozen=True)
class Place:
    """Where a provider works: the folder, of which it reads files, what tells it from a later one, the environment."""

    folder: Path
    inode: int
    environment: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, folder: Path, environment: Mapping[str, str]) -> Place:
        """Return the place of a command."""
        variables = {
            name: value for name, value in environment.items() if name.startswith(GIVEN) and name not in NOT_GIVEN
        }
        return cls(folder, folder.stat().st_ino, tuple(sorted(variables.items())))


@dataclass(frozen=True)
class Provider:
    """A running provider and the socket that it listens on."""

    process: asyncio.subprocess.Process
    socket: Path

    def kill(self) -> None:
        """End it at once, as Terraform does with its own."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.socket.unlink(missing_ok=True)


class Providers:
    """Those that run: taken ones, and idle ones by place."""

    def __init__(self, program: Path, sockets: Path) -> None:
        self.program = program
        self.sockets = sockets
        self.idle: list[tuple[Place, Provider]] = []
        self.taken: set[Provider] = set()

    async def take(self, place: Place) -> Provider:
        """Return one for a place, an idle one if there is one; raises ProviderFailedError."""
        for number, (where, provider) in enumerate(self.idle):
            if where == place and provider.process.returncode is None:
                del self.idle[number]
                break
        else:
            provider = await self._start(place)
        self.taken.add(provider)
        return provider

    def give_back(self, place: Place, provider: Provider, *, clean: bool) -> None:
        """Keep one for the next command, and end the one that has been idle longest; an unclean one is ended."""
        self.taken.discard(provider)
        if not clean:
            provider.kill()
            return
        self.idle.append((place, provider))
        while len(self.idle) > IDLE:
            self.idle.pop(0)[1].kill()

    def end(self) -> None:
        """End all of them."""
        for provider in [*self.taken, *(provider for _, provider in self.idle)]:
            provider.kill()
        self.idle, self.taken = [], set()

    async def _start(self, place: Place) -> Provider:
        process = await asyncio.create_subprocess_exec(
            str(self.program),
            "-debug",
            cwd=place.folder,
            env={**dict(place.environment), **QUIET, "PLUGIN_UNIX_SOCKET_DIR": str(self.sockets)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        assert process.stdout is not None
        output = b""
        try:
            async with asyncio.timeout(START_SECONDS):
                while b"}}}'" not in output:
                    line = await process.stdout.readline()
                    if not line:
                        raise ProviderFailedError(f"the provider did not start: {output.decode(errors='replace')}")
                    output += line
        except TimeoutError as error:
            process.kill()
            raise ProviderFailedError(f"the provider did not start within {START_SECONDS:.0f} s") from error
        (attached,) = json.loads(output.split(b"'")[1]).values()
        return Provider(process, Path(attached["Addr"]["String"]))


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
