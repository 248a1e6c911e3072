"""Renews docs/images from a portal that is started for it, then every page's states in var/screenshots.

``STATES=0`` leaves the states out. The portal stands in a folder of its own, which goes when all went well.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from devtools.demo import account, people
from devtools.demo import district as example
from devtools.paths import ROOT, VAR
from devtools.screenshots.camera import Camera
from devtools.screenshots.walk import CLOSED_ACCOUNT, Walk
from devtools.services.chromium import running_browser
from devtools.services.portal import running_portal
from devtools.toolchain import browser as chromium
from processes.errors import RemediedError

IMAGES = ROOT / "docs" / "images"
LOOK_AT = (
    "tests/pages",
    "tests/journeys/test_console_parts_in_browser.py",
    "tests/processor/api/test_office_in_browser.py",
)
"""The tests that keep pictures where they are asked to."""
OFFICE = ("tests/processor/api/test_office_in_browser.py", "-k", "mapped_tried_stored_and_taken_back")
OFFICE_PICTURES = ("map-a-file", "try-a-file", "take-a-file-back")
"""Of the data office's own pages, which are no part of the portal: the test keeps them, and they are copied."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def prepare(folder: Path, variables: Mapping[str, str], passwords: dict[str, str]) -> None:
    """Create people and accounts; the role of the second account does not exist, so that a run in it fails."""
    os.environ.update(variables)
    import django

    django.setup()
    from registry.districts.accounts import Access, add_account

    people.create(passwords)
    own = Access(**account.access(folder))
    add_account(name=example.ACCOUNT_NAME, account_id=account.ACCOUNT_ID, actor=None, access=own)
    role = f"arn:aws:iam::{CLOSED_ACCOUNT}:role/homeroom-deploy"
    access = Access(role_arn=role, external_id="birch-4f1c2a9b7d", permissions_boundary_arn="")
    add_account(name="Birch Hill's own", account_id=CLOSED_ACCOUNT, actor=None, access=access)


def pictures() -> None:
    """Take the documentation's pictures."""
    folder = VAR / f"pictures-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    passwords = people.passwords(folder / "passwords.json")
    say("Starting a portal")
    with (
        running_portal(
            folder,
            before_web=lambda variables: prepare(folder, variables, passwords),
            enter=lambda url: account.open_account(folder, url),
        ) as portal,
        running_browser() as browser,
    ):
        camera = Camera(browser, portal.url, IMAGES)
        Walk(portal, camera, passwords, lambda text: say(f"  {text}")).go()
    shutil.rmtree(folder)
    for path in camera.taken:
        say(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB")


def office() -> int:
    """Have the test of the data office's pages keep its pictures, and copy them; return its exit status."""
    say("The data office")
    status = looked_at(*OFFICE)
    for name in OFFICE_PICTURES if not status else ():
        shutil.copyfile(VAR / "screenshots" / f"office-{name}.png", IMAGES / "data-office" / f"{name}.png")
    return status


def looked_at(*tests: str) -> int:
    """Run tests that keep pictures; return their exit status."""
    command = [sys.executable, "-m", "pytest", "-q", *tests]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"PICTURES": "1"}, check=False).returncode


def states() -> int:
    """Have the tests look at every page in every state, which keeps a picture of each; return their exit status."""
    say("Every page in every state")
    return looked_at(*LOOK_AT)


def main() -> int:
    """Renew all pictures; exit status 1 with the reason when something went wrong."""
    try:
        chromium.require()
        pictures()
    except RemediedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except AssertionError as error:
        print(f"\nA page is not as it ought to be. The portal's logs are kept below var/.\n{error}", file=sys.stderr)
        return 1
    status = office()
    return status or (states() if os.environ.get("STATES") != "0" else 0)


if __name__ == "__main__":
    raise SystemExit(main())
