"""``make live ACCOUNT=... REGION=...``: a whole district in a real AWS account, proven and removed, with a report.

It asks once, refuses accounts of production, does on AWS what ``make demo ONCE=1`` does on the embedded one (with a
placeholder where no IMAGE is given), ends with the same line of JSON, removes everything whatever happens, and writes
where AWS was otherwise than the embedded one. Variables: SIZE, IMAGE, ROLE_ARN, EXTERNAL_ID, BOUNDARY_ARN, YES (the
account's id, in place of the question); for tests ENDPOINT (an embedded AWS in AWS's place) and RECORD (its calls).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from devtools.demo.__main__ import end_by_signal, say
from devtools.live import guardrails
from devtools.live.child import in_a_process
from devtools.live.difference import differences
from devtools.live.life import Target
from devtools.live.observation import Calls, calls_in_history, calls_recorded, history
from devtools.live.report import Report, write
from devtools.paths import VAR
from devtools.services.portal import Aws
from processes.errors import RemediedError

EMBEDDED = "123456789012"
"""The account that the embedded AWS says it is."""
KEPT = ("AWS_",)
NOT_KEPT = ("AWS_ENDPOINT_URL",)


def target_of(variables: Mapping[str, str]) -> Target:
    """Return the account that the variables name; raises RemediedError where one is missing."""
    account, region = variables.get("ACCOUNT", ""), variables.get("REGION", "")
    if not (account.isascii() and account.isdigit() and len(account) == 12) or not region:
        raise RemediedError("Say which account and region.", remedy="make live ACCOUNT=123456789012 REGION=us-east-1")
    own = {
        name: value
        for name, value in variables.items()
        if name.startswith(KEPT) and not name.startswith(NOT_KEPT) and value
    }
    return Target(
        account=account,
        region=region,
        aws=Aws(variables.get("ENDPOINT", ""), own),
        role_arn=variables.get("ROLE_ARN", ""),
        external_id=variables.get("EXTERNAL_ID", ""),
        boundary_arn=variables.get("BOUNDARY_ARN", ""),
        size=variables.get("SIZE") or "S",
        image=variables.get("IMAGE", ""),
    )


def clients(target: Target) -> guardrails.Make:
    """Return a function that makes clients with the caller's own credentials."""
    session = boto3.session.Session(region_name=target.region)
    endpoint = target.aws.endpoint_url if target.aws else ""
    return lambda service: session.client(service, endpoint_url=endpoint or None)  # type: ignore[call-overload]


def calls_on_aws(target: Target, make: guardrails.Make, began: datetime) -> dict[str, Calls]:
    """Return the calls that were made there, by AWS's own history; by a recording where another AWS stands in."""
    if target.aws is not None and target.aws.endpoint_url:
        return calls_recorded(Path(os.environ["RECORD"]))
    return calls_in_history(history(make("cloudtrail"), began, datetime.now(UTC)))


def live(target: Target, folder: Path) -> dict[str, Any]:
    """Live once in the embedded AWS and once in AWS, and write the report; return AWS's figures.

    Raises RemediedError where one of them did not come through; the report is written all the same.
    """
    make = clients(target)
    say(f"As {guardrails.require_account(make, target.account)}")
    guardrails.refuse_production(make, target.account)
    answer = os.environ.get("YES", "")
    guardrails.ask_once(target.account, target.region, target.size, given=answer, read=input)
    say("First in an embedded AWS, to compare with")
    own = replace(target, aws=None, account=EMBEDDED, role_arn="", external_id="", boundary_arn="", image="")
    embedded = in_a_process(own, folder / "embedded")
    if embedded.failure:
        raise RemediedError(f"Even the embedded AWS refused it: {embedded.failure}", remedy="Read the lines above.")
    say(f"Now in {target.account}, {target.region}")
    began = datetime.now(UTC)
    aws = in_a_process(target, folder / "aws")
    aws.seen.calls = calls_on_aws(target, make, began)
    deviations = differences(embedded.seen, aws.seen)
    report = Report(
        target.account, target.region, began, datetime.now(UTC), aws.failure, embedded.seen, aws.seen, deviations
    )
    say(f"{len(deviations)} things were otherwise than thought: {write(report, folder)}")
    if aws.failure:
        raise RemediedError(aws.failure, remedy="Read the report, and the logs beside it.")
    return aws.seen.figures


def main() -> int:
    """Live; exit status 1 with the reason where it did not come through."""
    signal.signal(signal.SIGTERM, end_by_signal)
    folder = VAR / "live" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    try:
        print(json.dumps(live(target_of(os.environ), folder)), flush=True)
    except RemediedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped before anything was made.")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
