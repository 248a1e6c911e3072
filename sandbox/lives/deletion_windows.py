"""Keys and secrets whose waiting time is over are gone; until then a secret's name is taken.

moto keeps both for ever. Sources: AWS KMS API Reference, ScheduleKeyDeletion; AWS Secrets Manager API Reference,
DeleteSecret, CreateSecret (`InvalidRequestException`: a secret with this name is already scheduled for deletion).
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK, DAY
from sandbox.gaps.extension import wrap

USUAL_DAYS = 30
"""How long Secrets Manager waits where nobody says (DeleteSecret, RecoveryWindowInDays)."""


def fill() -> None:
    """End what waits, when its time has come."""
    from moto.kms.models import KmsBackend
    from moto.secretsmanager.models import SecretsManagerBackend

    wrap(KmsBackend, "schedule_key_deletion", _schedule_key)
    wrap(SecretsManagerBackend, "create_secret", _create_secret)
    wrap(SecretsManagerBackend, "delete_secret", _delete_secret)


def _schedule_key(original: Any, backend: Any, key_id: str, pending_window_in_days: int) -> Any:
    at = original(backend, key_id, pending_window_in_days)
    date = backend.keys[key_id].deletion_date

    def end() -> None:
        key = backend.keys.get(key_id)
        # Canceled and scheduled anew, it has another date.
        if key is not None and key.deletion_date == date:
            del backend.keys[key_id]
            backend.tagger.delete_all_tags_for_resource(key_id)

    CLOCK.after(pending_window_in_days * DAY, f"key {key_id} is deleted", end)
    return at


def _create_secret(original: Any, backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    if name in backend.secrets and backend.secrets[name].is_deleted():
        from moto.secretsmanager.exceptions import InvalidRequestException

        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    return original(backend, name, *args, **kwargs)


def _delete_secret(
    original: Any,
    backend: Any,
    secret_id: str,
    recovery_window_in_days: int | None,
    force_delete_without_recovery: bool,
) -> Any:
    answer = original(backend, secret_id, recovery_window_in_days, force_delete_without_recovery)
    if force_delete_without_recovery:
        return answer
    name = answer[1]
    date = backend.secrets[name].deleted_date

    def end() -> None:
        if backend._is_valid_identifier(name) and backend.secrets[name].deleted_date == date:
            backend.secrets.pop(name)

    CLOCK.after((recovery_window_in_days or USUAL_DAYS) * DAY, f"secret {name} is deleted", end)
    return answer
