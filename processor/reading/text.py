"""Characters out of bytes: UTF-8 with and without BOM, UTF-16, and Windows-1252 where it is no UTF-8.

The encoding is decided by the byte order mark, by NUL bytes, and by strict decoding. A file that is ASCII up to its
first foreign byte is either UTF-8 or Windows-1252 from there on, so that one pass decides.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from processor.problems import FileProblem

UTF_8, UTF_8_BOM, UTF_16, WINDOWS_1252 = "UTF-8", "UTF-8 with BOM", "UTF-16", "Windows-1252"


class Decoded:
    """A file's characters in chunks; `encoding` says what they were found to be."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.encoding = UTF_8

    def __iter__(self) -> Iterator[str]:
        """Yield the characters; raises FileProblem where they are in no encoding that is known."""
        first = next(self._chunks, b"")
        while len(first) < 4 and (more := next(self._chunks, b"")):
            first += more
        decoder, start = self._choose(first)
        chunk: bytes = first[start:]
        try:
            while True:
                if text := (decoder.decode(chunk) if decoder else ""):
                    yield text
                if decoder is None:
                    yield from self._utf8_or_windows(chunk)
                    return
                following = next(self._chunks, None)
                if following is None:
                    decoder.decode(b"", True)
                    return
                chunk = following
        except UnicodeDecodeError as error:
            raise _unreadable() from error

    def _choose(self, first: bytes) -> tuple[codecs.IncrementalDecoder | None, int]:
        """Return a decoder and where to begin; none where strict decoding has to decide."""
        if first.startswith(codecs.BOM_UTF8):
            self.encoding = UTF_8_BOM
            return codecs.getincrementaldecoder("utf-8")("strict"), 3
        for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if first.startswith(mark):
                self.encoding = UTF_16
                return codecs.getincrementaldecoder(name)("strict"), 2
        # Without a mark, UTF-16 shows in the first characters of a header, which are ASCII.
        if first[:4].count(0) == 2 and len(first) >= 4:
            self.encoding = UTF_16
            name = "utf-16-le" if first[1] == 0 and first[3] == 0 else "utf-16-be"
            return codecs.getincrementaldecoder(name)("strict"), 0
        return None, 0

    def _utf8_or_windows(self, chunk: bytes | None) -> Iterator[str]:
        decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")("strict")
        foreign = False
        waiting = b""
        while chunk is not None:
            data = waiting + chunk
            waiting = b""
            if not foreign and data.isascii():
                yield data.decode("ascii")
            else:
                try:
                    text = decoder.decode(data)
                except UnicodeDecodeError:
                    if foreign:
                        raise
                    self.encoding = WINDOWS_1252
                    yield data.decode("cp1252")
                    for rest in self._chunks:
                        yield rest.decode("cp1252")
                    return
                # A character cut by the chunk's end waits in the decoder; until one was whole, it proves nothing.
                if text.isascii():
                    whole = len(text)
                    waiting = data[whole:]
                    decoder.reset()
                else:
                    foreign = True
                yield text
            chunk = next(self._chunks, None)
        try:
            decoder.decode(waiting, True)
        except UnicodeDecodeError:
            if foreign:
                raise
            self.encoding = WINDOWS_1252
            yield waiting.decode("cp1252")


def _unreadable() -> FileProblem:
    return FileProblem(
        "unknown_encoding",
        "The file's characters are neither UTF-8 nor UTF-16 nor Windows-1252 throughout.",
        "Save it as UTF-8 and send it again.",
    )
