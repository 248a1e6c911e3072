"""Results as the lines that COPY takes, made by column name; the order of the columns is that of the staging table.

The functions are generated once, as `collections.namedtuple` does it, since they are called for every row of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from processor.model import RESULT, staged_columns

NO_PREFIXES: Mapping[str, str] = {}


def result_line(*given: str, prefixes: Mapping[str, str] = NO_PREFIXES, **fixed: str) -> Callable[..., str]:
    """Return a function that makes one line; it takes the columns `given` by keyword.

    A column of `fixed` is the same text in every line, and one that is in neither is empty. `prefixes` are written
    before the values of given columns. Raises ValueError for a column that results do not have.
    """
    template = _template(given, prefixes, fixed)
    line: Callable[..., str] = _compiled(f"lambda *, {', '.join(given)}: {template}")
    return line


def result_lines(
    *each: str, shared: Iterable[str] = (), prefixes: Mapping[str, str] = NO_PREFIXES, **fixed: str
) -> Callable[..., list[str]]:
    """Return a function that makes many lines: of `each` it takes a value for every line, of `shared` one for all.

    It takes them by keyword, and raises ValueError where those of `each` are not equally many.
    """
    template = _template((*each, *shared), prefixes, fixed)
    columns = ", ".join(each)
    lines: Callable[..., list[str]] = _compiled(
        f"lambda *, {', '.join((*each, *shared))}: [{template} for {columns} in zip({columns}, strict=True)]"
    )
    return lines


def _template(given: Iterable[str], prefixes: Mapping[str, str], fixed: Mapping[str, str]) -> str:
    """Return the source of the f-string that makes a line."""
    cells = {name: text.replace("{", "{{").replace("}", "}}") for name, text in fixed.items()}
    cells |= {name: f"{prefixes.get(name, '')}{{{name}}}" for name in given}
    columns = staged_columns(RESULT)
    if unknown := sorted({*cells, *prefixes} - set(columns)):
        raise ValueError(f"Results have no columns {', '.join(unknown)}.")
    return f"f{chr(9).join(cells.get(name, '') for name in columns) + chr(10)!r}"


def _compiled(source: str) -> Any:
    return eval(source)
