"""The JSON Schema of a district's specification, for those who write one by hand or by program."""

from __future__ import annotations

import json
from typing import Any

from infra.fields import ROWS
from infra.spec import DistrictSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text() -> str:
    """Return the schema as it stands in ``docs/district-spec.schema.json``."""
    schema = {"$schema": DIALECT, **DistrictSpec.model_json_schema()}
    for row in ROWS:
        for path in row.spec:
            _at(schema, path)["description"] = f"{row.label}. {row.question_hint or row.hint}"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _at(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the schema of one field, such as ``images.api``: of a part in the part's own definition."""
    first, _, rest = path.partition(".")
    field_schema: dict[str, Any] = schema["properties"][first]
    if not rest:
        return field_schema
    inner: dict[str, Any] = schema["$defs"][field_schema["$ref"].rpartition("/")[2]]["properties"][rest]
    return inner
