"""``manage.py verify_audit``: computes the audit record's hash chain anew; ends with 1 where it does not hold."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.audit.chain import verify


class Command(BaseCommand):
    help = (
        "Verify the hash chain over the audit record, and print its last hash: note it where the portal cannot write."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--expect", default="", metavar="HASH", help="a hash noted before; it has to be a link's")

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify(actor=None, expected=options["expect"].strip().lower())
        if not found.intact:
            raise CommandError(f"The chain is broken. {found.problem}")
        self.stdout.write(f"{found.events} events, last hash {found.head}.")
