"""A field of a district is said once: whatever else names it has its type, its limits and its default."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from pydantic import BaseModel

from homeroom_cli import inputs
from infra import schema
from infra.fields import FIELDS, ROWS, DistrictField, Empty, Kind, OnData
from infra.spec import DistrictSpec
from portal.api.schemas.districts import RegistrationIn, Settings, SettingsIn
from portal.console.district_fields import REQUIRED_IN_PRODUCTION
from portal.console.forms import RegistrationForm
from portal.console.pages.bulk.file import COLUMNS
from portal.console.pages.settings.page import SettingsForm
from registry.accounts.roles import Role
from registry.districts.changes import EDITABLE
from registry.districts.fields import CidrField
from registry.districts.models import AwsAccount, District
from registry.districts.registration import Registration
from registry.districts.spec import district_field, spec_data
from registry.districts.time_zones import zone_of_state
from tests.builders import a_person
from tests.markup import squeezed

OWN = {
    *("id", "suffix", "status", "drift", "drift_checked_at", "registration_key"),
    *("created_at", "created_by", "live_at", "removed_at"),
}
"""Columns of a district that Homeroom fills and nobody gives."""

OF_THE_STACK_ALONE = {
    *("spec_version", "suffix", "cache_engine"),
    *("role_arn", "external_id", "permissions_boundary_arn"),
}
"""Fields of a specification that are computed, are the account's, or are for those who write one by hand."""


COLUMNS_OF = {
    Kind.TEXT: (models.CharField, CidrField),
    Kind.LONG_TEXT: (models.TextField,),
    Kind.EMAIL: (models.EmailField,),
    Kind.CHOICE: (models.CharField,),
    Kind.WHOLE: (models.PositiveIntegerField, models.PositiveSmallIntegerField),
    Kind.WHOLE_CHOICE: (models.PositiveIntegerField, models.PositiveSmallIntegerField),
    Kind.SWITCH: (models.BooleanField,),
    Kind.LINES: (models.JSONField,),
    Kind.TAGS: (models.JSONField,),
}
NUMBERS, JSON_TYPES = (
    {Kind.WHOLE, Kind.WHOLE_CHOICE},
    {
        Kind.WHOLE: "integer",
        Kind.WHOLE_CHOICE: "integer",
        Kind.SWITCH: "boolean",
        Kind.LINES: "array",
        Kind.TAGS: "object",
    },
)


def column(row: DistrictField) -> Any:
    if row.name == "account_id":
        return AwsAccount._meta.get_field("account_id")
    return District._meta.get_field(row.name)


def specified() -> dict[str, Any]:
    """Return the specification's fields by path, those of its parts in place of the parts."""
    fields: dict[str, Any] = {}
    for name, field in DistrictSpec.model_fields.items():
        inner = getattr(field.annotation, "model_fields", {})
        fields |= {f"{name}.{part}": inner_field for part, inner_field in inner.items()} if inner else {name: field}
    return fields


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_model_stores_it_with_its_limit_and_its_default(row: DistrictField):
    field = column(row)
    assert isinstance(field, COLUMNS_OF[row.kind])
    if row.longest is not None:
        assert field.max_length == row.longest
    assert field.null == (row.default is None and row.kind in NUMBERS)
    if row.most is not None and row.kind in NUMBERS:
        greatest = BaseDatabaseOperations.integer_field_ranges[field.get_internal_type()][1]
        assert greatest is not None
        assert row.most <= greatest
    if row.name == "time_zone":
        assert field.get_default() == zone_of_state(""), "empty is asked for, and a district always has one"
    elif row.name not in {"cidr", "account_id", "slug", "name", "environment"}:
        stored = field.get_default()
        assert stored == (list(row.default) if row.kind is Kind.LINES else {} if row.kind is Kind.TAGS else row.default)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_whoever_registers_a_district_is_asked_for_it_in_the_form_and_in_a_file(row: DistrictField):
    questions = {field.name: field for field in dataclasses.fields(Registration)}
    assert (
        (row.name in RegistrationForm.base_fields) == (row.name in COLUMNS) == (row.name in questions) == row.is_asked
    )
    if row.is_asked:
        field = RegistrationForm.base_fields[row.name]
        assert (field.label, field.required) == (row.label, row.is_required)
        assert field.help_text == (row.question_hint or row.hint) != ""
        if isinstance(questions[row.name].default, str | int | tuple | None):
            assert questions[row.name].default == row.default
        assert [row.name in names for title, names in RegistrationForm.GROUPS if title == row.group] == [True]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_who_may_change_it_finds_it_among_the_settings_and_nobody_else_does(row: DistrictField):
    assert (row.name in SettingsForm.base_fields) == (row.name in EDITABLE) == bool(row.changed_by)
    if row.changed_by:
        field = SettingsForm.base_fields[row.name]
        assert Role(row.changed_by) in {Role.OPERATOR, Role.ADMINISTRATOR}
        assert field.label == row.label == EDITABLE[row.name]
        assert (field.help_text, field.required) == (row.hint, row.is_required)
        assert (getattr(field, "min_value", None), getattr(field, "max_value", None)) == (
            (row.least, row.most) if row.kind is Kind.WHOLE else (None, None)
        )
        assert [row.name in names for title, names in SettingsForm.GROUPS if title == row.group] == [True]


@pytest.mark.parametrize("row", [row for row in ROWS if row.spec], ids=lambda row: row.name)
def test_the_specification_has_it_by_its_path_with_its_default_and_its_words(row: DistrictField):
    described = json.loads(schema.text())
    for path in row.spec:
        field = specified()[path]
        assert district_field(path) == row.name
        if not field.is_required() and row.name not in {"allowed_client_cidrs", "tags"}:
            assert field.default == (None if row.empty is not Empty.AS_IT_IS else row.default)
        first, _, rest = path.partition(".")
        definition = described["properties"][first]
        definition = (
            described["$defs"][definition["$ref"].rpartition("/")[2]]["properties"][rest] if rest else definition
        )
        assert definition["description"].startswith(f"{row.label}. ")


def test_a_districts_specification_has_every_field_that_speaks_of_its_stack():
    account = AwsAccount(account_id="123456789012")
    filled = {row.name: "x" for row in ROWS if row.spec and row.name not in {"account_id", "cidr"}}
    data = spec_data(District(**filled, cidr="10.0.0.0/22", account=account))
    for row in ROWS:
        for path in row.spec:
            first, _, rest = path.partition(".")
            value = data[first][rest] if rest else data[first]
            assert value == {"account_id": "123456789012", "cidr": "10.0.0.0/22"}.get(row.name, "x"), path
    empty = spec_data(District(name="A", account=account))
    assert (empty["images"], empty["engine_versions"]) == ({"api": None, "worker": None}, {})
    assert (empty["certificate_arn"], empty["district_ids"], empty["final_snapshot"]) == (None, [], False)


def test_nothing_is_given_or_specified_that_has_no_row():
    columns = {field.name for field in District._meta.get_fields() if isinstance(field, models.Field)}
    assert columns - OWN - {"account"} == set(FIELDS) - {"account_id"}
    assert set(specified()) - OF_THE_STACK_ALONE == {path for row in ROWS for path in row.spec}
    assert set(RegistrationForm.base_fields) - {"registration_key"} <= set(FIELDS)
    assert {field.name for field in dataclasses.fields(Registration)} - {"key"} <= set(FIELDS)


def described(model: type[BaseModel], row: DistrictField) -> dict[str, Any]:
    """Return what the API's document says of a field, what null adds to it left out."""
    whole = model.model_json_schema()
    told: dict[str, Any] = whole["properties"][row.name]
    parts = [part for part in told.get("anyOf", [told]) if part.get("type") != "null"]
    assert len(parts) == 1
    named: dict[str, Any] = whole.get("$defs", {}).get(str(parts[0].get("$ref")).rpartition("/")[2], {})
    return {**told, **parts[0], **named}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("model", [RegistrationIn, SettingsIn, Settings])
def test_the_api_takes_and_answers_it_with_its_type_its_limits_and_its_default(
    row: DistrictField, model: type[BaseModel]
):
    assert (row.name in model.model_fields) == (row.is_asked if model is RegistrationIn else bool(row.changed_by))
    if row.name not in model.model_fields:
        return
    field = described(model, row)
    assert field["type"] == JSON_TYPES.get(row.kind, "string")
    if model is Settings:
        return
    if row.longest is not None and "enum" not in field and "pattern" not in field:
        assert field["maxLength"] == row.longest
    if row.kind in NUMBERS:
        greatest = max(row.choices or [row.most or 0])
        assert field["minimum"] <= (row.least or 0)
        assert field["maximum"] >= greatest
    if row.kind in {Kind.LINES, Kind.TAGS}:
        assert field["maxItems" if row.kind is Kind.LINES else "maxProperties"] >= (row.most or 0)
    if "enum" in field:
        assert tuple(field["enum"]) == row.choices
    if model is RegistrationIn and row.name not in {"name", "account_id"}:
        values = RegistrationIn(name="Lakeside", account_id="123456789012").model_dump(mode="json")
        empty: Any = list(row.default) if row.kind is Kind.LINES else {} if row.kind is Kind.TAGS else row.default
        assert values[row.name] == empty
    if model is SettingsIn:
        assert SettingsIn().model_dump()[row.name] is None


def test_the_command_line_leaves_each_text_a_text():
    texts = {row.name for row in ROWS if row.kind not in JSON_TYPES}
    assert texts | {"first"} == inputs.TEXTS


def test_what_would_replace_data_is_nobodys_to_change_and_what_deletes_some_says_so():
    for row in ROWS:
        if row.on_data is OnData.REPLACES:
            assert not row.changed_by, row.name
        if row.on_data is OnData.DELETES_OLDER:
            assert row.changed_by, row.name
            assert "delete" in row.hint, row.name


@pytest.mark.django_db
def test_what_production_requires_is_called_optional_nowhere():
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    page = squeezed(client.get("/districts/new").content.decode())
    labels = dict(re.findall(r'<label for="id_(\w+)">(.*?)</label>', page))
    assert REQUIRED_IN_PRODUCTION
    for name in REQUIRED_IN_PRODUCTION:
        assert "(required in production)" in labels[name]
        assert "(optional)" not in labels[name]
    assert "(optional)" in labels["nces_id"]
    assert "(optional)" not in labels["name"]
