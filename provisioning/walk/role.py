"""The role by which a specification's account is entered, if it is not the worker's own."""

from __future__ import annotations

from typing import Any

from provisioning.engine.aws import DeployRole


def deploy_role(spec: dict[str, Any]) -> DeployRole | None:
    """Return the role that a specification names; None for the worker's own account."""
    return DeployRole(spec["role_arn"], spec.get("external_id")) if spec.get("role_arn") else None
