"""Characters out of bytes: UTF-8 with and without BOM, UTF-16, and Windows-1252 where it is no UTF-8.

The encoding is decided by the byte order mark, by NUL bytes, and by strict decoding. A file that is ASCII up to its
first foreign byte is either UTF-8 or Windows-1252 from there on, so that one pass decides.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from processor.problems import FileProblemError

MARK = "\ufeff"
MAC = re.compile(
    rb"[A-Za-z][\x80\x83\x84\x86-\x89\x8b\x98\x99\x9b][A-Za-z]"  # signs within a word
    rb"|[a-z][\x8a\x8c\x8e\x9f](?![A-Z\x80-\xff])|[A-Za-z][\x8a\x8c\x8e\x9f][a-z]"  # capitals within a word
    rb"|[A-Za-z](?![\x96\x97]{2})[\x80-\x90\x95-\x9f]{2}[a-z]"  # two of them
    rb"|[A-Za-z]\x9c[a-hj-tv-z]"  # an oe where none is written
    rb"|[aeiou]\x96[aeiou]|(?<![A-Za-z])[A-Z]\x97[a-z]|[a-z]\x97n(?![a-z])"  # dashes within a word
    rb"|[b-df-hj-np-tv-z]\x92a(?![A-Za-z\x80-\xff])"
).search
"""What Windows-1252 has where Mac OS Roman has accents: a dash in `Mu-oz`, a quote in `Garc'a`.

Dashes and apostrophes stand between letters of other words as well (`mid-year`, `Ka'a'awa`): taken for accents are they
alone where Spanish has them, an n between vowels, an o before a last n, an i before a last a.
"""
DAMAGED = re.compile(
    "[\u00c3\u00c2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]|\u00e2\u20ac|\ufffd"
).search
"""UTF-8 that was taken for Windows-1252 and written anew, as two signs for one accent; and the sign for a lost one."""
UTF_8, UTF_8_BOM, UTF_16, UTF_32, WINDOWS_1252 = "UTF-8", "UTF-8 with BOM", "UTF-16", "UTF-32", "Windows-1252"


class Decoded:
    """A file's characters in chunks; `encoding` says what they were found to be."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.encoding = UTF_8
        self.damaged_in = 0
        """The first line with accents that had been read in a wrong encoding, and written so; 0 where there is none."""

    def __iter__(self) -> Iterator[str]:
        """Yield the characters without byte order marks before the first; raises FileProblemError for others."""
        begun = False
        lines = 1
        try:
            for text in self._decoded():
                if not self.damaged_in and not text.isascii() and (match := DAMAGED(text)):
                    self.damaged_in = lines + text.count("\n", 0, match.start())
                lines += text.count("\n")
                if begun:
                    yield text
                elif text := text.lstrip(MARK):
                    begun = True
                    yield text
        except UnicodeDecodeError as error:
            raise _unreadable(lines + error.object.count(b"\n", 0, error.start)) from error

    def _decoded(self) -> Iterator[str]:
        first = next(self._chunks, b"")
        while len(first) < 4 and (more := next(self._chunks, b"")):
            first += more
        decoder, start = self._choose(first)
        chunk: bytes = first[start:]
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

    def _choose(self, first: bytes) -> tuple[codecs.IncrementalDecoder | None, int]:
        """Return a decoder and where to begin; none where strict decoding has to decide."""
        if first.startswith(codecs.BOM_UTF8):
            self.encoding = UTF_8_BOM
            return codecs.getincrementaldecoder("utf-8")("strict"), 3
        for mark, name in ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")):
            if first.startswith(mark):
                self.encoding = UTF_32
                return codecs.getincrementaldecoder(name)("strict"), 4
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
                except UnicodeDecodeError as error:
                    # A whole character of UTF-8 before it: two encodings in one file, and neither reads all of it.
                    if foreign or not error.object[: error.start].isascii():
                        raise
                    self.encoding = WINDOWS_1252
                    yield _windows(data)
                    for rest in self._chunks:
                        yield _windows(rest)
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
            yield _windows(waiting)


def _windows(data: bytes) -> str:
    """Decode as Windows-1252; raises FileProblemError where the accents are more likely those of Mac OS Roman."""
    if MAC(data):
        raise FileProblemError(
            "unknown_encoding",
            "The file's accents look like those of Mac OS Roman: read as Windows-1252 they would be other signs.",
            "Save it as UTF-8 and send it again.",
        )
    return data.decode("cp1252")


def _unreadable(line: int) -> FileProblemError:
    return FileProblemError(
        "unknown_encoding",
        "The file's characters are neither UTF-8 nor UTF-16 nor Windows-1252 throughout: they break in or near line "
        f"{line:,}.",
        "Save it as UTF-8 and send it again.",
    )
