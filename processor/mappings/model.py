"""What a mapping says, as a typed document: which columns make which field, by which steps, and what recognizes a file.

A mapping is data: it comes from the library beside this module or from a person, and is checked here either way.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from processor.mappings import names
from processor.mappings.transforms import chained

MOST_RESULTS = 2_000
MOST_RECORD = 100_000
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Short = Annotated[str, Field(max_length=200)]


class Strict(BaseModel):
    """Refuses what it does not know, so that a misspelt key is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Strict):
    """Where a field comes from: the first of these columns that holds something, or a constant; then the steps."""

    columns: tuple[Short, ...] = ()
    value: str = Field("", max_length=200)
    do: tuple[str | dict[str, Any], ...] = Field((), max_length=8)
    otherwise: Annotated[Value, BeforeValidator(lambda raw: _value(raw))] | None = None
    """What is read where this gives nothing."""

    @field_validator("do")
    @classmethod
    def _known_steps(cls, steps: tuple[str | dict[str, Any], ...]) -> tuple[str | dict[str, Any], ...]:
        chained(steps)
        return steps

    @property
    def given(self) -> bool:
        """Return whether there is anything to read."""
        return bool(self.columns or self.value or (self.otherwise and self.otherwise.given))


def _value(raw: Any) -> Any:
    """Take a column's name, a list of names, or the whole."""
    if isinstance(raw, str):
        return {"columns": [raw]} if raw else {}
    if isinstance(raw, list):
        return {"columns": raw}
    if isinstance(raw, dict) and "column" in raw:
        return {**{key: value for key, value in raw.items() if key != "column"}, "columns": [raw["column"]]}
    return raw


Cell = Annotated[Value, BeforeValidator(_value)]
NOTHING = Value()


class Condition(Strict):
    """When a result is there at all: a column holds one of these, or none of these; in any case."""

    column: Short
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


class Student(Strict):
    """Whom a row is about."""

    id: Cell
    state_id: Cell = NOTHING
    given_name: Cell = NOTHING
    middle_name: Cell = NOTHING
    family_name: Cell = NOTHING
    gender: Cell = NOTHING
    ethnicity: Cell = NOTHING
    races: dict[Short, Short] = {}
    """Columns that say yes, with the word for each; two of them are `two or more races`."""
    hispanic: Cell = NOTHING
    economically_disadvantaged: Cell = NOTHING
    english_learner: Cell = NOTHING
    disability: Cell = NOTHING


class School(Strict):
    """Where the student was."""

    id: Cell = NOTHING
    name: Cell = NOTHING


class Part(Strict):
    """A score or a level by name within a result: a domain, an objective, a goal."""

    standard: Cell
    score: Cell = NOTHING
    level: Cell = NOTHING
    each: dict[str, tuple[str, ...]] = {}


class Common(Strict):
    """What all results of a row share unless one says otherwise."""

    subject: Cell = NOTHING
    administration: Cell = NOTHING
    date: Cell = NOTHING
    school_year: Cell = NOTHING
    grade: Cell = NOTHING
    record: Cell = NOTHING
    """The vendor's own id of the sitting, where there is one: a second row with it is a correction."""


class Result(Common):
    """One result that a row makes."""

    assessment: Cell
    score: Cell = NOTHING
    level: Cell = NOTHING
    standard: Cell = NOTHING
    """For files with a row for each part of a test."""
    score_min: Cell = NOTHING
    score_max: Cell = NOTHING
    when: tuple[Condition, ...] = ()
    each: dict[str, tuple[str, ...]] = {}
    """Words that are put for `{name}` in every text of this result: one result for each of them."""
    parts: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _has_something(self) -> Result:
        if not (self.score.given or self.level.given or self.parts):
            raise ValueError("A result needs a score, a level or parts.")
        return self


class Layout(Strict):
    """Where the fields of a record without delimiters stand: first character from 1 on, and length."""

    name: Short = ""
    length: int = Field(ge=2, le=MOST_RECORD)
    """How long a record is at most."""
    least: int = Field(0, ge=0)
    """How long it is at least: editors cut blanks at the end."""
    fields: dict[Short, tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]]
    where: dict[Short, tuple[str, ...]] = {}
    """Fields of the first record that must hold one of these."""

    @model_validator(mode="after")
    def _within(self) -> Layout:
        for name, (start, length) in self.fields.items():
            if start + length - 1 > self.length:
                raise ValueError(f"The field {name} ends behind the record.")
        if missing := set(self.where) - set(self.fields):
            raise ValueError(f"These are no fields of the layout: {', '.join(sorted(missing))}.")
        return self


class Recognize(Strict):
    """What tells a file of this kind from all others."""

    columns: tuple[tuple[Short, ...], ...] = ()
    """All of these must be there; of several names for one, any."""
    whole: bool = False
    """Whether these are all of a file's columns, so that one with others is another's: what a person maps is so."""
    absent: tuple[Short, ...] = ()
    own: tuple[Short, ...] = ()
    """Columns that this vendor's files alone have; where told, one must be there, or one of `words` be said."""
    words: tuple[Short, ...] = ()
    """What the file's name or the lines before the header may say instead."""
    titles: tuple[Short, ...] = ()
    """Words of the lines before the header; where told, one must be there or none of the lines."""
    sheets: tuple[Short, ...] = ()
    """Names of the sheets of a workbook to look at first."""

    @field_validator("columns", mode="before")
    @classmethod
    def _groups(cls, groups: Any) -> Any:
        return [[group] if isinstance(group, str) else group for group in groups]


class Mapping(Strict):
    """One mapping."""

    name: Name
    title: Annotated[str, Field(min_length=1, max_length=120)]
    version: int = Field(ge=1)
    vendor: Name
    """Whose tests they are: part of an assessment's key, so that tests of two vendors are never one."""
    source: Annotated[str, Field(max_length=500)]
    """The public source of the field names."""
    export: Annotated[str, Field(max_length=500)] = ""
    """How a person gets the file from the vendor."""
    recognize: Recognize = Recognize()
    student: Student
    school: School = School()
    district: Cell = NOTHING
    """The district's id, where a file's column for it is called as in no other file (`bind.DISTRICT_IDS`)."""
    row: Common = Common()
    results: Annotated[tuple[Result, ...], Field(min_length=1)]
    layouts: tuple[Layout, ...] = ()
    origin: Literal["library", "saved"] = "saved"

    @model_validator(mode="before")
    @classmethod
    def _one_for_each(cls, mapping: Any) -> Any:
        """Write out what is told for several words at once."""
        if not isinstance(mapping, dict) or not isinstance(mapping.get("results"), (list, tuple)):
            return mapping
        results = []
        for result in mapping["results"]:
            for variant in _each(result):
                if isinstance(variant, dict) and isinstance(variant.get("parts"), (list, tuple)):
                    variant = {
                        **variant,
                        "parts": [part_variant for part in variant["parts"] for part_variant in _each(part)],
                    }
                results.append(variant)
                if len(results) > MOST_RESULTS:
                    raise ValueError(f"A row makes {MOST_RESULTS:,} results at most.")
        return {**mapping, "results": results}

    @model_validator(mode="after")
    def _is_recognizable(self) -> Mapping:
        if not (self.recognize.columns or self.layouts):
            raise ValueError("A mapping says which columns, or which layout, tell its files.")
        return self

    @functools.cached_property
    def named(self) -> frozenset[str]:
        """Return the plain names of all columns that it names: of two that fit, the one that reads more counts."""
        return frozenset(names.plain(name) for value in values_of(self) for name in value.columns)

    @functools.cached_property
    def marks(self) -> tuple[tuple[frozenset[str], ...], frozenset[str]]:
        """Return what must be there, as groups of plain names, and what must not."""
        groups = tuple(frozenset(map(names.plain, group)) for group in self.recognize.columns)
        return groups, frozenset(map(names.plain, self.recognize.absent))

    @functools.cached_property
    def own(self) -> frozenset[str]:
        """Return the plain names of the columns that this vendor's files alone have."""
        return frozenset(map(names.plain, self.recognize.own))


def values_of(piece: object) -> Iterator[Value]:
    """Yield every value of a mapping, or of a piece of one, that names columns."""
    if isinstance(piece, Value):
        if piece.columns:
            yield piece
        if piece.otherwise is not None:
            yield from values_of(piece.otherwise)
    elif isinstance(piece, BaseModel):
        for name in type(piece).model_fields:
            yield from values_of(getattr(piece, name))
    elif isinstance(piece, (list, tuple)):
        for element in piece:
            yield from values_of(element)


def _each(raw: Any) -> list[Any]:
    if not isinstance(raw, dict) or not isinstance(raw.get("each"), dict) or not raw["each"]:
        return [raw]
    names = list(raw["each"])
    rest = {key: value for key, value in raw.items() if key != "each"}
    ways = itertools.product(*(raw["each"][name] for name in names))
    return [
        _filled(rest, dict(zip(names, map(str, way), strict=True))) for way in itertools.islice(ways, MOST_RESULTS + 1)
    ]


def _filled(raw: Any, words: dict[str, str]) -> Any:
    if isinstance(raw, str):
        for name, word in words.items():
            raw = raw.replace("{" + name + "}", word)
        return raw
    if isinstance(raw, dict):
        return {key: _filled(value, words) for key, value in raw.items()}
    return [_filled(value, words) for value in raw] if isinstance(raw, (list, tuple)) else raw
