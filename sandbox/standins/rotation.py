"""Secrets Manager: a rotation calls its function in four steps, in the background, as the stages stand in between.

Where one has not ended, the next is refused, and the steps of the first are tried again.

Source: AWS Secrets Manager User Guide, "Lambda rotation functions"; API Reference, RotateSecret.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.gaps.extension import wrap
from sandbox.gaps.secretsmanager import CURRENT, PENDING, refusal_of_unfinished, take_pending_label, unfinished_rotation
from sandbox.standins.context import StandinContext
from sandbox.standins.functions import Function, Functions

log = logging.getLogger("sandbox.standins")
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Rotation:
    """Carries rotations out."""

    def __init__(self, context: StandinContext, functions: Functions) -> None:
        self._context, self._functions = context, functions
        self._at_work: set[str] = set()

    def install(self) -> None:
        """Have a rotation that is to begin at once run its function."""
        from moto.secretsmanager.models import SecretsManagerBackend

        wrap(SecretsManagerBackend, "rotate_secret", self._rotate)

    def _rotate(
        self,
        original: Any,
        backend: Any,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> Any:
        secret = backend.secrets[secret_id] if backend._is_valid_identifier(secret_id) else None
        name = rotation_lambda_arn or (secret.rotation_lambda_arn if secret is not None else "")
        if not name or secret is None or secret.is_deleted() or not secret.versions:
            with self._functions.held_back():
                return original(
                    backend, secret_id, client_request_token, name or None, rotation_rules, rotate_immediately
                )
        function = self._read(backend, name)
        if (unfinished := unfinished_rotation(secret)) is not None:
            self._begin(self._steps, function, secret, unfinished)
            raise refusal_of_unfinished()
        take_pending_label(secret)
        token = client_request_token or str(uuid.uuid4())
        version: dict[str, Any] = {"createdate": int(time.time()), "version_id": token, "version_stages": [PENDING]}
        if not rotate_immediately:
            current: dict[str, Any] = next(
                (candidate for candidate in secret.versions.values() if CURRENT in candidate["version_stages"]), {}
            )
            version |= {key: current[key] for key in ("secret_string", "secret_binary") if key in current}
        secret.versions[token] = version
        secret.rotation_requested = True
        secret.rotation_lambda_arn = name
        if rotation_rules:
            secret.auto_rotate_after_days = rotation_rules.get("AutomaticallyAfterDays", secret.auto_rotate_after_days)
        secret.rotation_enabled = True
        self._begin(self._steps if rotate_immediately else self._test, function, secret, token)
        return secret.to_short_dict(version_id=token if rotate_immediately else None)

    def _read(self, backend: Any, name: str) -> Function:
        from moto.awslambda.utils import get_backend

        return self._functions.read(get_backend(backend.account_id, backend.region_name).get_function(name))

    def _begin(self, work: Callable[[Function, Any, str], None], function: Function, secret: Any, token: str) -> None:
        """Have the function called in the background; never twice at a time for one version."""
        if token in self._at_work:
            return
        self._at_work.add(token)

        def carried_out() -> None:
            try:
                work(function, secret, token)
            finally:
                self._at_work.discard(token)

        threading.Thread(target=carried_out, name="sandbox-rotation", daemon=True).start()

    def _test(self, function: Function, secret: Any, token: str) -> None:
        """Test what was set up, as AWS does: testSecret alone, on a pending version with the current value.

        The version goes after a test that succeeds. After one that fails it stays, and its label with it.
        """
        if self._functions.run(function, _event("testSecret", secret, token)).failed:
            log.error("the rotation of %s was set up and its test failed; its function's log says why", secret.arn)
            return
        with self._context.moto():
            secret.versions.pop(token, None)

    def _steps(self, function: Function, secret: Any, token: str) -> None:
        for step in STEPS:
            outcome = self._functions.run(function, _event(step, secret, token))
            if outcome.failed:
                log.error("the rotation of %s failed in %s; its function's log says why", secret.arn, step)
                return
        with self._context.moto():
            secret.last_rotation_date = int(time.time())
            if secret.auto_rotate_after_days:
                secret.next_rotation_date = int(time.time()) + secret.auto_rotate_after_days * 86_400
        log.info("the secret %s is rotated", secret.arn)


def _event(step: str, secret: Any, token: str) -> dict[str, str]:
    return {"Step": step, "SecretId": secret.arn, "ClientRequestToken": token, "RotationToken": token}
