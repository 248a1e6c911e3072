"""Secrets Manager's staging labels: the current version is the one that is read, and a pending one blocks a rotation.

moto moves the label and goes on to answer the version before; it refuses a rotation after one that has ended, and lets
one begin beside another that has not. Source: Secrets Manager API Reference, GetSecretValue, UpdateSecretVersionStage,
RotateSecret; the words of the refusal: hashicorp/terraform-provider-aws, issue 35023.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
UNFINISHED = "A previous rotation isn't complete. That rotation will be reattempted."


def fill() -> None:
    """Follow the labels."""
    from moto.secretsmanager.models import SecretsManagerBackend

    wrap(SecretsManagerBackend, "update_secret_version_stage", _update)
    wrap(SecretsManagerBackend, "rotate_secret", _rotate)


def unfinished_rotation(secret: Any) -> str | None:
    """Return the version that is pending and not current, or nothing: with one, no rotation begins."""
    for version, entry in secret.versions.items():
        if PENDING in entry["version_stages"] and CURRENT not in entry["version_stages"]:
            return str(version)
    return None


def take_pending_label(secret: Any) -> None:
    """Take the label from the version that the last rotation made current: it stays there until the next one."""
    for version in secret.versions.values():
        if PENDING in version["version_stages"] and CURRENT in version["version_stages"]:
            version["version_stages"].remove(PENDING)


def refusal_of_unfinished() -> Exception:
    """Return what RotateSecret answers where a rotation has begun and not ended."""
    from moto.secretsmanager.exceptions import InvalidRequestException

    refusal: Exception = InvalidRequestException(UNFINISHED)
    return refusal


def _update(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    answer = original(backend, *args, **kwargs)
    secret = backend.secrets[answer[0]]
    current = next((id_ for id_, version in secret.versions.items() if CURRENT in version["version_stages"]), None)
    if current is not None:
        secret.set_default_version_id(current)
    return answer


def _rotate(
    original: Any,
    backend: Any,
    secret_id: str,
    client_request_token: str | None = None,
    rotation_lambda_arn: str | None = None,
    rotation_rules: dict[str, Any] | None = None,
    rotate_immediately: bool = True,
) -> Any:
    secret = backend.secrets[secret_id] if backend._is_valid_identifier(secret_id) else None
    if secret is not None and not secret.is_deleted():
        if unfinished_rotation(secret) is not None:
            raise refusal_of_unfinished()
        take_pending_label(secret)
    answer = original(backend, secret_id, client_request_token, rotation_lambda_arn, rotation_rules, rotate_immediately)
    # No function runs here: the test of the configuration has succeeded, and its version goes.
    if secret is not None and not rotate_immediately and (tested := unfinished_rotation(secret)) is not None:
        del secret.versions[tested]
    return answer
