"""Terraform itself against the sandbox: apply, an empty second plan, destroy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sandbox.launch import Sandbox

CONFIGURATION = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
provider "aws" {
  region = "us-east-1"
  default_tags { tags = { Suffix = "small-sbx" } }
}
resource "aws_elasticache_parameter_group" "cache" {
  name   = "cache-small-sbx"
  family = "redis7"
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
}
resource "aws_backup_plan" "daily" {
  name = "plan-small-sbx"
  rule {
    rule_name         = "daily"
    target_vault_name = "Default"
    schedule          = "cron(0 5 * * ? *)"
  }
}
resource "aws_budgets_budget" "monthly" {
  name         = "budget-small-sbx"
  budget_type  = "COST"
  limit_amount = "500"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
}
"""


@pytest.mark.terraform
def test_a_small_configuration_applies_plans_empty_and_destroys(sandbox: Sandbox, client, tmp_path: Path):
    binary = os.environ["HOMEROOM_TERRAFORM"]
    assert binary, "Terraform is not on the PATH"
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    environment = os.environ | {
        "AWS_ENDPOINT_URL": sandbox.url,
        "TF_DATA_DIR": str(tmp_path / "data"),
        "CHECKPOINT_DISABLE": "1",
    }

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [binary, *arguments, "-no-color", "-input=false"]
        completed = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert completed.returncode == 0, completed.stdout[-3000:] + completed.stderr[-3000:]
        return completed

    terraform("init")
    terraform("apply", "-auto-approve")
    terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    groups = client("elasticache").describe_cache_parameter_groups()["CacheParameterGroups"]
    assert "cache-small-sbx" not in [group["CacheParameterGroupName"] for group in groups]
