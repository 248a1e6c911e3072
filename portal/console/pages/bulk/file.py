"""Reads a CSV of districts: the same fields, rules and sentences as the form that registers one."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from portal.console.forms import RegistrationForm
from provisioning.onboarding.bulk import MOST_ROWS, batch_key
from registry.accounts.rights import Rights
from registry.districts.reach import accounts_to_choose
from registry.districts.registration import Registration

COLUMNS = tuple(name for _, names in RegistrationForm.GROUPS for name in names)
LARGEST_FILE = 1_000_000
"""Bytes."""

MOST_NAMED = 8

CASES = {"environment": str.lower, "region": str.lower, "egress": str.lower, "size": str.upper, "state_code": str.upper}


class FileRefusedError(Exception):
    """The file as a whole cannot be read; the sentence says why and what to do."""


@dataclass(frozen=True)
class FileRow:
    """A row of the file: its number (the first below the heading is 1), and what it asks for or what is wrong."""

    number: int
    name: str
    registration: Registration | None
    problems: dict[str, list[str]] = field(default_factory=dict)


def template() -> str:
    """Return an empty file with every column."""
    return ",".join(COLUMNS) + "\r\n"


def decoded(content: bytes) -> str:
    """Read a file's bytes as text; raises FileRefusedError."""
    if len(content) > LARGEST_FILE:
        raise FileRefusedError(_("The file is larger than 1 MB. Split it into several."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefusedError(_('The file is not UTF-8. Save it as "CSV UTF-8" and choose it again.')) from error


def read(text: str, batch: uuid.UUID, rights: Rights) -> list[FileRow]:
    """Return the rows, empty lines left out; raises FileRefusedError."""
    heading, records = _records(text)
    if not records:
        raise FileRefusedError(_("The file has no row below its heading. Fill in a line for each district."))
    if len(records) > MOST_ROWS:
        values = {"rows": len(records), "most": MOST_ROWS}
        raise FileRefusedError(
            _("The file has %(rows)s rows; %(most)s at a time are taken. Split it into several.") % values
        )
    accounts = list(accounts_to_choose(rights).values_list("account_id", flat=True)[:2])
    only = accounts[0] if len(accounts) == 1 else ""
    return [_row(number, heading, record, only, batch, rights) for number, record in enumerate(records, start=1)]


def _records(text: str) -> tuple[list[str], list[list[str]]]:
    if "\x00" in text:
        raise FileRefusedError(_('The file is no text. Save it as "CSV UTF-8" and choose it again.'))
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    try:
        lines = [
            line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if any(line)
        ]
    except csv.Error as error:
        sentence = _("The file is not proper CSV (%(error)s). Save it anew from the spreadsheet.")
        raise FileRefusedError(sentence % {"error": error}) from error
    if not lines:
        raise FileRefusedError(_("The file is empty. Take the template and fill in a line for each district."))
    heading = [name.strip().lower() for name in lines[0]]
    unknown = sorted(set(heading) - set(COLUMNS))
    if unknown:
        values = {"columns": ", ".join(unknown)[:200]}
        raise FileRefusedError(_("There is no column %(columns)s. The template has all that there are.") % values)
    if "name" not in heading:
        raise FileRefusedError(_("The column name is missing. Take the template's first line as the heading."))
    if len(heading) != len(set(heading)):
        raise FileRefusedError(_("A column stands twice in the heading. Leave one of them out."))
    return heading, lines[1:]


def _row(
    number: int, heading: list[str], record: list[str], only_account: str, batch: uuid.UUID, rights: Rights
) -> FileRow:
    cells = {name: value.strip() for name, value in zip(heading, record, strict=False) if value.strip()}
    name = cells.get("name", "")
    if len(record) > len(heading):
        problem = _("The row has more cells than the heading; quote what has a comma.")
        return FileRow(number, name, None, {"name": [problem]})
    for column, change in CASES.items():
        if column in cells:
            cells[column] = change(cells[column])
    defaults = {column: RegistrationForm.base_fields[column].initial for column in COLUMNS}
    data = (
        {column: value for column, value in defaults.items() if value is not None}
        | {"account_id": only_account}
        | cells
    )
    form = RegistrationForm(rights, data | {"registration_key": str(batch_key(batch, number))})
    if not form.is_valid():
        return FileRow(number, name, None, _problems(form))
    return FileRow(number, name, form.registration())


def _problems(form: RegistrationForm) -> dict[str, list[str]]:
    """Return the form's sentences; a choice names what there is, which the form shows and a file does not."""
    problems = {column: [str(error) for error in errors] for column, errors in form.errors.items()}
    for column, errors in form.errors.as_data().items():
        choices = getattr(form.fields.get(column), "choices", [])
        valid = [str(value) for value, _ in choices if value]
        if valid and any(error.code == "invalid_choice" for error in errors):
            values = {"value": form.data[column], "known": ", ".join(valid[:MOST_NAMED])}
            problems[column] = [
                _("%(value)s is not known. Use one of %(known)s and others.") % values
                if len(valid) > MOST_NAMED
                else _("%(value)s is not known. Use one of %(known)s.") % values
            ]
    return problems
