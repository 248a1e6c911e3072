"""Runs the demo. ``FRESH=1`` begins with nothing; ``ONCE=1`` proves the whole way in a folder of its own and ends.

``SIZE``, ``ENVIRONMENT`` and ``EGRESS`` choose the example district's stack; ``OPEN=0`` keeps the browser closed.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import signal
import sys
import time
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from devtools.demo import account, commands, district, people, pipeline, pulled
from devtools.demo.evidence import prove_record
from devtools.demo.issuer import Issuer
from devtools.demo.proof import prove
from devtools.demo.watching import RunFailedError, wait
from devtools.paths import VAR
from devtools.services.portal import Portal, running_portal
from devtools.services.sign_in_providers import OPENID, SAML, running_provider
from devtools.setup import EXECUTABLE
from infra.naming import suffix_for
from processes.errors import RemediedError
from processes.process import Service, answers, free_port

PORT = 8000


def flag(name: str) -> bool:
    """Return whether a variable of make is set to something that means yes."""
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def say_step(text: str) -> None:
    """Print a line below the one that it belongs to."""
    say(f"  {text}")


def set_up_django(variables: Mapping[str, str]) -> None:
    """Make this process one of the portal's, with its services at hand."""
    os.environ.update(variables)
    import django

    django.setup()
    # What the demonstration says is for a person; what its services say stands in their logs.
    logging.getLogger("provisioning").setLevel(logging.WARNING)


def prepare(variables: Mapping[str, str], passwords: dict[str, str]) -> None:
    """Create the users before anybody can look."""
    set_up_django(variables)
    people.create(passwords)


def end_by_signal(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that every process is stopped."""
    raise KeyboardInterrupt


def show_office(issuer: Issuer) -> None:
    """Print where the data office's pages are, and where its people get a token."""
    existing = district.existing()
    address = pipeline.outputs(existing).get("service_url") if existing else None
    if address:
        say(f"The data office     {address}/")
        if existing and existing.oidc_client_id:
            say("  sign in there     as one of the district's made-up people")
        say(f"  a token for it    {issuer.token_url}")


def show_addresses(portal: Portal, passwords: Mapping[str, str]) -> None:
    """Print where the portal is and who can sign in."""
    say("")
    say(f"Homeroom is at      {portal.url}/")
    say(f"The admin site      {portal.url}/admin/")
    say(f"The embedded AWS    {portal.aws_url}/")
    say("Sign in as")
    for username, password in passwords.items():
        say(f"  {username:<10} {password}")
    say("or with a stand-in for an organization's provider (OpenID Connect or SAML), as one of its people;")
    say("its page has hostile answers to choose from too, none of which lets anybody in.")
    say("Ctrl-C stops everything.")


def show_commands(portal: Portal, token: Path, suffix: str, environment: str) -> None:
    """Print how the same is done from a shell."""
    say("From a shell, as the operator, where make setup has installed the command line")
    for line in commands.opening(portal.url, token, EXECUTABLE):
        say_step(line)
    say("a district's life is")
    for line in commands.lines(suffix, environment):
        say_step(line)


def stay(services: Sequence[Service]) -> None:
    """Wait for Ctrl-C; raises ServiceFailedError when a process ends by itself."""
    while True:
        for service in services:
            if not service.is_running:
                raise service.failure(f"{service.name} ended")
        time.sleep(1.0)


def open_browser(url: str) -> None:
    """Open the portal where a person sits in front of a screen."""
    if (
        os.environ.get("OPEN", "1") != "0"
        and sys.stdout.isatty()
        and (os.environ.get("DISPLAY") or sys.platform == "darwin")
    ):
        webbrowser.open(url)


def demo(folder: Path, example: district.Example) -> None:
    """Start everything, have the example district, and stay."""
    if flag("FRESH"):
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    passwords = people.passwords(folder / "passwords.json")
    port = free_port() if answers(PORT) else PORT
    source_port = pulled.reserve()
    say("Starting")
    with (
        district.issuing(folder, example.environment) as issuer,
        running_provider(OPENID, folder / "providers") as openid,
        running_provider(SAML, folder / "providers") as saml,
        running_portal(
            folder,
            port=port,
            more={**openid.openid_variables, **saml.saml_variables(folder), **account.EVIDENCE},
            processes=True,
            say=say_step,
            before_web=lambda variables: prepare(variables, passwords),
            enter=lambda url: account.open_account(folder, url),
        ) as portal,
    ):
        show_addresses(portal, passwords)
        open_browser(portal.url)
        say("")
        if lost := district.lose_old_runs():
            say(f"Runs that the last stop cut off are taken over: {', '.join(f'#{number}' for number in lost)}.")
        runs = district.deploy_again()
        if runs:
            say("The embedded AWS starts empty: the districts of before are deployed again.")
        if district.existing() is None:
            say(f"Registering {district.NAME}")
            runs.append(district.register(example, issuer=issuer, folder=folder))
        for run in runs:
            say(f"{run.district.name}: {portal.url}/runs/{run.number}")
            wait(run, portal.services, say_step)
        if (existing := district.existing()) is not None and existing.oidc_issuer == issuer.name:
            say(f"Results of three schools for {existing.name}")
            pipeline.show_pipeline(existing, portal, issuer, folder, say_step, source_port=source_port)
        show_addresses(portal, passwords)
        show_office(issuer)
        people.token(folder / "operator-token")
        suffix = suffix_for(district.SLUG, example.environment)
        show_commands(portal, folder / "operator-token", suffix, example.environment)
        stay([*portal.services.values(), openid.service, saml.service])


def once(example: district.Example) -> dict[str, float | int | bool]:
    """Prove the whole way in a folder of its own, which goes when all went well."""
    folder = VAR / f"once-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    passwords = people.passwords(folder / "passwords.json")
    source_port = pulled.reserve()
    say("Starting")
    with (
        district.issuing(folder, example.environment) as issuer,
        running_portal(
            folder,
            more=account.EVIDENCE,
            processes=True,
            say=say_step,
            before_web=lambda variables: prepare(variables, passwords),
            enter=lambda url: account.open_account(folder, url),
        ) as portal,
    ):
        say(f"Registering {district.NAME}")
        requested = district.register(example, issuer=issuer, folder=folder)
        run = wait(requested, portal.services, say_step)
        say("Results of three schools")
        measured = pipeline.show_pipeline(run.district, portal, issuer, folder, say_step, source_port=source_port)
        figures = prove(portal, run, say_step) | prove_record(portal, say_step) | measured
        if not measured["analytics_ok"] or measured["rotation_under_load_errors"]:
            raise RunFailedError(f"The pipeline's proof failed: {json.dumps(figures)}", remedy="Read the lines above.")
    shutil.rmtree(folder)
    return figures


def main() -> int:
    """Run the demo; exit status 1 with the reason when something went wrong."""
    signal.signal(signal.SIGTERM, end_by_signal)
    example = district.Example.chosen(os.environ)
    try:
        if flag("ONCE"):
            print(json.dumps(once(example)), flush=True)
        else:
            demo(VAR / "demo", example)
    except RemediedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped; nothing is left running.")
        return 130 if flag("ONCE") else 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
