"""Makes the key of the pseudonyms, once: the migration finds its secret empty and fills it, and nobody ever again.

The version has a name that follows from the secret's, and Secrets Manager takes no second content under one name: of
two migrations at once one makes the key, and both go on with it (PutSecretValue: ClientRequestToken).
"""

from __future__ import annotations

import json
import secrets
import uuid
from typing import Any

import psycopg
from botocore.exceptions import ClientError

from processor.pseudonyms import FIELD, PseudonymKeyError

BYTES = 32
MISSING, THERE = "ResourceNotFoundException", "ResourceExistsException"


def is_missing(error: ClientError) -> bool:
    """Return whether a secret has no value yet."""
    return bool(error.response["Error"]["Code"] == MISSING)


def ensure_key(manager: Any, arn: str, owner: psycopg.Connection) -> bool:
    """See to it that the secret has a key; say whether it was made now.

    Raises PseudonymKeyError where the database was begun with a key that the secret has no more.
    """
    try:
        manager.get_secret_value(SecretId=arn)
    except ClientError as error:
        if not is_missing(error):
            raise
    else:
        return False
    if owner.execute("SELECT 1 FROM homeroom.pseudonym_key").fetchone() is not None:
        raise PseudonymKeyError(
            "The database was begun with a pseudonym key, and its secret is empty. Put the former key back into the "
            "secret: with another one every student would come twice."
        )
    try:
        manager.put_secret_value(
            SecretId=arn,
            SecretString=json.dumps({FIELD: secrets.token_urlsafe(BYTES)}),
            ClientRequestToken=str(uuid.uuid5(uuid.NAMESPACE_URL, arn)),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != THERE:
            raise
        return False
    return True
