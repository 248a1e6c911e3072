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
        self.has_quotes = False
        """Whether a quote stands in the lines of the chunk at hand, or in those that it goes on with."""
        self.characters = 0
        """How many characters these lines have at most."""
        self._back: list[str] = []
        self._pieces: list[str] = []
        self._at = 0
        self._end = "\n"
        self._running = self._read()

    def __iter__(self) -> Iterator[str]:
        """Yield the lines that were not taken yet, those first that were put back."""
        while self._back:
            yield self._back.pop(0)
        while self._at < len(self._pieces) or self._take():
            self._at += 1
            yield self._pieces[self._at - 1] + self._end

    def ahead(self) -> list[str]:
        """Return the lines at hand that were not taken yet, without their ends; none at the file's end.

        They are still to be taken, or to be passed (`pass_over`); none are told where some were put back.
        """
        if self._back or (self._at == len(self._pieces) and not self._take()):
            return []
        return self._pieces[self._at :] if self._at else self._pieces

    def pass_over(self) -> None:
        """Take all lines at hand (`ahead`)."""
        self._at = len(self._pieces)

    def _take(self) -> bool:
        """Have the lines of the next chunk at hand that ends one, and return whether there is any."""
        while (pieces := next(self._running, None)) is not None:
            self._pieces, self._at = pieces, 0
            if pieces:
                return True
        return False

    def put_back(self, lines: list[str]) -> None:
        """Let these lines be the next ones again."""
        self._back[:0] = lines

    def _read(self) -> Iterator[list[str]]:
        """Yield the lines that end in each chunk, without their ends, and the last one if it has none."""
        number, rest, skipping = 0, "", False
        for chunk in self._unified():
            self.chunks += 1
            if "\0" in chunk:
                self.has_nul = True
            self.has_quotes = '"' in chunk or '"' in rest
            self.characters = len(rest) + len(chunk)
            pieces = chunk.split("\n")
            self.number += len(pieces) - 1
            if len(pieces) == 1:
                rest = "" if skipping else rest + chunk
            else:
                pieces[0] = rest + pieces[0]
                rest = pieces.pop()
                if skipping or self.characters > self._most:
                    for place, piece in enumerate(pieces):
                        if skipping or len(piece) > self._most:
                            skipping = False
                            self.too_long.append(number + place + 1)
                            pieces[place] = ""
                number += len(pieces)
                yield pieces
            if len(rest) > self._most:
                rest, skipping = "", True
        if skipping or rest:
            number += 1
            self.number += 1
            if skipping:
                self.too_long.append(number)
            else:
                self._end = ""
            yield ["" if skipping else rest]

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
