"""OneRoster as its specifications have it, through the worker's own door: all files, all columns, both versions.

The tables are in `tests/processor/oneroster_tables.py`, with their source.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from processes.postgres import Postgres
from processor.ingest.process import Ended
from tests.processor import oneroster_tables as spec
from tests.processor.pipeline import TABLES, Pipeline, running_pipeline

NAMES = "SELECT given_name, family_name FROM homeroom.student_name WHERE given_name IS NOT NULL ORDER BY 1"


@pytest.fixture(scope="module")
def one(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as pipeline:
        yield pipeline


@pytest.fixture
def district(one: Pipeline) -> Pipeline:
    one.admin.execute(f"TRUNCATE {', '.join(f'homeroom.{table}' for table in TABLES)}")
    return one


@pytest.mark.parametrize("version", spec.VERSIONS)
def test_a_bulk_export_with_every_file_of_the_specification_is_read(district: Pipeline, version: str):
    files = {f"{name}.csv": spec.table(version, name) for name in spec.VERSIONS[version]}
    modes = dict.fromkeys(spec.VERSIONS[version], "bulk")
    taken = district.take("all.zip", spec.archive({"manifest.csv": spec.manifest(version, modes), **files}))
    assert (taken.ended, taken.rejected, taken.held) == (Ended.MERGED, 0, 0), district.report(taken)
    assert district.rows(
        "SELECT period, school_id, grade, scale_score, gender, ethnicity FROM homeroom.analytics_result "
        "WHERE standard = ''"
    ) == [("gp1", "s1", "04", 88.5, "female", "White")]
    parts = district.rows("SELECT standard, scale_score FROM homeroom.analytics_result WHERE standard <> ''")
    assert parts == ([("4.OA.1", 3.0)] if version == "1.2" else [])
    assert district.rows(NAMES) == [("Ada", "Lovelace")]


USERS = spec.table(
    "1.2", "users",
    spec.row("1.2", "users"),
    spec.row("1.2", "users", sourcedId="t1", givenName="Grace", familyName="Hopper"),
)  # fmt: skip
ROLES = spec.table(
    "1.2", "roles",
    spec.row("1.2", "roles"),
    spec.row("1.2", "roles", sourcedId="o2", userSourcedId="t1", role="teacher"),
    spec.row("1.2", "roles", sourcedId="o3", userSourcedId="u1", roleType="secondary", role="aide"),
)  # fmt: skip


@pytest.mark.parametrize("order", [("users", "roles"), ("roles", "users")])
def test_roles_make_students_wherever_they_stand_in_an_archive(district: Pipeline, order: tuple[str, str]):
    tables = {"users": USERS, "roles": ROLES}
    manifest = spec.manifest("1.2", {"users": "bulk", "roles": "bulk"})
    files = {f"{name}.csv": tables[name] for name in order} | {"manifest.csv": manifest}
    assert district.take("roster.zip", spec.archive(files)).rejected == 0
    assert district.rows(NAMES) == [("Ada", "Lovelace")], "a teacher's name is not kept"
    assert district.rows("SELECT count(*) FROM homeroom.student_identity") == [(1,)]


@pytest.mark.parametrize("order", [("users", "roles"), ("roles", "users")])
def test_roles_and_users_may_come_in_uploads_of_their_own(district: Pipeline, order: tuple[str, str]):
    for name in order:
        assert district.take(f"{name}.csv", {"users": USERS, "roles": ROLES}[name]).rejected == 0
    assert ("Ada", "Lovelace") in district.rows(NAMES)
    assert district.rows("SELECT student FROM homeroom.student") == [(district.pseudonyms.uuid("u1"),)]


def test_what_waits_for_a_role_is_in_the_record_of_access(district: Pipeline):
    district.take("waiting users.csv", USERS)
    students = {row[0] for row in district.rows("SELECT student FROM homeroom.access_student")}
    assert district.pseudonyms.uuid("u1") in students


def test_a_line_items_school_counts_where_no_enrolment_is_known(district: Pipeline):
    item = spec.row("1.2", "lineItems", schoolSourcedId="s7", classSourcedId="nowhere")
    files = {"roles": ROLES, "lineItems": spec.table("1.2", "lineItems", item), "results": spec.table("1.2", "results")}
    taken = district.take("x.zip", spec.archive({f"{name}.csv": content for name, content in files.items()}))
    assert (taken.rejected, taken.held) == (0, 0)
    assert district.rows("SELECT school_id FROM homeroom.analytics_result") == [("s7",)]
    district.take("users.csv", spec.table("1.2", "users", spec.row("1.2", "users", primaryOrgSourcedId="s1")))
    district.admin.execute("UPDATE homeroom.enrolment SET school_year = 2026")
    assert district.rows("SELECT school_id FROM homeroom.analytics_result") == [("s1",)], "the enrolment knows better"


def test_a_manifest_alone_says_that_nothing_has_changed(district: Pipeline):
    for number, files in enumerate(({}, {"courses.csv": spec.table("1.2", "courses")})):
        manifest = spec.manifest("1.2", dict.fromkeys((name.removesuffix(".csv") for name in files), "bulk"))
        taken = district.take(f"nothing-{number}.zip", spec.archive({"manifest.csv": manifest, **files}))
        assert (taken.ended, taken.rows, taken.rejected) == (Ended.MERGED, 0, 0)


@pytest.mark.parametrize(
    ("name", "files", "code"),
    [
        ("courses.csv", {}, "nothing_to_read"),
        ("courses.zip", {"Courses.CSV": spec.table("1.2", "courses")}, "nothing_to_read"),
        ("odd.zip", {"manifest.csv": spec.manifest("1.2", {"results": "bulk"}), "results.csv": "a,b\r\n1,2\r\n"},
         "unknown_format"),
        ("old.zip", {"manifest.csv": "propertyName,value\r\noneroster.version,3.0\r\n"}, "unknown_version"),
        ("results.zip", {"results.csv": spec.table("1.2", "results").replace("lineItemSourcedId", "lineItem")},
         "column_missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_at_all_is_said_in_words(district: Pipeline, name: str, files: dict[str, str], code: str):
    content = spec.archive(files) if files else spec.table("1.2", "courses")
    assert district.take(name, content).ended is Ended.REJECTED
    ((actual, sentence, remedy),) = district.rows(
        "SELECT problem_code, problem, remedy FROM homeroom.file ORDER BY file_id DESC LIMIT 1"
    )
    assert actual == code
    assert sentence.endswith(".")
    assert remedy.endswith(".")


def test_names_of_files_and_properties_may_be_in_any_case_and_in_a_folder(district: Pipeline):
    manifest = spec.manifest("1.2", {"results": "delta", "roles": "bulk", "lineItems": "bulk"})
    gone = spec.row("1.2", "results", status="tobedeleted", dateLastModified="2026-05-01T10:00:00Z", score="")
    files = {
        "Export/USERS.CSV": USERS, "Export/Roles.Csv": ROLES, "Export/LINEITEMS.CSV": spec.table("1.2", "lineItems"),
        "Export/Results.CSV": spec.table("1.2", "results", gone, spec.row("1.2", "results", sourcedId="r9")),
        "Export/MANIFEST.CSV": manifest.replace("file.results", "File.Results"), "Export/Courses.CSV": "?",
        "__MACOSX/Export/._Results.CSV": "\0",
    }  # fmt: skip
    taken = district.take("upper.zip", spec.archive(files))
    assert (taken.ended, taken.rejected) == (Ended.MERGED, 1), district.report(taken)
    assert "Results.CSV,3,status,missing" in district.report(taken), "in a delta every row has its status"


def test_a_file_that_the_manifest_names_and_that_is_not_there_is_reported(district: Pipeline):
    manifest = spec.manifest("1.1", {"users": "bulk", "results": "bulk"})
    files = {"manifest.csv": manifest, "users.csv": spec.table("1.1", "users")}
    taken = district.take("less.zip", spec.archive(files))
    assert (taken.ended, taken.accepted, taken.rejected) == (Ended.MERGED, 1, 0)
    assert "The manifest names results.csv, which is not in the archive." in district.report(taken)


@pytest.mark.parametrize("version", spec.VERSIONS)
def test_files_with_a_header_alone_change_nothing(district: Pipeline, version: str):
    files = {f"{name}.csv": spec.written([spec.columns(version, name)]) for name in spec.VERSIONS[version]}
    manifest = spec.manifest(version, dict.fromkeys(spec.VERSIONS[version], "bulk"))
    taken = district.take("headers.zip", spec.archive({"manifest.csv": manifest, **files}))
    assert (taken.ended, taken.rows) == (Ended.MERGED, 0), district.report(taken)


@pytest.mark.parametrize("version", spec.VERSIONS)
def test_columns_that_are_optional_may_be_left_out_and_others_added(district: Pipeline, version: str):
    needed = {
        "users": ["sourcedId", "givenName", "familyName", "username", "role", "metadata.sis"],
        "lineItems": ["metadata.x", "title", "dueDate", "classSourcedId", "sourcedId"],
        "results": ["scoreDate", "score", "scoreStatus", "studentSourcedId", "lineItemSourcedId", "sourcedId", "", ""],
    }
    cells = {name: {"sourcedId": spec.IDS[name], **spec.CELLS[name]} for name in needed}
    files = {
        f"{name}.csv": spec.written([head, [cells[name].get(column, "") for column in head]])
        for name, head in needed.items()
    }
    manifest = spec.manifest(version, dict.fromkeys(needed, "bulk"))
    taken = district.take("few.zip", spec.archive({"manifest.csv": manifest, **files}))
    assert (taken.ended, taken.rejected, taken.held) == (Ended.MERGED, 0, 0), district.report(taken)
    assert district.rows("SELECT scale_score FROM homeroom.analytics_result") == [(88.5,)]


@pytest.mark.parametrize("more", [",", ",,,"])
def test_empty_cells_behind_the_last_one_are_no_error(district: Pipeline, more: str):
    lines = spec.table("1.1", "users").split("\r\n")
    taken = district.take("users.csv", "\r\n".join([lines[0], lines[1] + more]))
    assert (taken.accepted, taken.rejected) == (1, 0)
    assert district.take("users.csv", "\r\n".join([lines[0], lines[1] + ",x"])).rejected == 1


@pytest.mark.parametrize("more", ["", ",,", ",,,", ",x,y"])
def test_columns_without_a_name_at_the_end_are_let_go_with_their_cells(district: Pipeline, more: str):
    lines = spec.table("1.1", "users").split("\r\n")
    taken = district.take("users.csv", "\r\n".join([lines[0] + ",,", lines[1] + more]))
    assert (taken.accepted, taken.rejected) == (1, 0)


MOMENTS = (
    "2026-05-01T10:00:00.000Z", "2026-05-01T10:00:00Z", "2026-05-01T05:00:00-05:00", "2026-05-01T10:00:00.1234567Z",
    "2026-05-01T10:00:00", "2026-05-01",
)  # fmt: skip
DAYS = ("2025-10-02", "2025-10-02T00:00:00.000Z", "2025-10-02T23:59:59-06:00", "2025-10-02 00:00:00", " 2025-10-02 ")


@pytest.mark.parametrize(
    ("moment", "day"), [*((moment, DAYS[0]) for moment in MOMENTS), *((MOMENTS[0], day) for day in DAYS[1:])]
)
def test_points_in_time_and_dates_may_be_written_in_every_way_of_iso_8601(district: Pipeline, moment: str, day: str):
    result = spec.row("1.1", "results", status="active", dateLastModified=moment, scoreDate=day)
    taken = district.take("results.csv", spec.table("1.1", "results", result))
    assert taken.rejected == 0, district.report(taken)
    assert district.rows("SELECT taken_on::text FROM homeroom.result") == [("2025-10-02",)]
