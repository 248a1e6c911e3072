"""Keeps states that could not be stored beside the district's state, encrypted by the bucket's own key."""

from __future__ import annotations

from botocore.exceptions import ClientError

from engine.aws.clients import answering, client, error_code
from engine.errors import AwsUnavailableError, ErroredStateUnreadableError
from engine.settings import EngineSettings
from engine.state.lock import MISSING
from engine.state.store import ERRORED, delete_versions
from messages.message import message


def errored_key(suffix: str, name: str) -> str:
    """Return the object's key of a district's state of this name that could not be stored."""
    return f"districts/{suffix}{ERRORED}{name}.tfstate"


def put_errored(settings: EngineSettings, key: str, body: bytes) -> None:
    """Keep a state in the bucket, and read it back; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("keep the state in the state bucket")):
        s3.put_object(Bucket=settings.state_bucket, Key=key, Body=body, ContentType="application/json")
        stored = s3.get_object(Bucket=settings.state_bucket, Key=key)["Body"].read()
    if stored != body:
        raise AwsUnavailableError(message("The state that was kept in the state bucket reads differently."), detail=key)


def get_errored(settings: EngineSettings, key: str) -> bytes:
    """Return a kept state; raises ErroredStateUnreadableError where there is none, and AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("read the kept state")):
        try:
            body: bytes = s3.get_object(Bucket=settings.state_bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error_code(error) in MISSING:
                raise ErroredStateUnreadableError(
                    message("The kept state is gone from the state bucket."), detail=key
                ) from error
            raise
    return body


def delete_errored(settings: EngineSettings, key: str) -> None:
    """Delete a kept state with all its versions; one that is not there is fine. Raises AwsUnavailableError."""
    with answering(message("delete the kept state")):
        delete_versions(settings, key)
