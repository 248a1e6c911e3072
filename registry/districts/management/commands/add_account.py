"""``manage.py add_account NAME ACCOUNT_ID``: adds an AWS account that districts can be placed in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.districts.accounts import Access, AccountRefusedError, add_account


class Command(BaseCommand):
    help = "Add an AWS account that districts can be placed in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("account_id")
        parser.add_argument("--role-arn", default="", help="the account's deploy role, when it is not the worker's own")
        parser.add_argument("--external-id", default="", help="what the role's trust policy asks for")
        parser.add_argument("--boundary-arn", default="", help="the boundary of every role that a district gets")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            access = Access(
                role_arn=options["role_arn"],
                external_id=options["external_id"],
                permissions_boundary_arn=options["boundary_arn"],
            )
            account = add_account(name=options["name"], account_id=options["account_id"], actor=None, access=access)
        except AccountRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Districts can be placed in {account}.")
