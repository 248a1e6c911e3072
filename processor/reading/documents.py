"""JSON objects out of a file: an array, one object a line (NDJSON), or objects in many lines, one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import ijson

from processor.problems import FileProblemError
from processor.reading.lines import Lines

MOST_BYTES = 16 * 1024 * 1024
"""The largest single object."""
MOST_FIRST = 64 * 1024
LONE = re.compile(
    r"(?<!\\)\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})(?<!\\)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""An escape of half a character, which the streaming reader would take for a question mark."""
NO_CHARACTER = "\uffff"
LONGEST_ESCAPE = 12
WRAPPED = re.compile(r"\{[ \t]*\r?\n").match
"""The first line of an object that goes on in the next."""


class Documents:
    """The objects of a file with the number of each: its place in an array, its line in NDJSON."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self.broken: list[tuple[int, str, str]] = []
        self._seen = self._handed = self._refused = self._blank = 0

    def unaccounted(self) -> int:
        """Return by how many the file has more lines or objects than were handed on, refused or blank; at its end."""
        return self._seen - self._handed - self._refused - self._blank

    def _break(self, number: int, code: str, reason: str) -> None:
        self._refused += 1
        self.broken.append((number, code, reason))

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (number, object); what is no object is broken. Raises FileProblemError for what is no JSON."""
        first = ""
        while not (first := first.lstrip("\ufeff \t\r\n")) and (more := next(self._text, "")):
            first += more
        while first and "\n" not in first and len(first) < MOST_FIRST and (more := next(self._text, "")):
            first += more
        if first.startswith("["):
            yield from self._streamed(first, "item")
        elif WRAPPED(first):
            yield from self._streamed(first, "")
        else:
            yield from self._lines(first)

    def line_problems(self) -> Iterator[tuple[int, str, str]]:
        """Yield and forget what was broken since the last call."""
        yield from self.broken
        self.broken.clear()

    def _streamed(self, first: str, prefix: str) -> Iterator[tuple[int, dict[str, Any]]]:
        source = _Bounded(_joined(first, self._text))
        number = 0
        try:
            for item in ijson.items(source, prefix, use_float=True, multiple_values=not prefix):
                number += 1
                self._seen += 1
                source.since = 0
                yield from self._object(number, item, suspect=True)
        except (ijson.JSONError, ValueError) as error:
            raise FileProblemError(
                "broken_json",
                f"The JSON is broken or cut off after its object {number:,}.",
                "Send an array of objects, or one object a line.",
            ) from error

    def _lines(self, first: str) -> Iterator[tuple[int, dict[str, Any]]]:
        lines = Lines(_joined(first, self._text), MOST_BYTES)
        for number, line in enumerate(lines, start=1):
            if lines.too_long:
                lines.too_long.clear()
                self._break(number, "line_too_long", f"The line is longer than {MOST_BYTES:,} characters.")
                continue
            if not line.strip():
                self._blank += 1
                continue
            try:
                item = json.loads(line)
            except (ValueError, RecursionError):
                self._break(number, "broken_json", "The line is no JSON.")
                continue
            yield from self._object(number, item, suspect="\\u" in line)
        self._seen = lines.number

    def _object(self, number: int, item: Any, *, suspect: bool) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield an object, or refuse what is none; `suspect` is one that may hold half a character."""
        if not isinstance(item, dict):
            self._break(number, "no_object", "This is no JSON object.")
        elif suspect and not is_whole(item):
            self._break(number, "broken_text", "A text holds half of a character (a lone surrogate).")
        else:
            self._handed += 1
            yield number, item


def is_whole(item: Any) -> bool:
    """Return whether every text of an object can be written: JSON's escapes allow halves of characters."""
    text = json.dumps(item, ensure_ascii=False, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return NO_CHARACTER not in text


def _joined(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


class _Bounded:
    """What ijson reads from; ends a file in which no object ends for too long."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._rest = ""
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; `size` is a wish only, but 0 asks for none."""
        if size == 0:
            return b""
        text = self._rest + (more := next(self._text, ""))
        # An escape may be cut by the chunk's end.
        cut = text.rfind("\\u", -LONGEST_ESCAPE) if more else -1
        while cut > 0 and text[cut - 1] == "\\":
            cut -= 1
        text, self._rest = (text[:cut], text[cut:]) if cut > 0 else (text, "")
        data = LONE.sub(r"\\uffff", text).encode()
        self.since += len(data)
        if self.since > MOST_BYTES + len(data):
            raise FileProblemError(
                "object_too_large",
                f"One object of the JSON is larger than {MOST_BYTES:,} bytes.",
                "Send one object for each student's result.",
            )
        return data
