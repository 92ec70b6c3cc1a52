"""The JSON Schema of test files, format 1, for completion and checks in editors.

As that of scenarios (heartline.schema) it is made from the models. In addition it lets `$column`
stand wherever a table of cases may put a value. What a name refers to it cannot know; that is
what `heartline check` is for. The copy in docs/tests.schema.json is held to it by a test.
"""

from __future__ import annotations

import json
from typing import Any

from heartline.schema import DIALECT, tidy
from heartline.testing.files.form import TestFile
from heartline.testing.files.table import COLUMN, FILLED

__all__ = ["SCHEMA_ID", "tests_schema", "tests_schema_text"]

SCHEMA_ID = "urn:heartline:tests:1"
_COLUMN = {"$ref": "#/$defs/Column"}
_ANYWHERE = ("Step", "Expect", "LineExpected", "Words", "ErrorExpected")  # only inside of tests


def tests_schema() -> dict[str, Any]:
    """The schema as data, of the dialect 2020-12."""
    schema = tidy(TestFile.model_json_schema(by_alias=True))
    models = schema["$defs"]
    for name in _ANYWHERE:
        models[name] = _with_columns(models[name])
    fields = models["Test"]["properties"]
    for name in FILLED:
        fields[name] = _or_column(_with_columns(fields[name]))
    models["Column"] = {
        "type": "string",
        "pattern": f"^{COLUMN.pattern}$",
        "description": "Stands for the value of this column in each row of cases.",
    }
    head = {
        "$schema": DIALECT,
        "$id": SCHEMA_ID,
        "title": "Tests of a Heartline scenario, format 1",
    }
    return {**head, **schema}


def tests_schema_text() -> str:
    """The schema as it is printed and committed: indented JSON that ends in a line feed."""
    return json.dumps(tests_schema(), indent=2, ensure_ascii=False) + "\n"


def _with_columns(schema: Any) -> Any:
    """The schema, with columns for all values inside its mappings and lists."""
    if not isinstance(schema, dict):
        return schema
    changed = dict(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema and all("required" not in form or "type" in form for form in schema[key]):
            changed[key] = [_with_columns(form) for form in schema[key]]
    for key in ("properties", "patternProperties"):
        if key in schema:
            changed[key] = {
                name: _or_column(_with_columns(inner)) for name, inner in schema[key].items()
            }
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            changed[key] = _or_column(_with_columns(schema[key]))
    return changed


def _or_column(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, or a column; as it is where any text will do."""
    forms = schema.get("anyOf", [schema])
    if any(_any_text(form) for form in forms):
        return schema
    outside: dict[str, Any] = {
        key: schema[key] for key in ("description", "default") if key in schema
    }
    inside = {key: value for key, value in schema.items() if key not in outside}
    forms = inside["anyOf"] if set(inside) == {"anyOf"} else [inside]
    return {"anyOf": [_COLUMN, *forms], **outside}


def _any_text(schema: dict[str, Any]) -> bool:
    kinds = schema.get("type", ())
    text = kinds == "string" or "string" in (kinds if isinstance(kinds, list) else ())
    return text and "pattern" not in schema and "enum" not in schema
