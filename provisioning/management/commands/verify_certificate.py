"""Says whether a certificate's file is whole and signed by this portal, or by a key that is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provisioning.teardown.certificates import portal_key
from provisioning.teardown.signatures import KeyProblemError, NotGenuineError, public_key, verify


class Command(BaseCommand):
    help = "Verifies hash and signature of a certificate of removal; exit status 0 for a genuine one, 1 otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", type=Path, action="append", default=[], help="a public key to trust instead of the portal's own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        trusted = {key.key_id for key in self._keys(options["key"])}
        try:
            document = verify(options["file"].read_text(encoding="utf-8"), trusted)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except (NotGenuineError, UnicodeDecodeError) as error:
            raise CommandError(f"Not genuine. {error}") from error
        district = document.get("district", {})
        self.stdout.write(
            f"Genuine: certificate {document.get('certificate')} of the removal of {district.get('name')} "
            f"({district.get('suffix')}), issued {document.get('issued_at')}."
        )

    def _keys(self, paths: list[Path]) -> list[Any]:
        try:
            keys = [public_key(path) for path in paths]
        except KeyProblemError as error:
            raise CommandError(str(error)) from error
        if keys:
            return keys
        own = portal_key()
        if own is None:
            raise CommandError("This portal has no signing key here. Give the public key by --key.")
        return [own]
