"""HTTP/2's frames, as far as gRPC between Terraform and a provider needs them (RFC 9113, section 4.1).

Reads and writes frames whole. Of headers it knows one thing: how the path of a gRPC method looks in them.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from enum import IntEnum

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
CANCEL = 8
INITIAL_WINDOW = 65_535
FRAME_BYTES = 16_384
"""The largest frame that every peer takes."""
SETTING_INITIAL_WINDOW = 4


class Kind(IntEnum):
    """The frames' types that matter here."""

    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    WINDOW_UPDATE = 8


@dataclass(frozen=True)
class Frame:
    """One frame; `kind` may be one that Kind does not name."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    def packed(self) -> bytes:
        """Return the frame as it is sent."""
        length = struct.pack(">I", len(self.payload))[1:]
        return length + struct.pack(">BBI", self.kind, self.flags, self.stream) + self.payload

    def has(self, flag: int) -> bool:
        """Return whether a flag is set."""
        return bool(self.flags & flag)

    @property
    def content(self) -> bytes:
        """The payload of DATA without its padding."""
        return self.payload[1 : len(self.payload) - self.payload[0]] if self.has(PADDED) else self.payload


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """Return the next frame; raises asyncio.IncompleteReadError where the connection ends."""
    head = await reader.readexactly(HEAD_BYTES)
    kind, flags, stream = struct.unpack(">BBI", head[3:])
    return Frame(kind, flags, stream & 0x7FFF_FFFF, await reader.readexactly(int.from_bytes(head[:3], "big")))


def initial_window(settings: Frame) -> int | None:
    """Return what a SETTINGS frame says of the window that each stream begins with, None where it does not."""
    pairs = struct.iter_unpack(">HI", settings.payload)
    return next((value for name, value in pairs if name == SETTING_INITIAL_WINDOW), None)


def increment(update: Frame) -> int:
    """Return by how much a WINDOW_UPDATE widens its window."""
    return int.from_bytes(update.payload, "big") & 0x7FFF_FFFF


BY_BITS = {5: "012aceiost", 6: " %-./3456789=A_bdfghlmnpru", 7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"}
"""The characters by the length of their codes, which are consecutive numbers (RFC 7541, appendix B)."""
HUFFMAN = 0x80
"""The bit before a text's length that says that the text is shortened (RFC 7541, section 5.2)."""


def named(method: str) -> bytes:
    """Return the bytes by which headers name a gRPC method for the first time on a connection."""
    text = huffman(method)
    return bytes([HUFFMAN | len(text)]) + text


def huffman(text: str) -> bytes:
    """Return a text as HPACK shortens it; raises KeyError for a character that no method's name has."""
    codes: dict[str, str] = {}
    code = previous = 0
    for bits, characters in BY_BITS.items():
        code <<= bits - previous if previous else 0
        for character in characters:
            codes[character] = format(code, f"0{bits}b")
            code += 1
        previous = bits
    joined = "".join(codes[character] for character in text)
    padded = joined + "1" * (-len(joined) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big")


def literal_headers(stream: int, headers: dict[str, str], *, last: bool) -> Frame:
    """Return headers that leave the peer's table as it is (RFC 7541, section 6.2.2: literal without indexing)."""
    block = b"".join(b"\0" + _plain(name) + _plain(value) for name, value in headers.items())
    return Frame(Kind.HEADERS, END_HEADERS | (END_STREAM if last else 0), stream, block)


def _plain(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()
