"""``manage.py grant_portal``: gives the role that the portal runs as its rights, and no others."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from registry.database_rights import RoleRefusedError, prepare, role_in


class Command(BaseCommand):
    help = "As the owner: make the role of HOMEROOM_PORTAL_DATABASE_URL, and give it rights to rows alone."

    def handle(self, *args: Any, **options: Any) -> None:
        role = role_in(settings.PORTAL_DATABASE_URL)
        if not role.name or not role.password:
            raise CommandError("Set HOMEROOM_PORTAL_DATABASE_URL to the address with which the portal comes in.")
        try:
            prepare(role)
        except RoleRefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"The role {role.name} works with rows alone.")
