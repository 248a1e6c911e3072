"""What a file is that is no table and no JSON, told by its beginning, so that a refusal speaks of the right thing."""

from __future__ import annotations

from collections.abc import Sequence

from processor.problems import FileProblemError
from processor.reading.table import DELIMITERS

FEWEST_LINES = 3
SHORTEST_RECORD = 40
EXCELS_OWN, BEGINNING = "urn:schemas-microsoft-com:office:spreadsheet", 4_000
FEWEST_CELLS = 3


def refuse_what_is_no_table(first: str) -> None:
    """Raise FileProblemError for XML, HTML and RTF; `first` is the beginning of the text."""
    start = first.lstrip()[:200].casefold()
    if start.startswith(("<!doctype html", "<html", "<table")):
        raise _not_read("This is a page of HTML, which is not read.", "Export the data as CSV and send that.")
    if start.startswith("<") and EXCELS_OWN in first[:BEGINNING]:
        raise _not_read(
            "This is an Excel workbook of the kind of 2003 (XML), which is not read.",
            "Open it, save it as Excel Workbook (.xlsx) or as CSV UTF-8, and send that.",
        )
    if start.startswith("<"):
        raise _not_read(
            "XML is not read: this looks like an interchange of it.",
            "Send Ed-Fi's resources as JSON, as its API gives them, or the results as CSV.",
        )
    if start.startswith("{\\rtf"):
        raise _not_read("This is a text document, which is not read.", "Export the data as CSV and send that.")


def refuse_fixed_width(first: str) -> None:
    """Raise FileProblemError for records of fixed width; to be asked where no mapping's layout fits them."""
    if is_fixed_width(first):
        raise _not_read(
            "This looks like a file of fixed width: all lines are as long, without comma, tab, semicolon or bar.",
            "Send it as CSV with a header, or map it: say which positions mean what.",
        )


def refuse_whole_lines_in_quotes(header: Sequence[str]) -> None:
    """Raise FileProblemError where a table's only cell is a header in quotes: lines were taken for cells."""
    if len(header) == 1 and any(header[0].count(delimiter) >= FEWEST_CELLS - 1 for delimiter in DELIMITERS):
        raise _not_read(
            "Each line stands in quotes as a whole, so that it has one cell.",
            "Export the file anew: quotes belong around single cells.",
        )


def is_fixed_width(first: str) -> bool:
    """Return whether lines have no delimiter and one length; the last line may be cut."""
    lines = [line.rstrip("\r") for line in first.split("\n")[:-1] if line.strip()][:50]
    return (
        len(lines) >= FEWEST_LINES
        and len({len(line) for line in lines}) == 1
        and len(lines[0]) >= SHORTEST_RECORD
        and not any(delimiter in line for line in lines for delimiter in DELIMITERS)
    )


def _not_read(sentence: str, remedy: str) -> FileProblemError:
    return FileProblemError("unknown_format", sentence, remedy)
