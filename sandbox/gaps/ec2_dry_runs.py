"""EC2: a dry run changes nothing, whatever the action; moto looks for it in some actions alone.

Nothing here is denied, so each would succeed. Source: Amazon EC2 API Reference, "Common request parameters" (DryRun).
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Answer a dry run before the action is carried out."""
    from moto.ec2.responses import EC2Response

    wrap(EC2Response, "call_action", _call_action)


def _call_action(original: Any, response: Any) -> Any:
    if str(response.querystring.get("DryRun", [""])[0]).lower() == "true":
        from moto.core.utils import camelcase_to_underscores

        # In place of the action itself, so that moto turns the refusal into EC2's answer as it does every other.
        setattr(response, camelcase_to_underscores(response._get_action()), _refuse)
    return original(response)


def _refuse() -> Any:
    from moto.ec2.exceptions import DryRunClientError

    raise DryRunClientError
