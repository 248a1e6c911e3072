"""``manage.py preflight ACCOUNT_ID``: whether runs would come through in an account and region; changes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from provisioning.models import PreflightVerdict
from provisioning.preflight.check import look_and_store
from registry.districts.models import AwsAccount
from registry.districts.registration import DEFAULT_REGION

MARKS = {"fine": "ok ", "warning": "!  ", "refused": "XX "}


class Command(BaseCommand):
    help = "Look whether runs would come through in an account and region. Exit status 1 where one would fail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id")
        parser.add_argument("--region", default=DEFAULT_REGION)
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--details", action="store_true", help="print AWS's own words and whole lists as well")

    def handle(self, *args: Any, **options: Any) -> None:
        account = AwsAccount.objects.filter(account_id=options["account_id"]).first()
        if account is None:
            raise CommandError(f"There is no AWS account {options['account_id']}. `manage.py add_account` adds it.")
        row = look_and_store(account, options["region"])
        if options["json"]:
            self.stdout.write(json.dumps(row.findings, indent=1))
        else:
            self._print(row.findings, details=options["details"])
            self.stdout.write(f"{account}, {row.region}: looked at in {row.seconds:.0f} s.")
        if row.refused:
            raise CommandError(f"{len(row.refused)} lines would make a run fail.", returncode=1)

    def _print(self, findings: list[dict[str, str]], *, details: bool) -> None:
        for finding in findings:
            self.stdout.write(
                f"{MARKS[PreflightVerdict(finding['verdict']).value]} {finding['check']}: {finding['told']}"
            )
            if finding["remedy"]:
                self.stdout.write(f"      {finding['remedy']}")
            if details and finding["detail"]:
                self.stdout.write("".join(f"      {line}\n" for line in finding["detail"].splitlines()))
