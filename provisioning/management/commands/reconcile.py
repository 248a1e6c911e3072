"""Compares the portal with the state bucket after a restored backup, and has every live district checked."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engine.errors import AwsUnavailableError
from provisioning.terraform_state.reconciliation import reconcile


class Command(BaseCommand):
    help = "Compare districts with the Terraform states in the bucket, and ask for a drift check of each live district."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = reconcile()
        except AwsUnavailableError as error:
            raise CommandError(f"{error.summary} {error.remedy}\n{error.detail}") from error
        for remark in result.remarks:
            self.stdout.write(f"{remark.suffix}: {remark.sentence}")
        checks = "1 district is checked" if len(result.runs) == 1 else f"{len(result.runs)} districts are checked"
        self.stdout.write(f"{checks} for drift; {len(result.remarks)} remarks.")
