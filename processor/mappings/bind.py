"""Binds a mapping to one file's header: the columns it reads, how each is read, and what writes a row's results.

What comes out is a format like any other, with the places of its cells found already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from processor.formats import plain as plain_csv
from processor.formats import values
from processor.formats.base import (
    STATE,
    Field,
    Format,
    Note,
    Reading,
    RowRefusedError,
    Sink,
    Write,
    filling,
    fixed,
    taken_out,
)
from processor.formats.occasion import season_of, window_name
from processor.mappings import kinds, names
from processor.mappings.model import Condition, Mapping, Part, Result, Value

PREFIX = "map:"
PLAIN, PLAIN_PREFIX = "plain", plain_csv.PREFIX
"""A table of one's own is of the same tests as the plain CSV: its results replace those, and are replaced by them."""
SEVERAL = "Two or more races"
HISPANIC = "Hispanic or Latino"
MOST_KNOWN = 50_000
"""So many students and occasions are remembered as put."""
UNDATED = (
    "A result needs a date, or a school year. Where the export has neither, name the school year in the file's name or "
    "folder, as in 2025-26, and send it again."
)
NOT_COUNTED = "By this column the row is of no result that counts, whatever score stands in it."
TWO_RESULTS = "The row has two different results of the same test and day."
OTHER_COLUMN = "other_column"
OTHER_COLUMN_REASON = (
    "The score stands in another column than those of the same occasion in rows before, and may be of another scale."
)
DISTRICT_IDS = (
    *(
        "District ID",
        "District Code",
        "District Number",
        "District State ID",
        "District Identifier",
        "District NCES ID",
    ),
    *("LEA ID", "LEA Code", "LEA Number", "Responsible District Identifier", "Responsible District Code"),
)
DISTRICT_NAMES = ("District Name", "District", "LEA Name", "Responsible District Name")
"""What columns are called that tell a row's district, in whatever file."""
LAST_DAY = "-06-30"
"""Dates a result of which only the school year is known: the year's last day, as with Ed-Fi."""
WRITTEN = {"date": "date", "number": "number", "number if any": "number"}
Pick = Callable[[Sequence[str]], str]
"""Returns one field's value out of a row's read cells."""


@dataclass(frozen=True)
class Bound(Format):
    """A mapping as the format of one file."""

    mapping: Mapping | None = None
    places: tuple[int, ...] = ()
    """Where the cell of each field is in a row of the file."""
    missing: tuple[str, ...] = ()
    """Columns that the mapping names and the file has not."""


@dataclass
class Columns:
    """Collects which columns are read, as what."""

    header: dict[str, int]
    titles: Sequence[str]
    fields: list[Field] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    _known: dict[tuple[int, str, str], int] = field(default_factory=dict)
    _picked: dict[Pick, Sequence[int]] = field(default_factory=dict)
    """Where the cells are that a pick looks at."""

    def read(self, place: int, kind: str, steps: Sequence[str | dict[str, object]]) -> int:
        """Return where the value of a column, read so, is among the row's values."""
        key = (place, kind, repr(steps))
        if key not in self._known:
            self._known[key] = len(self.fields)
            # After steps a cell is no longer what the column's other cells say of how it is written.
            written = "" if steps else WRITTEN.get(kind, "")
            self.fields.append(
                Field(
                    self.titles[place],
                    fixed(kinds.reader(kind, steps)),
                    verbatim=kind in kinds.VERBATIM,
                    written=written,
                )
            )
            self.places.append(place)
        return self._known[key]

    def places_of(self, value: Value) -> list[int]:
        """Return the places of the columns of a value that are there."""
        own = [self.header[names.plain(name)] for name in value.columns if names.plain(name) in self.header]
        return own + (self.places_of(value.otherwise) if value.otherwise else [])

    def pick(self, value: Value, kind: str) -> Pick:
        """Return what picks a value; raises InvalidValueError where a constant is none of the kind."""
        at, constant, current = [], "", value
        while True:
            own = [self.header[names.plain(name)] for name in current.columns if names.plain(name) in self.header]
            if current.columns and not own:
                self.missing.append(current.columns[0])
            at += [self.read(place, kind, current.do) for place in own]
            if current.value:
                constant = kinds.reader(kind, current.do if not current.columns else ())(current.value)
            if current.otherwise is None:
                break
            current = current.otherwise
        picked = _first_of(at, constant)
        self._picked[picked] = at
        return picked

    def cells(self, *picks: Pick, more: Sequence[int] = ()) -> Callable[[Sequence[str]], object]:
        """Return what takes out of a row all that these picks depend on, and other cells: to know it again by."""
        places = sorted({*more, *(place for pick in picks for place in self._picked[pick])})
        return itemgetter(*places) if places else lambda row: ()

    def pick_id(self, value: Value) -> Pick:
        """Return what picks a student's id: of several columns the first that has one.

        A column may be full of zeros that stand for nobody; whom a row is about, another may tell. Where none does, the
        pick raises RowRefusedError.
        """
        if len(self.places_of(value)) < 2:
            return self.pick(value, "student")
        name, at = self.name_of(value), self._read_all(value, "student or nobody")

        def first(row: Sequence[str]) -> str:
            cells = [row[place] for place in at]
            student_id = next((cell for cell in cells if cell and cell != kinds.NOBODY), "")
            if not student_id and kinds.NOBODY in cells:
                raise RowRefusedError(name, "nobodys_id", "This stands where an id is missing: it is no student's.")
            return student_id

        self._picked[first] = at
        return first

    def _read_all(self, value: Value, kind: str) -> list[int]:
        """Return where the cells of all columns of a value are among the row's values."""
        places = [self.header[names.plain(name)] for name in value.columns if names.plain(name) in self.header]
        read = [self.read(place, kind, value.do) for place in places]
        return read + (self._read_all(value.otherwise, kind) if value.otherwise else [])

    def name_of(self, value: Value) -> str:
        """Return the column to name where a value is not there."""
        places = self.places_of(value)
        return self.titles[places[0]] if places else (value.columns[0] if value.columns else "")


def _first_of(places: Sequence[int], constant: str) -> Pick:
    """Return what picks the first of some cells that is not empty, or else a constant."""
    if len(places) == 1 and not constant:
        return itemgetter(places[0])

    def first(row: Sequence[str]) -> str:
        for place in places:
            if row[place]:
                return row[place]
        return constant

    return first if places else lambda row: constant


def bind(mapping: Mapping, header: Sequence[str]) -> Bound:
    """Return the format of files with this header."""
    columns = Columns(names.places(header), header)
    makers = _makers(mapping, columns)

    def writer(reading: Reading, sink: Sink) -> Write:
        return makers(reading, sink)

    return Bound(
        name=f"{mapping.name} (mapping {mapping.version})",
        title=mapping.title,
        source=mapping.source,
        fields=tuple(columns.fields),
        writer=writer,
        student_field=_id_as_it_is(mapping, columns),
        mapping=mapping,
        places=tuple(columns.places),
        missing=tuple(dict.fromkeys(columns.missing)),
    )


def _id_as_it_is(mapping: Mapping, columns: Columns) -> str:
    """Return the column with the student's id where it is read without steps: whose a refused row is, it tells."""
    return (
        columns.name_of(mapping.student.id)
        if not mapping.student.id.do and columns.places_of(mapping.student.id)
        else ""
    )


def _checks(conditions: Sequence[Condition], columns: Columns) -> Callable[[Sequence[str]], bool] | None:
    """Return what says whether a row has a result; nothing where it always has."""
    checks = []
    for condition in conditions:
        place = columns.header.get(names.plain(condition.column))
        if place is None:
            continue
        at = columns.read(place, "word", ())
        wanted = frozenset(kinds.word(word) for word in condition.any_of)
        unwanted = frozenset(kinds.word(word) for word in condition.none_of)
        checks.append((at, wanted, unwanted))
    if not checks:
        return None
    return lambda row: all(
        (not wanted or row[at] in wanted) and row[at] not in unwanted for at, wanted, unwanted in checks
    )


@dataclass(frozen=True)
class Scored:
    """A part's picks."""

    standard: Pick
    score: Pick
    level: Pick


@dataclass(frozen=True)
class Sitting:
    """A result's picks."""

    there: Callable[[Sequence[str]], bool] | None
    assessment: Pick
    subject: Pick
    administration: Pick
    date: Pick
    year: Pick
    grade: Pick
    record: Pick
    standard: Pick
    score: Pick
    level: Pick
    least: Pick
    most: Pick
    parts: tuple[Scored, ...]
    date_column: str
    score_column: str
    level_column: str
    scores: tuple[tuple[int, str], ...]
    """Where the score can stand, where that is in one of several columns, and what these are called."""
    cells: Callable[[Sequence[str]], object]
    """All that a row's occasion depends on."""
    condition: str = ""
    """The column that says whether a row has this result, where one does."""
    told: dict[object, Taken | None] = field(default_factory=dict, compare=False)
    """The occasions of rows before, without an id of their own: most rows are of one that others were of."""


def _part(part: Part, columns: Columns) -> Scored:
    return Scored(
        columns.pick(part.standard, "name"),
        columns.pick(part.score, "number if any"),
        columns.pick(part.level, "level if any"),
    )


def _sitting(result: Result, mapping: Mapping, columns: Columns) -> Sitting | None:
    """Return a result's picks; nothing where the file has none of its columns."""
    parts = [part for part in result.parts if _any(columns, part.score, part.level)]
    # Parts alone make a result only where the mapping names no score of the whole: two tests may share their parts.
    if not _any(columns, result.score, result.level) and (result.score.given or result.level.given or not parts):
        return None

    def common(name: str) -> Value:
        own: Value = getattr(result, name)
        return own if own.given else getattr(mapping.row, name)

    there = _checks(result.when, columns)
    occasion = (
        columns.pick(result.assessment, "name"),
        columns.pick(common("subject"), "text"),
        columns.pick(common("administration"), "text"),
        columns.pick(common("date"), "date"),
        columns.pick(common("school_year"), "year"),
        columns.pick(common("grade"), "grade"),
    )
    record = columns.pick(common("record"), "text")
    standard, score = columns.pick(result.standard, "name"), columns.pick(result.score, "number")
    level = columns.pick(result.level, "level")
    least, most = columns.pick(result.score_min, "number if any"), columns.pick(result.score_max, "number if any")
    return Sitting(
        there,
        *occasion,
        record,
        standard,
        score,
        level,
        least,
        most,
        tuple(_part(part, columns) for part in parts),
        columns.name_of(common("date")) or columns.name_of(common("school_year")),
        columns.name_of(result.score) or columns.name_of(result.level),
        columns.name_of(result.level),
        _several(result.score, columns),
        columns.cells(*occasion, standard, least, most),
        next((one.column for one in result.when if names.plain(one.column) in columns.header), ""),
    )


def _several(value: Value, columns: Columns) -> tuple[tuple[int, str], ...]:
    """Return where a score's columns are among a row's values, and their names; nothing where it has but one."""
    readers = [
        (columns.read(place, "number", part.do), columns.titles[place]) for part, place in _columns_of(value, columns)
    ]
    return tuple(readers) if len(readers) > 1 else ()


def _columns_of(value: Value | None, columns: Columns) -> Iterator[tuple[Value, int]]:
    while value is not None:
        for name in value.columns:
            if names.plain(name) in columns.header:
                yield value, columns.header[names.plain(name)]
        value = value.otherwise


def _any(columns: Columns, *values: Value) -> bool:
    return any(columns.places_of(value) for value in values)


def _districts(mapping: Mapping, columns: Columns) -> tuple[list[int], list[int]]:
    """Return where ids and names of a row's district are among its values."""
    otherwise = mapping.named - set(map(names.plain, mapping.district.columns))
    told = [
        [
            columns.read(columns.header[name], "word", ())
            for name in dict.fromkeys(map(names.plain, candidates))
            if name in columns.header and name not in otherwise
        ]
        for candidates in ((*mapping.district.columns, *DISTRICT_IDS), DISTRICT_NAMES)
    ]
    return told[0], told[1]


def _makers(mapping: Mapping, columns: Columns) -> Callable[[Reading, Sink], Write]:
    """Return what makes the writer of one reading."""
    fields = mapping.student
    local_id, state_id = columns.pick_id(fields.id), columns.pick(fields.state_id, "student if any")
    given, middle, family = (
        columns.pick(value, "person") for value in (fields.given_name, fields.middle_name, fields.family_name)
    )
    gender, ethnicity = columns.pick(fields.gender, "gender"), columns.pick(fields.ethnicity, "text")
    hispanic = columns.pick(fields.hispanic, "flag")
    poor, learner, disability = (
        columns.pick(value, "flag")
        for value in (fields.economically_disadvantaged, fields.english_learner, fields.disability)
    )
    races = [
        (columns.read(columns.header[names.plain(name)], "flag", ()), word)
        for name, word in fields.races.items()
        if names.plain(name) in columns.header
    ]
    school_id, school_name = columns.pick(mapping.school.id, "id"), columns.pick(mapping.school.name, "name")
    district_ids, district_names = _districts(mapping, columns)
    district_places = district_ids + district_names
    district_column = columns.fields[district_places[0]].name if district_places else ""
    sittings = [bound for result in mapping.results if (bound := _sitting(result, mapping, columns)) is not None]
    id_column = columns.name_of(fields.id)
    plain = mapping.vendor == PLAIN
    vendor = PLAIN_PREFIX if plain else f"{PREFIX}{mapping.vendor}:"

    who = columns.cells(
        *(
            state_id,
            given,
            middle,
            family,
            gender,
            ethnicity,
            hispanic,
            poor,
            learner,
            disability,
            school_id,
            school_name,
        ),
        more=[place for place, _ in races],
    )

    def race(row: Sequence[str]) -> str:
        if hispanic(row) == "true":
            return HISPANIC
        told_yes = [word for at, word in races if row[at] == "true"]
        return told_yes[0] if len(told_yes) == 1 else SEVERAL if told_yes else ethnicity(row)

    def writer(reading: Reading, sink: Sink) -> Write:
        pseudonym, put, put_result = reading.numbered, sink.put, sink.put_result
        at = (reading.when, "f")
        # Of who the students are a roster knows better than a vendor; a table of one's own may be the only roster.
        of_people = at if plain else (filling(reading.when), "f")
        part, modified_at = reading.part, reading.when
        none = values.NULL
        known: set[tuple[object, ...]] = set()
        used: dict[tuple[object, ...], int] = {}
        administrations: dict[tuple[str, ...], str] = {}

        def remember(entry: tuple[object, ...]) -> None:
            """Take note of what was put already: most rows are about students and occasions that others were about."""
            if len(known) >= MOST_KNOWN:
                known.clear()
            known.add(entry)

        def introduce(person: tuple[str, ...], local: str, line: int) -> None:
            """Put the student of a row, and the school."""
            student, state, first, middle_name, last, *groups, school, name = person
            put("student", student, *at)
            put("student_identity", student, local, state, *of_people)
            if state:
                # The state's number is the same child's, by which rows of other files find the same record.
                reading.claim(STATE, state.replace("\\\\", "\\"), student, line)
            if first or last:
                put("student_name", student, first, middle_name, last, *of_people)
            if any(groups):
                put("student_subgroup", student, *groups, *of_people)
            if school and name:
                put("school", school, name, "school", none, none, *of_people)

        def record_of(administration: str, student: str, sitting: str, standard: str) -> str:
            # A sitting is known by the vendor's own id, or by its day: a second one in a window is a retest.
            return (
                f"{administration}|{student}|{standard}"
                if plain
                else f"{administration}|{student}|{sitting}|{standard}"
            )

        def ids_of(title: str, subject: str, year: str, occasion: str) -> tuple[str, str]:
            """Return the ids of a test and of its occasion."""
            which = (
                plain_csv.test_of(reading, title, subject) if plain else f"{vendor}{' '.join(title.casefold().split())}"
            )
            return which, f"{which}|{year}|{occasion.casefold()}"

        def take_out(line: int, row: Sequence[str], student: str, sitting: Sitting) -> None:
            """Take out what an earlier file has told of a sitting that does not count."""
            if (found := _occasion(sitting, row, reading.school_year)) is not None:
                title, subject, day, year, occasion, _, own, standard, _, _ = found
                _, administration = ids_of(title, subject, year, occasion)
                record = record_of(administration, student, own or day, standard)
                taken_out(sink, line, reading.part, record, student, day, reading.when)

        def held(key: tuple[str, ...]) -> str:
            """Put a test and its occasion, and return the occasion's id."""
            title, subject, year, occasion, least, most = key
            which, administration = ids_of(title, subject, year, occasion)
            put("assessment", which, title, subject, least, most, *at)
            put(
                "administration",
                administration,
                which,
                f"{year} {occasion}".strip(),
                none,
                none,
                none,
                least,
                most,
                *at,
            )
            if len(administrations) >= MOST_KNOWN:
                administrations.clear()
            administrations[key] = administration
            return administration

        def write(line: int, row: Sequence[str]) -> None:
            local = local_id(row)
            if not local:
                raise RowRefusedError(id_column, "missing", "A result needs the student's id.")
            if district_places and reading.ours:
                reading.refuse_other_district(
                    district_column,
                    [row[place] for place in district_ids],
                    [row[place] for place in district_names],
                )
            results, untested = _results(sittings, row, line, reading, used)
            student = pseudonym(local.replace("\\\\", "\\"))
            for sitting in untested:
                take_out(line, row, student, sitting)
            if not results:
                raise RowRefusedError(untested[0].level_column, "not_tested", values.UNTESTED_REASON)
            name = school_name(row)
            school = school_id(row) or name
            whose = (local, who(row))
            if whose not in known:
                remember(whose)
                person = (student, state_id(row), given(row), middle(row), family(row), gender(row), race(row),
                          poor(row), learner(row), disability(row), school, name)  # fmt: skip
                introduce(person, local, line)
            several = len(results) > 1
            there: dict[tuple[str, str], tuple[str, ...]] = {}
            lines: list[str] = []
            for result in results:
                title, subject, day, year, occasion, grade, own, standard, least, most, rows = result
                occasion_of = (title, subject, year, occasion, least, most)
                administration = administrations.get(occasion_of) or held(occasion_of)
                if school or grade:
                    enrolled = (student, year, school, grade)
                    if enrolled not in known:
                        remember(enrolled)
                        put("enrolment", *enrolled, *of_people)
                record = record_of(administration, student, own or day, standard)
                for code, score, level in rows:
                    if several and not _is_first(there, (record, code), (day, score, level), sittings):
                        continue
                    lines.append(
                        plain_csv.RESULT_LINE(
                            line=line,
                            part=part,
                            record_id=record,
                            standard=code,
                            school_year=year,
                            student=student,
                            administration_id=administration,
                            school_id=school,
                            grade=grade,
                            taken_on=day,
                            scale_score=score,
                            performance_level=level,
                            modified_at=modified_at,
                        )
                    )
            for one_line in lines:
                put_result(one_line)

        return write

    return writer


def _is_first(
    there: dict[tuple[str, str], tuple[str, ...]],
    key: tuple[str, str],
    values: tuple[str, ...],
    sittings: list[Sitting],
) -> bool:
    """Return whether a row has not told a result yet: the latest one is often told a second time, as one of all.

    Raises RowRefusedError where it has told another one of the same test and day.
    """
    if key not in there:
        there[key] = values
        return True
    if there[key] != values:
        raise RowRefusedError(sittings[0].score_column, "duplicate_id", TWO_RESULTS)
    return False


def _results(
    sittings: list[Sitting], row: Sequence[str], line: int, reading: Reading, used: dict[tuple[object, ...], int]
) -> tuple[list[Found], list[Sitting]]:
    """Return a row's results, and the sittings that the student was not tested in.

    Raises RowRefusedError where it has neither, or a result that cannot be. `used` has the column that scores are taken
    of, by sitting and occasion, the first of its kind that has one: another may be of another scale, and its score is
    left out.
    """
    results: list[Found] = []
    untested: list[Sitting] = []
    for place, sitting in enumerate(sittings):
        if sitting.level(row) == kinds.NOT_TESTED:
            if sitting.there is None or sitting.there(row):
                untested.append(sitting)
        elif (result := _result(sitting, row, reading.school_year)) is not None:
            reading.refuse_future(sitting.date_column, result[2], result[3])
            if sitting.scores and not _is_of_its_column(place, sitting, row, result, used):
                column = next(name for at, name in sitting.scores if row[at])
                (standard, _, level), *parts = result[10]
                if not level and not parts:
                    raise RowRefusedError(column, OTHER_COLUMN, OTHER_COLUMN_REASON)
                result = (*result[:10], [(standard, values.NULL, level)] * bool(level) + parts)
                reading.notes.append(Note(line, column, OTHER_COLUMN, OTHER_COLUMN_REASON, ""))
            results.append(result)
    if not results and not untested:
        out = next((one for one in sittings if one.there is not None and not one.there(row)), None)
        if out is not None and any(one.score(row) or one.level(row) for one in sittings):
            raise RowRefusedError(out.condition, "not_counted", NOT_COUNTED)
        column = sittings[0].score_column if sittings else ""
        raise RowRefusedError(column, "missing", "The row has neither a score nor a level.")
    for sitting in untested if results else ():
        reading.leave_out(line, sitting.level_column, values.not_tested(), "")
    return results, untested


def _is_of_its_column(
    place: int, sitting: Sitting, row: Sequence[str], result: Found, used: dict[tuple[object, ...], int]
) -> bool:
    """Return whether a result's score, if any, is of the column that scores of its occasion are taken of."""
    rank = next((rank for rank, (at, _) in enumerate(sitting.scores) if row[at]), None)
    if rank is None or len(used) > MOST_KNOWN:
        return True
    title, subject, _, year, occasion, *_ = result
    occasion_of = (place, title, subject, year, occasion)
    # The mapping's first column is the better one: it counts from the row on that has it.
    if rank > used.get(occasion_of, rank):
        return False
    used[occasion_of] = rank
    return True


Taken = tuple[str, str, str, str, str, str, str, str, str, str]
Found = tuple[str, str, str, str, str, str, str, str, str, str, list[tuple[str, str, str]]]


def _result(sitting: Sitting, row: Sequence[str], of_file: str) -> Found | None:
    """Return one result of a row; nothing where it has no score. Raises RowRefusedError for one that cannot be dated.

    `of_file` is the school year that the file's name or folder tells.
    """
    if sitting.there is not None and not sitting.there(row):
        return None
    score, level, standard = sitting.score(row), sitting.level(row), sitting.standard(row)
    rows = [(standard, score, level)] if score or level else []
    seen = {standard} if rows else set()
    for part in sitting.parts:
        part_score, part_level = part.score(row), part.level(row)
        if (part_score or part_level) and (code := part.standard(row)) and code not in seen:
            seen.add(code)
            rows.append((code, part_score, part_level))
    if not rows:
        return None
    if (found := _occasion(sitting, row, of_file)) is None:
        if not sitting.assessment(row):
            raise RowRefusedError(sitting.score_column, "missing", "The row does not say which test it is of.")
        raise RowRefusedError(sitting.date_column, "missing", UNDATED)
    return (*found, rows)


def _occasion(sitting: Sitting, row: Sequence[str], of_file: str) -> Taken | None:
    """Return which sitting of which test a row is of; nothing where it names no test, or neither date nor year."""
    told, key = sitting.told, (of_file, sitting.cells(row))
    if key not in told:
        if len(told) >= MOST_KNOWN:
            told.clear()
        told[key] = _occasion_of(sitting, row, of_file)
    if (found := told[key]) is None:
        return None
    title, subject, day, year, occasion, grade, _, standard, least, most = found
    return title, subject, day, year, occasion, grade, sitting.record(row), standard, least, most


def _occasion_of(sitting: Sitting, row: Sequence[str], of_file: str) -> Taken | None:
    """Return the same without the id of the row's own."""
    title, named = sitting.assessment(row), sitting.administration(row)
    # An occasion that names its school year is of that year, whatever a date's typing error says.
    day, year = sitting.date(row), sitting.year(row) or values.spanned_year(named)
    year = year or ("" if day else of_file)
    if not title or not (day or year):
        return None
    year = year or values.school_year(day)
    occasion = window_name(named, year) or (season_of(day) if day else "")
    day = day or f"{year}{LAST_DAY}"
    least, most = sitting.least(row), sitting.most(row)
    subject, grade = sitting.subject(row), sitting.grade(row)
    return title, subject, day, year, occasion, grade, values.NULL, sitting.standard(row), least, most
