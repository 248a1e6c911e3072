"""Cuts the provider's schema to some of its types: the answer to `GetSchema` of Terraform's plugin protocol 5.

Knows of protobuf's wire format only what it takes to leave entries of a map out; the rest stays byte for byte.
Source: terraform-plugin-go, tfplugin5.proto (message GetProviderSchema.Response).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

MAPS_OF_TYPES = {2, 3, 8}
"""The fields resource_schemas, data_source_schemas and ephemeral_resource_schemas: from a type's name to its schema."""
KEY = 1
LENGTH_DELIMITED, VARINT = 2, 0
LAST_BITS, MORE = 0x7F, 0x80


def cut(schema: bytes, types: Collection[str]) -> bytes:
    """Return the schema without the types that are not among `types`; raises ValueError where it is not one."""
    parts = []
    for field, start, value, end in fields(schema):
        if field not in MAPS_OF_TYPES or name_of(schema[value:end]) in types:
            parts.append(schema[start:end])
    return b"".join(parts)


def name_of(entry: bytes) -> str:
    """Return the key of a map's entry."""
    return next((entry[value:end].decode() for field, _, value, end in fields(entry) if field == KEY), "")


def fields(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield of each field its number, where it begins, where its value begins, and where it ends."""
    position = 0
    while position < len(message):
        start = position
        tag, position = varint(message, position)
        if tag & 7 == LENGTH_DELIMITED:
            length, value = varint(message, position)
            position = value + length
        elif tag & 7 == VARINT:
            value = position
            _, position = varint(message, position)
        else:
            raise ValueError(f"a field of wire type {tag & 7} is in no schema")
        if position > len(message):
            raise ValueError("the schema ends in the middle of a field")
        yield tag >> 3, start, value, position


def varint(message: bytes, position: int) -> tuple[int, int]:
    """Return the number that begins at a position, and the position behind it."""
    number = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        number |= (byte & LAST_BITS) << shift
        shift += 7
        if not byte & MORE:
            return number, position
    raise ValueError("the schema ends in the middle of a number")
