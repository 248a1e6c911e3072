"""``manage.py set_user NAME --role Administrator``: makes a user, or gives one a new role and password."""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from registry.accounts.roles import Role
from registry.accounts.services import set_user

VARIABLE = "HOMEROOM_NEW_PASSWORD"


class Command(BaseCommand):
    help = f"Create a user, or set the role and password of one. The password is asked for, or read from {VARIABLE}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=[role.value for role in Role], required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get(VARIABLE) or getpass.getpass("Password: ")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            set_user(username=options["username"], password=password, role=Role(options["role"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{options['username']} has the role {options['role']}.")
