"""Archives of events in the state bucket: written whole, read whole."""

from __future__ import annotations

from engine.aws.clients import answering, client
from engine.settings import EngineSettings
from messages.message import message


def put_events(settings: EngineSettings, key: str, packed: bytes) -> None:
    """Write an archive; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("write {key} to the state bucket", key=key)):
        s3.put_object(Bucket=settings.state_bucket, Key=key, Body=packed, ContentType="application/gzip")


def get_events(settings: EngineSettings, key: str) -> bytes:
    """Return an archive as it was written; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("read {key} from the state bucket", key=key)):
        packed: bytes = s3.get_object(Bucket=settings.state_bucket, Key=key)["Body"].read()
        return packed
