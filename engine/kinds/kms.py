"""AWS KMS: the district's key."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Access, Box, Charge, Coverage, Kind, MadeByAws, Service
from engine.kinds.listing import Lingering, NamedKind

SERVICE = Service("KMS", ("aws_kms",), data_rank=6)

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_kms_key",
        SERVICE,
        adoption=Adopt(
            Question("kms", "list_keys", "Keys"),
            {"tags.Name": "tags.Name"},
            "{item.KeyId}",
            attributes={"arn": "{item.KeyArn}", "key_id": "{item.KeyId}"},
            tags=Question("kms", "list_resource_tags", "Tags", {"KeyId": "{item.KeyId}"}),
            chosen_by_tags=True,
            detail=Question("kms", "describe_key", "KeyMetadata", {"KeyId": "{item.KeyId}"}),
            dead={"KeyState": frozenset({"PendingDeletion"})},
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="kms key"),
        lingering=Lingering(
            "describe_key",
            {"KeyId": "{arn}"},
            "KeyMetadata",
            "KeyState",
            "pendingdeletion",
            "key to be deleted on {DeletionDate:%Y-%m-%d}",
        ),
        loss="everything that is encrypted with it, for ever",
        holds="The key: once it is deleted, nothing that AWS still holds can be read.",
        access=Access(resource_policy="policy"),
        console=lambda id_: f"kms/home#/kms/keys/{id_}",
        boxes=(Box("key", "Encryption key", "REGION"),),
    ),
    Kind(
        "aws_kms_alias",
        SERVICE,
        adoption=Adopt(
            Question("kms", "list_aliases", "Aliases"),
            {"AliasName": "name"},
            "{item.AliasName}",
            must_equal={"TargetKeyId": "target_key_id"},
        ),
        charge=Charge.FREE,
        listing=NamedKind("kms", "alias", "list_aliases", "Aliases", "AliasName", r"alias/data-SUFFIX", "AliasArn"),
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (MadeByAws("the key in scheduled deletion", Coverage(tag="kms key")),)
