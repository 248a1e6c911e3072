"""As much of PromQL as is needed to see that a query can be read: its tokens, its brackets and its metrics' names.

Source: Prometheus, "Querying basics", "Operators" and "Functions".
"""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<duration>[0-9]+(?:ms|[smhdwy])(?![\w.]))
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?![\w.]))
    | (?P<word>[a-zA-Z_:][\w:]*)
    | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^=<>,(){}\[\]:])
    )""",
    re.VERBOSE,
)
CLOSING = {")": "(", "}": "{", "]": "["}
WORDS = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool"})
AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count", "topk"})
FUNCTIONS = frozenset({"absent", "increase", "rate", "time", "histogram_quantile", "predict_linear"})


class NotPromQLError(ValueError):
    """The text is no query."""


def tokens(query: str) -> list[tuple[str, str]]:
    """Return the query's tokens, each with its kind; raises NotPromQLError for what is none."""
    stream, at, text = [], 0, query.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise NotPromQLError(f"{text[at : at + 20]!r} is no token of {query!r}")
        stream.append((str(match.lastgroup), match[match.lastgroup or ""]))
        at = match.end()
    return stream


def metrics(query: str) -> set[str]:
    """Return the names of the metrics that a query reads.

    Raises NotPromQLError where its brackets do not match, or a word is neither a metric's name nor one of the language.
    """
    stream, open_signs, names = tokens(query), list[str](), set[str]()
    for place, (kind, token) in enumerate(stream):
        following = stream[place + 1][1] if place + 1 < len(stream) else ""
        if "[" in open_signs[-1:] and kind != "duration" and token not in {"]", ":"}:
            raise NotPromQLError(f"{token} is no span of time in {query!r}")
        if kind == "sign" and token in CLOSING.values():
            open_signs.append(token)
        elif kind == "sign" and token in CLOSING:
            if not open_signs or open_signs.pop() != CLOSING[token]:
                raise NotPromQLError(f"{token} closes nothing in {query!r}")
        elif kind == "word" and not _is_label(stream, place, open_signs) and token not in WORDS | AGGREGATIONS:
            if (following == "(") != (token in FUNCTIONS):
                raise NotPromQLError(f"{token} is no function that is known, or is not called, in {query!r}")
            names |= set() if token in FUNCTIONS else {token}
    if open_signs:
        raise NotPromQLError(f"{open_signs[-1]} is not closed in {query!r}")
    if not names:
        raise NotPromQLError(f"{query!r} reads no metric")
    return names


def _is_label(stream: list[tuple[str, str]], place: int, open_signs: list[str]) -> bool:
    """Return whether a word names a label: within braces, or in the list behind `by` and the like."""
    if "{" in open_signs[-1:]:
        return True
    before = [token for _, token in stream[:place]]
    while before and (before[-1] == "," or (before[-1] not in "()" and len(before) > 1 and before[-2] in {"(", ","})):
        before.pop()
    return len(before) > 1 and before[-1] == "(" and before[-2] in WORDS
