"""The stand-ins for an organization's providers, OpenID Connect and SAML, each as a process of its own.

``python -m devtools.services.sign_in_providers openid --ready-file FILE`` serves one until it is ended, on a free port
of the loopback address unless ``--port`` names one. Its page to pick somebody on offers the hostile answers beside the
right one.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtools.environment import inherited
from devtools.services import identity_provider, saml_hostile, saml_provider
from processes.process import Service, running
from processes.whole_file import write_whole

START_SECONDS = 60.0
OPENID, SAML = "openid", "saml"


@dataclass(frozen=True)
class SignInProvider:
    """A running provider: its process and its address."""

    service: Service
    url: str

    @property
    def openid_variables(self) -> dict[str, str]:
        """The portal's variables that lead to this provider of OpenID Connect."""
        return identity_provider.variables(self.url)

    def saml_variables(self, folder: Path) -> dict[str, str]:
        """Return the portal's variables that lead to this SAML provider; its metadata is written into the folder."""
        return saml_provider.variables(self.metadata(), folder)

    def metadata(self) -> str:
        """Return what a SAML provider says of itself."""
        with urllib.request.urlopen(f"{self.url}/metadata", timeout=START_SECONDS) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def running_provider(kind: str, folder: Path) -> Iterator[SignInProvider]:
    """Run a provider (`OPENID` or `SAML`), whose log and address stand in the folder; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / f"{kind}-provider.url"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", __name__, kind, "--ready-file", str(ready)]
    log = folder / f"{kind}-provider.log"
    with running(f"Stand-in {kind} provider", command, log=log, environment=inherited()) as service:
        service.wait_until(ready.exists, seconds=START_SECONDS, what="answering")
        yield SignInProvider(service, ready.read_text())


def serve(kind: str, port: int, ready: Path) -> None:
    """Serve until SIGTERM or SIGINT; the file appears, whole, when the provider answers, and holds its address."""
    ending = {signal.SIGTERM, signal.SIGINT}
    # Blocked before there is a thread: all of them leave both to the wait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    started: contextlib.AbstractContextManager[identity_provider.Provider | saml_provider.Provider] = (
        identity_provider.running_identity_provider(port, identity_provider.HOSTILE)
        if kind == OPENID
        else saml_provider.running_saml_provider(port, saml_hostile.HOSTILE)
    )
    with started as provider:
        write_whole(ready, provider.url)
        signal.sigwait(ending)


def main() -> int:
    """Serve the provider that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[OPENID, SAML])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file", type=Path, required=True)
    arguments = parser.parse_args()
    serve(arguments.kind, arguments.port, arguments.ready_file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
