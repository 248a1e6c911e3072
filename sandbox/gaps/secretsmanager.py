"""Secrets Manager: the version that is labelled current is the one that is read where none is named.

moto moves the label and goes on to answer the version before. Source: Secrets Manager API Reference, GetSecretValue,
UpdateSecretVersionStage.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap

CURRENT = "AWSCURRENT"


def fill() -> None:
    """Follow the label."""
    from moto.secretsmanager.models import SecretsManagerBackend

    wrap(SecretsManagerBackend, "update_secret_version_stage", _update)


def _update(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    answer = original(backend, *args, **kwargs)
    secret = backend.secrets[answer[0]]
    current = next((id_ for id_, one in secret.versions.items() if CURRENT in one["version_stages"]), None)
    if current is not None:
        secret.set_default_version_id(current)
    return answer
