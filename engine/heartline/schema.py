"""The JSON Schema of the scenario file, format 1, for completion and checks in editors.

It is made from the models and says in addition what they say elsewhere: that unknown names are
errors in every mapping, and that nothing is null. It cannot know what a name refers to; that is
what `heartline check` is for. The copy in docs/scenario.schema.json is held to it by a test.
"""

from __future__ import annotations

import json
from typing import Any

from heartline.scenario import ScenarioFile

__all__ = ["DIALECT", "SCHEMA_ID", "scenario_schema", "schema_text", "tidy"]

SCHEMA_ID = "urn:heartline:scenario:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The schema as data, of the dialect 2020-12."""
    schema = tidy(ScenarioFile.model_json_schema(by_alias=True))
    head = {"$schema": DIALECT, "$id": SCHEMA_ID, "title": "A Heartline scenario, format 1"}
    return {**head, **schema}


def schema_text() -> str:
    """The schema as it is printed and committed: indented JSON that ends in a line feed."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


def tidy(schema: Any) -> Any:
    """Take out nulls and made-up titles, and close every mapping."""
    if isinstance(schema, list):
        return [tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    clean: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NAMED:
            clean[key] = {name: tidy(item) for name, item in value.items()}
        elif key in ("title", "discriminator") or (key == "default" and value is None):
            continue
        elif key == "description":
            clean[key] = " ".join(value.split())
        else:
            clean[key] = tidy(value)
    if "patternProperties" in clean:
        clean.setdefault("additionalProperties", False)
    if isinstance(forms := clean.get("anyOf"), list):
        forms = [form for form in forms if form != {"type": "null"}]
        if len(forms) == 1:
            del clean["anyOf"]
            clean = {**forms[0], **clean}
        else:
            clean["anyOf"] = _merged(forms)
    return clean


# Under these keys stand names that the author of a schema chose, not keywords.
_NAMED = frozenset({"properties", "$defs", "patternProperties"})


def _merged(forms: list[Any]) -> list[Any]:
    """Lift the forms of a form: no anyOf stands directly in another."""
    lifted: list[Any] = []
    for form in forms:
        inner = form.get("anyOf")
        lifted += inner if inner is not None and len(form) == 1 else [form]
    return lifted
