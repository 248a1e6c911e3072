"""Lambda: a Python function's own archive runs in a process of its own, once for each invocation.

The handler finds what Lambda gives it, and nothing else of this machine: its archive and boto3 on the path, its
variables, a context with its deadline.
Source: AWS Lambda Developer Guide, "Python", "Environment variables"; API Reference, Invoke.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import sys
import threading
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from sandbox.authorization.starts import may_log, refused_invocation
from sandbox.gaps.extension import wrap
from sandbox.standins import access, lambda_runtime
from sandbox.standins.children import Child, inherited
from sandbox.standins.context import StandinContext
from sandbox.standins.logs import Destination, LogSink

RUNNER = Path(__file__).with_name("function_runner.py")
GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class Function:
    """A function as it was when it was asked for."""

    name: str
    account: str
    region: str
    role: str
    archive: bytes = field(repr=False)
    handler: str
    timeout: float
    environment: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation: the payload, whether the function raised, and the end of its log."""

    payload: str
    failed: bool
    log: str


class Functions:
    """Runs functions."""

    def __init__(self, context: StandinContext, sink: LogSink) -> None:
        self._context, self._sink = context, sink
        self._runtime = lambda_runtime.ensure_folder(context.folder / "lambda-runtime")
        self._held_back = threading.local()

    def install(self) -> None:
        """Have an invocation run the function."""
        from moto.awslambda_simple.models import LambdaSimpleBackend

        wrap(LambdaSimpleBackend, "invoke", self._invoke)

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """While this lasts, this thread's invocations run nothing: their caller holds moto's lock."""
        self._held_back.now = True
        try:
            yield
        finally:
            self._held_back.now = False

    def _invoke(
        self,
        original: Any,
        backend: Any,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> Any:
        as_before = (function_name, qualifier, body, headers, response_headers)
        if getattr(self._held_back, "now", False):
            return original(backend, *as_before)
        with self._context.moto():
            function = backend.get_function(function_name, qualifier)
        if not str(function.run_time).startswith("python"):
            return original(backend, *as_before)
        if headers.get("X-Amz-Invocation-Type") == "DryRun":
            return b""
        outcome = self.run(self.read(function), json.loads(body) if body else {})
        if outcome.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-log-result"] = base64.b64encode(outcome.log[-4096:].encode()).decode()
        return outcome.payload.encode()

    def read(self, function: Any) -> Function:
        """Read a function out of moto."""
        with self._context.moto():
            account, region = function.account_id, function.region
            session = f"{function.function_name}"
            return Function(
                name=function.function_name,
                account=account,
                region=region,
                role=function.role,
                archive=function.code_bytes,
                handler=function.handler,
                timeout=float(function.timeout),
                environment={
                    **(function.environment_vars or {}),
                    "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
                    "LAMBDA_TASK_ROOT": "/var/task",
                    # The archive names RDS's authorities; here the database's certificate is of the sandbox's own.
                    "DATABASE_CA": str(self._context.authority.path),
                    **access.variables(self._context, role_arn=function.role, region=region, session=session),
                },
            )

    def run(self, function: Function, event: Any) -> Outcome:
        """Run the function with an event, to its end or its timeout; what it writes goes to its log group."""
        request = str(uuid.uuid4())
        to = _destination(function, request)
        with self._context.moto():
            why, logs = refused_invocation(function.role), may_log(function.role, to.arn)
        if why is not None:
            return Outcome(json.dumps({"errorMessage": why, "errorType": "AccessDeniedException"}), True, "")
        folder = self._context.folder / "functions" / request
        task, answer, log = folder / "task", folder / "answer.json", folder / "log"
        task.mkdir(parents=True)
        try:
            with zipfile.ZipFile(BytesIO(function.archive)) as archive:
                archive.extractall(task)
            (folder / "event.json").write_text(json.dumps(event))
            arguments = [str(folder), str(self._runtime), function.handler, request, str(function.timeout)]
            command = [sys.executable, "-I", "-S", str(RUNNER), *arguments]
            environment = {**inherited(), "PYTHONDONTWRITEBYTECODE": "1", **function.environment}
            child = Child(command, cwd=task, environment=environment, log=log, grace=GRACE_SECONDS)
            status = child.wait(function.timeout + GRACE_SECONDS)
            child.stop()
            output = log.read_text(errors="replace")
            outcome = _outcome(answer, status, function.timeout, output)
            lines = [f"START RequestId: {request}", *output.splitlines(), f"END RequestId: {request}"]
            if logs:
                self._sink.write(to, lines)
            return outcome
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _destination(function: Function, request: str) -> Destination:
    return Destination(function.account, function.region, f"/aws/lambda/{function.name}", f"[$LATEST]{request}")


def _outcome(answer: Path, status: int | None, timeout: float, output: str) -> Outcome:
    if answer.exists():
        result = json.loads(answer.read_text())
        return Outcome(json.dumps(result["payload"]), bool(result["failed"]), output)
    why = f"Task timed out after {timeout:.2f} seconds" if status is None else f"Runtime exited with status {status}"
    return Outcome(json.dumps({"errorMessage": why, "errorType": "Runtime.ExitError"}), True, output)
