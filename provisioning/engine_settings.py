"""The engine's settings, out of Django's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from engine.aws.clients import DeployRole
from engine.settings import EngineSettings


def engine_settings() -> EngineSettings:
    """Return what the engine needs to know of this machine."""
    return EngineSettings(
        stack_module=settings.STACK_MODULE,
        least_free_bytes=settings.LEAST_FREE_MIB << 20,
        work_dir=Path(settings.WORK_DIR),
        state_bucket=settings.STATE_BUCKET,
        state_region=settings.STATE_REGION,
        terraform=settings.TERRAFORM,
        tf_cli_config=Path(settings.TF_CLI_CONFIG) if settings.TF_CLI_CONFIG else None,
        node=Path(settings.NODE) if settings.NODE else None,
        aws_endpoint_url=settings.AWS_ENDPOINT_URL,
    )


def deploy_role(spec: Mapping[str, Any]) -> DeployRole | None:
    """Return the role by which a specification's account is entered, if it is not the worker's own."""
    return DeployRole(spec["role_arn"], spec.get("external_id")) if spec.get("role_arn") else None
