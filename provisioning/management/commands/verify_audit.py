"""``manage.py verify_audit``: computes the audit record's hash chain anew; ends with 1 where it does not hold."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from engine.errors import AwsUnavailableError
from provisioning.evidence.anchors import AnchorUnreadableError, anchors_in_bucket, read_anchors
from registry.audit.chain import verify


class Command(BaseCommand):
    help = (
        "Verify the hash chain over the audit record, and print its last hash: note it where the portal cannot write."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--expect", default="", metavar="HASH", help="a hash noted before; it has to be a link's")
        parser.add_argument(
            "--anchor",
            nargs="*",
            metavar="FILE",
            type=Path,
            help="hold the chain against anchors: those of the evidence bucket, or of these files, one a line",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = self._anchors(options["anchor"])
        result = verify(actor=None, expected=options["expect"].strip().lower(), anchors=anchors)
        if not result.intact:
            raise CommandError(f"The chain is broken. {result.problem}")
        anchored = f", {len(anchors)} anchors held" if anchors else ""
        self.stdout.write(f"{result.events} events, last hash {result.head}{anchored}.")

    def _anchors(self, files: list[Path] | None) -> dict[int, str]:
        if files is None:
            return {}
        if not files and not settings.EVIDENCE_BUCKET:
            raise CommandError("Name files with anchors, or set HOMEROOM_EVIDENCE_BUCKET.")
        try:
            lines = [line for file in files for line in file.read_text().splitlines() if line.strip()]
            anchors = read_anchors(lines) if files else anchors_in_bucket()
        except (OSError, AnchorUnreadableError, AwsUnavailableError) as error:
            raise CommandError(str(error)) from error
        if not anchors:
            raise CommandError("There is no anchor: nothing is proven by them.")
        return anchors
