"""Secrets Manager: a rotation calls its function in four steps, in the background, as the stages stand in between.

Source: AWS Secrets Manager User Guide, "Lambda rotation functions"; API Reference, RotateSecret.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from typing import Any

from sandbox.gaps.extension import wrap
from sandbox.standins.functions import Function, Functions
from sandbox.standins.grounds import Grounds

log = logging.getLogger("sandbox.standins")
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


class Rotation:
    """Carries rotations out."""

    def __init__(self, grounds: Grounds, functions: Functions) -> None:
        self._grounds, self._functions = grounds, functions

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
        function = rotation_lambda_arn or (secret.rotation_lambda_arn if secret is not None else "")
        if not rotate_immediately or not function or secret is None or secret.is_deleted() or not secret.versions:
            with self._functions.held_back():
                answer = original(
                    backend, secret_id, client_request_token, function or None, rotation_rules, rotate_immediately
                )
            if secret is not None and not rotate_immediately:
                self._try(backend, function, secret)
            return answer
        token = _begin(secret, client_request_token or str(uuid.uuid4()))
        secret.rotation_requested = True
        secret.rotation_lambda_arn = function
        if rotation_rules:
            secret.auto_rotate_after_days = rotation_rules.get("AutomaticallyAfterDays", secret.auto_rotate_after_days)
        secret.rotation_enabled = True
        from moto.awslambda.utils import get_backend

        found = get_backend(backend.account_id, backend.region_name).get_function(function)
        work = (self._functions.read(found), secret, token)
        threading.Thread(target=self._steps, args=work, name="sandbox-rotation", daemon=True).start()
        return secret.to_short_dict(version_id=token)

    def _try(self, backend: Any, function: str, secret: Any) -> None:
        """Test what was set up, as AWS does: testSecret alone, on a pending version with the current value.

        The version goes after a test that succeeds. After one that fails it stays, and its label with it.
        """
        from moto.awslambda.utils import get_backend

        token = next((str(id_) for id_, one in secret.versions.items() if one["version_stages"] == [PENDING]), None)
        if not function or token is None:
            return
        tried = self._functions.read(get_backend(backend.account_id, backend.region_name).get_function(function))
        work = (tried, secret, token)
        threading.Thread(target=self._test, args=work, name="sandbox-rotation-test", daemon=True).start()

    def _test(self, function: Function, secret: Any, token: str) -> None:
        if self._functions.run(function, _event("testSecret", secret, token)).failed:
            log.error("the rotation of %s was set up and its test failed; its function's log says why", secret.arn)
            return
        with self._grounds.moto():
            del secret.versions[token]

    def _steps(self, function: Function, secret: Any, token: str) -> None:
        for step in STEPS:
            outcome = self._functions.run(function, _event(step, secret, token))
            if outcome.failed:
                log.error("the rotation of %s failed in %s; its function's log says why", secret.arn, step)
                return
        with self._grounds.moto():
            secret.last_rotation_date = int(time.time())
            if secret.auto_rotate_after_days:
                secret.next_rotation_date = int(time.time()) + secret.auto_rotate_after_days * 86_400
        log.info("the secret %s is rotated", secret.arn)


def _begin(secret: Any, token: str) -> str:
    """Label a version without a value as pending, or take an unfinished rotation up again, and return its version.

    The label stays on a version that became current until the next rotation, as on AWS.
    """
    for id_, one in secret.versions.items():
        if PENDING in one["version_stages"]:
            if CURRENT not in one["version_stages"]:
                return str(id_)
            one["version_stages"].remove(PENDING)
    secret.versions[token] = {"createdate": int(time.time()), "version_id": token, "version_stages": [PENDING]}
    return token


def _event(step: str, secret: Any, token: str) -> dict[str, str]:
    return {"Step": step, "SecretId": secret.arn, "ClientRequestToken": token, "RotationToken": token}
