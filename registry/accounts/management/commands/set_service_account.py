"""``manage.py set_service_account NAME --role Operator``: makes an account for a program, or changes its role."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from registry.accounts.roles import Role
from registry.accounts.services import set_service_account


class Command(BaseCommand):
    help = "Create a service account, or set the role of one. It has no password: an administrator makes its tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=[role.value for role in Role], required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            set_service_account(username=options["username"], role=Role(options["role"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{options['username']} has the role {options['role']}.")
