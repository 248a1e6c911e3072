"""Says whether an evidence package is whole and signed by this portal, or by a key that is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provisioning.evidence.verifying import verify_package
from provisioning.teardown.certificates import portal_key
from provisioning.teardown.signatures import KeyProblemError, NotGenuineError, public_key


class Command(BaseCommand):
    help = "Verifies list, files, signature and chain of an evidence package; exit status 0 for a genuine one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", type=Path, action="append", default=[], help="a public key to trust instead of the portal's own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            given = [public_key(path) for path in options["key"]]
            keys = given or [key for key in [portal_key()] if key is not None]
            verified = verify_package(options["file"], {key.key_id for key in keys})
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except (KeyProblemError, NotGenuineError) as error:
            raise CommandError(f"Not genuine. {error}") from error
        document = verified.document
        self.stdout.write(
            f"Genuine: evidence from {document['since']} to {document['until']}, {len(document['files'])} files, "
            f"{verified.events} audit events."
        )
