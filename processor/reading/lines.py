"""Lines out of characters, with whatever line ends; a line beyond all measure is passed over, and remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MOST_CHARACTERS = 1024 * 1024


class Lines:
    """A file's lines, each with its end.

    `too_long` has the numbers of the lines that were passed over (an empty line stands for each), `has_nul` says
    whether a NUL character was seen so far, `chunks` how many chunks were taken, `number` how many lines there were: by
    the count of line ends, whoever takes the lines; `before` how many lines stand above the column names.
    """

    def __init__(self, chunks: Iterable[str], most: int = MOST_CHARACTERS) -> None:
        self._chunks, self._most = chunks, most
        self.too_long: list[int] = []
        self.has_nul = False
        self.chunks = 0
        self.number = 0
        self.before = 0
        self._back: list[str] = []
        self._running = self._read()

    def __iter__(self) -> Iterator[str]:
        """Yield the lines that were not taken yet, those first that were put back."""
        while self._back:
            yield self._back.pop(0)
        # Not `yield from`, by which who stops early would end the lines for all others.
        for line in self._running:  # noqa: UP028
            yield line

    def put_back(self, lines: list[str]) -> None:
        """Let these lines be the next ones again."""
        self._back[:0] = lines

    def _read(self) -> Iterator[str]:
        number, rest, skipping = 0, "", False
        for chunk in self._unified():
            self.chunks += 1
            if "\0" in chunk:
                self.has_nul = True
            pieces = chunk.split("\n")
            self.number += len(pieces) - 1
            if len(pieces) == 1:
                rest = "" if skipping else rest + chunk
            else:
                pieces[0] = rest + pieces[0]
                rest = pieces.pop()
                for piece in pieces:
                    number += 1
                    if skipping or len(piece) > self._most:
                        skipping = False
                        self.too_long.append(number)
                        yield "\n"
                    else:
                        yield piece + "\n"
            if len(rest) > self._most:
                rest, skipping = "", True
        if skipping or rest:
            number += 1
            self.number += 1
            if skipping:
                self.too_long.append(number)
            yield "\n" if skipping else rest

    def _unified(self) -> Iterator[str]:
        """Make every line end one newline; one that is cut by a chunk's end is put together."""
        waiting = ""
        for chunk in self._chunks:
            text = waiting + chunk if waiting else chunk
            waiting = ""
            if text.endswith("\r"):
                text, waiting = text[:-1], "\r"
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            yield text
        if waiting:
            yield "\n"
