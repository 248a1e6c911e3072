"""``manage.py set_quota ACCOUNT_ID CODE LIMIT``: has a limit count in the place of the one that is read from AWS."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engine.aws.quotas import KINDS
from provisioning.capacity.quotas import set_limit
from provisioning.errors import ServiceRefusedError
from registry.districts.models import AwsAccount
from registry.districts.registration import DEFAULT_REGION


class Command(BaseCommand):
    help = "Set the limit of a quota of an account, or `read` to let the one count that AWS says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id")
        parser.add_argument(
            "code", help=", ".join(f"{code} ({kind.name})" for code, kind in KINDS.items()) + "; or all"
        )
        parser.add_argument("limit", help="a number, or `read`")
        parser.add_argument("--region", default=DEFAULT_REGION)

    def handle(self, *args: Any, **options: Any) -> None:
        account = AwsAccount.objects.filter(account_id=options["account_id"]).first()
        if account is None:
            raise CommandError(f"There is no AWS account {options['account_id']}. `manage.py add_account` adds it.")
        try:
            limit = None if options["limit"] == "read" else float(options["limit"])
            for code in KINDS if options["code"] == "all" else [options["code"]]:
                set_limit(account=account, region=options["region"], code=code, limit=limit, actor=None)
        except ValueError:
            raise CommandError(f"{options['limit']} is no number.") from None
        except ServiceRefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{account}, {options['region']}: {options['code']} is {options['limit']}.")
