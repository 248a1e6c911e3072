"""How a ledger is written, and what the data looks like in a few letters. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator
from itertools import chain, repeat

from processor.analytics.cells import Cell
from processor.analytics.ledger import Bag, Entry, Ledger, Piece
from processor.analytics.profiles import Key, Reading

LENGTH = struct.Struct("!I")
AXES = len(Cell._fields)


def bag_of(reading: Reading) -> Bag:
    """Return the students of a reading one by one."""
    bag: dict[int, Entry] = {}
    for key, who, scores in _unpacked(reading):
        bag.update(zip(who, zip(repeat(key), scores or repeat(None)), strict=False))
    return bag


def fingerprint(reading: Reading) -> str:
    """Return what is another where any student, or what is known of one, is another."""
    digest = hashlib.sha256(json.dumps(reading.levels).encode())
    hashes = {
        # Of whole numbers and floating ones alone, a hash is the same in every process.
        json.dumps(key): hash(frozenset(zip(who, scores, strict=True) if scores else who))
        for key, who, scores in _unpacked(reading)
    }
    digest.update(json.dumps(sorted(hashes.items())).encode())
    return digest.hexdigest()[:32]


def _unpacked(reading: Reading) -> Iterator[tuple[Key, array[int], array[float]]]:
    for key, packed_who, packed_scores in reading.packed:
        who, scores = array("q", packed_who), array("d", packed_scores)
        if sys.byteorder == "little":
            who.byteswap()
            scores.byteswap()
        yield key, who, scores


def as_bytes(ledger: Ledger) -> bytes:
    """Return a ledger for the database: each profile and name once, students by the numbers of their profiles."""
    keys = sorted({key for piece in ledger.pieces for key, _ in piece.bag.values()})
    names = sorted({name for piece in ledger.pieces for cell in piece.hidden or () for name in cell})
    of_key, of_name = ({item: place for place, item in enumerate(every)} for every in (keys, names))
    pieces, parts = [], list[bytes]()
    for piece in ledger.pieces:
        hidden = None if piece.hidden is None else sorted(piece.hidden)
        pieces.append([len(piece.bag), piece.is_released, piece.is_aside, None if hidden is None else len(hidden)])
        parts += (
            array("q", piece.bag).tobytes(),
            array("I", (of_key[key] for key, _ in piece.bag.values())).tobytes(),
            array("d", (math.nan if score is None else score for _, score in piece.bag.values())).tobytes(),
            array("I", (of_name[name] for name in chain.from_iterable(hidden or ()))).tobytes(),
        )
    head = json.dumps({"levels": ledger.levels, "keys": keys, "names": names, "pieces": pieces}).encode()
    return zlib.compress(b"".join((LENGTH.pack(len(head)), head, *parts)), 1)


def of_bytes(content: bytes, waits_since: float | None = None) -> Ledger:
    """Return a ledger out of the database."""
    payload = memoryview(zlib.decompress(content))
    (length,) = LENGTH.unpack_from(payload)
    at = LENGTH.size + length
    head = json.loads(bytes(payload[LENGTH.size : at]))
    keys: list[Key] = [(school, grade, level, tuple(values)) for school, grade, level, values in head["keys"]]
    names = [sys.intern(name) for name in head["names"]]

    def taken(kind: str, count: int) -> array[int]:
        nonlocal at
        values = array(kind)
        end = at + count * values.itemsize
        values.frombytes(payload[at:end])
        at = end
        return values

    pieces = []
    for students, is_released, is_aside, hides in head["pieces"]:
        who, of_key, scores = taken("q", students), taken("I", students), taken("d", students)
        bag = {
            student: (keys[key], None if math.isnan(score) else score)
            for student, key, score in zip(who, of_key, scores, strict=True)
        }
        cells = iter([names[place] for place in taken("I", AXES * (hides or 0))])
        hidden = None if hides is None else frozenset(map(Cell, cells, cells, cells, cells, cells))
        pieces.append(Piece(bag, is_released, hidden, is_aside))
    return Ledger(tuple(pieces), tuple(head["levels"]), waits_since)
