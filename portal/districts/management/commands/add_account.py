"""``manage.py add_account NAME ACCOUNT_ID``: adds an AWS account that districts can be placed in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.districts.accounts import AccountRefused, add_account


class Command(BaseCommand):
    help = "Add an AWS account that districts can be placed in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("account_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = add_account(name=options["name"], account_id=options["account_id"], actor=None)
        except AccountRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Districts can be placed in {account}.")
