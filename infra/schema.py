"""The JSON Schema of a district's specification, for those who write one by hand or by program."""

from __future__ import annotations

import json

from infra.spec import DistrictSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text() -> str:
    """Return the schema as it stands in ``docs/district-spec.schema.json``."""
    schema = {"$schema": DIALECT, **DistrictSpec.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
