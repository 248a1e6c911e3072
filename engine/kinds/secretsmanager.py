"""AWS Secrets Manager: the passwords of the database, and the pseudonyms' key."""

from __future__ import annotations

from urllib.parse import quote

from engine.kinds.adoption import Adopt, Question, Recreate
from engine.kinds.kind import Access, Box, Charge, Coverage, Drift, Kind, MadeByAws, Service, goes_with
from engine.kinds.listing import Lingering, NamedKind, just

SERVICE = Service("Secrets Manager", ("aws_secretsmanager",), data_rank=5)
OF_SECRET = goes_with("aws_secretsmanager_secret", "It is a part of the secret.")

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_secretsmanager_secret",
        SERVICE,
        adoption=Adopt(
            Question("secretsmanager", "list_secrets", "SecretList"),
            {"Name": "name"},
            "{item.ARN}",
            attributes={"arn": "{item.ARN}"},
            tags="Tags",
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="secretsmanager secret"),
        listing=NamedKind(
            "secretsmanager",
            "secret",
            "list_secrets",
            "SecretList",
            "Name",
            r"(database-(owner|application)|pseudonym-key|source-credentials)-SUFFIX",
            "ARN",
            asks=just(IncludePlannedDeletion=True),
        ),
        lingering=Lingering(
            "describe_secret",
            {"SecretId": "{arn}"},
            "",
            "DeletedDate",
            "",
            "in scheduled deletion, dated {DeletedDate:%Y-%m-%d}",
        ),
        drift=Drift(told_by_another=("policy",)),
        loss="the credentials in it",
        holds="A password or a key, with its versions.",
        console=lambda id_: f"secretsmanager/secret?name={quote(id_.rpartition(':')[2][:-7])}",
        boxes=(Box("secrets", "Secrets", "REGION"),),
    ),
    Kind(
        "aws_secretsmanager_secret_version",
        SERVICE,
        adoption=Recreate(
            "An import would read the password into the state, and be replaced. Its create puts a new version, with "
            "the password that the same apply gives the database. It goes with its secret.",
        ),
        charge=Charge.FREE,
        seen=OF_SECRET,
        drift=Drift(
            by_aws={
                "version_stages": "each rotation moves the labels to its new version",
                "version_id": "each rotation makes a new version",
            }
        ),
    ),
    Kind(
        "aws_secretsmanager_secret_policy",
        SERVICE,
        adoption=Recreate(
            "Its create is PutResourcePolicy, which says the same again. It goes with its secret.",
        ),
        charge=Charge.FREE,
        seen=OF_SECRET,
        access=Access(resource_policy="policy"),
    ),
    Kind(
        "aws_secretsmanager_secret_rotation",
        SERVICE,
        adoption=Recreate(
            "Its create is RotateSecret without an immediate rotation, which says the same again. It goes with its "
            "secret.",
        ),
        charge=Charge.FREE,
        seen=OF_SECRET,
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (
    MadeByAws("secrets in scheduled deletion", Coverage(name="secretsmanager secret")),
)
