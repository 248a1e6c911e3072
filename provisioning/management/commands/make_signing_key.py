"""Makes the key by which the portal signs certificates of removal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from provisioning.teardown.certificates import signing_key
from provisioning.teardown.signatures import make_key


class Command(BaseCommand):
    help = "Makes the portal's signing key (Ed25519) at HOMEROOM_SIGNING_KEY; never replaces one."

    def handle(self, *args: Any, **options: Any) -> None:
        path = signing_key()
        try:
            key = make_key(path)
        except FileExistsError:
            raise CommandError(
                f"{path} is there already: what it signed is verified by it. Move it away first."
            ) from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Made {path}. Keep it from everybody but the workers. Key id: {key.key_id}")
