"""``manage.py state show|push|discard|release SUFFIX``: what is kept of a district's state, and its lock.

Runs where a worker runs: `show` and `release` read the state bucket.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engine.errors import AwsUnavailableError
from provisioning.errors import ServiceRefusedError
from provisioning.models import ErroredState
from provisioning.terraform_state.locks import look_at_lock, release
from provisioning.terraform_state.service import checked_reason, discard_kept, request_push
from registry.districts.models import District


class Command(BaseCommand):
    help = "Show a district's kept states and its lock; push or discard a kept state, release the lock."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        for act, help_text in (
            ("show", "what is kept, and who holds the lock"),
            ("push", "ask for a plan, which pushes what is kept first"),
            ("discard", "discard a kept state: what it alone knows is adopted, or lost"),
            ("release", "release the lock, unless a Terraform of ours may hold it"),
        ):
            subparser = acts.add_parser(act, help=help_text)
            subparser.add_argument("suffix", help="the district's, such as maple-sbx")
            if act != "show":
                subparser.add_argument("--reason", required=True, help="goes to the audit log")
            if act == "discard":
                subparser.add_argument(
                    "--kept", required=True, type=int, help="the kept state's number, as `show` prints it"
                )
            if act == "release":
                subparser.add_argument("--lock", required=True, help="the lock's id, as `show` prints it")

    def handle(self, *args: Any, **options: Any) -> None:
        district = District.objects.filter(suffix=options["suffix"]).order_by("-pk").first()
        if district is None:
            raise CommandError(f"There is no district {options['suffix']}.")
        try:
            getattr(self, f"_{options['act']}")(district, options)
        except ServiceRefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        except AwsUnavailableError as error:
            raise CommandError(f"{error.summary} {error.remedy}\n{error.detail}") from error

    def _show(self, district: District, options: dict[str, Any]) -> None:
        rows = ErroredState.objects.filter(run__district=district).select_related("run")
        for row in rows:
            where = row.host_name if row.place == "host" else row.get_place_display()
            self.stdout.write(
                f"kept state {row.pk}: run #{row.run.number}, serial {row.serial}, lineage {row.lineage or 'unknown'}, "
                f"SHA-256 {row.sha256}, found {row.found_at:%Y-%m-%d %H:%M} UTC, {where}"
            )
            if row.refusal:
                self.stdout.write(f"      it could not be pushed: {row.refusal}")
        if not rows:
            self.stdout.write("No state of this district was ever left unwritten.")
        lock = look_at_lock(district)
        self.stdout.write(f"lock {lock.id}: {lock.holder}" if lock else "Nobody holds the state's lock.")

    def _push(self, district: District, options: dict[str, Any]) -> None:
        run = request_push(district=district, reason=options["reason"], actor=None)
        self.stdout.write(f"Run #{run.number} pushes what is kept, then plans.")

    def _discard(self, district: District, options: dict[str, Any]) -> None:
        row = ErroredState.objects.filter(pk=options["kept"], run__district=district).first()
        if row is None:
            raise CommandError(f"Nothing is kept of {district.suffix} by the number {options['kept']}.")
        discard_kept(errored=row, reason=options["reason"], actor=None)
        self.stdout.write(f"The kept state {row.pk} of run #{row.run.number} is discarded.")

    def _release(self, district: District, options: dict[str, Any]) -> None:
        if why := release(district, options["lock"], checked_reason(options["reason"]), None):
            raise CommandError(f"The lock is not released. {why}")
        self.stdout.write(f"The lock {options['lock']} is released.")
