"""What a process needs to call the embedded AWS: its address, and the credentials of its own role.

moto knows by the credentials which account a call is of. Source: Amazon ECS, "Task IAM role".
"""

from __future__ import annotations

import os

from sandbox.standins.context import StandinContext

NOBODY = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
SECONDS = 12 * 3600


def variables(context: StandinContext, *, role_arn: str, region: str, session: str) -> dict[str, str]:
    """Return the variables; its caller holds moto's lock."""
    from moto.sts.models import sts_backends

    account = role_arn.split(":")[4]
    assumed = sts_backends[account]["aws"].assume_role(
        region_name=region,
        role_session_name=session,
        role_arn=role_arn,
        policy="",
        duration=SECONDS,
        external_id="",
    )
    return {
        **NOBODY,
        "AWS_ENDPOINT_URL": context.url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": assumed.access_key_id,
        "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
        "AWS_SESSION_TOKEN": assumed.session_token,
    }
