"""The JSON Schema accepts what the loader accepts, and its committed copy is the present one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from heartline.files import bundled_scenarios
from heartline.loader import load_text
from heartline.scenario import Property, ScenarioFile
from heartline.schema import scenario_schema, schema_text
from heartline.yamltext import compose
from tea import TEA, changed

COMMITTED = Path(__file__).parents[1] / "docs" / "scenario.schema.json"
SCHEMA = scenario_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def accepts(text: str) -> bool:
    root = compose(text, "f.yaml").root
    return root is not None and VALIDATOR.is_valid(root.data)


def test_the_committed_schema_is_the_present_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), (
        "the format has changed: write `heartline schema > docs/scenario.schema.json`"
    )


def test_the_schema_is_one_of_the_dialect_that_it_names() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(schema_text()) == SCHEMA


def nodes(schema: Any) -> list[dict[str, Any]]:
    inner = schema.values() if isinstance(schema, dict) else schema
    found = [schema] if isinstance(schema, dict) else []
    return found + [node for item in inner if isinstance(item, dict | list) for node in nodes(item)]


def test_nothing_is_null_and_no_made_up_titles_stand_in_it() -> None:
    for node in nodes(SCHEMA):
        assert node.get("type") != "null"
        assert node.get("default", "") is not None
    assert schema_text().count('"title":') == schema_text().count('"title": {') + 1


def test_every_mapping_of_names_is_closed() -> None:
    assert all("additionalProperties" in node for node in nodes(SCHEMA)
               if "patternProperties" in node)  # fmt: skip


def test_every_field_of_every_model_is_described() -> None:
    for shape in (SCHEMA, *SCHEMA["$defs"].values()):
        for form in (shape, *shape.get("anyOf", ())):
            for name, field in form.get("properties", {}).items():
                assert field.get("description"), name


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_every_bundled_scenario_is_valid(name: str) -> None:
    folder = bundled_scenarios()[name]
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if text.startswith("heartline:") or "\nheartline:" in text:
            assert accepts(text)


SHORT_FORMS = [
    ("The kettle sings.", "{ann: [One., Two.], when: sweet, visit: first, only_to: you}"),
    ("say: [{ann: Tea?}, The kettle sings.]", "say: Tea?"),
    ("do: start(brew)", "do: [start(brew), sugar += 1]"),
    ("{brew: table}", "{brew: {to: table, say: It is time.}}"),
    ("{brew: table}", "{2h30m: [{when: sweet, to: table}, gone]}"),
    ("{length: wait}", "14d"),
    ("sweet: sugar >= 1", "sweet: {when: sugar >= 1, why: It is bitter.}"),
    ("sweet: sugar >= 1", "sweet: true"),
    ("once: true", "once: true, tags: kind"),
    ("once: true", "once: true, tags: [kind, slow], weight: 3"),
    ("once: true", "once: true, when: false"),
    ("  table:\n", "  table:\n    always: {when: sweet, to: gone}\n"),
    ("  table:\n", "  table:\n    always: gone\n"),
    ("  table:\n", "  table:\n    states: {a: {}, back: {type: history, deep: true}}\n"),
    ("  table:\n", "  table:\n    include: x.yaml\n    with: {a: 1}\n    done: {good: gone}\n"),
    ("properties:", "migrations: [{from: 0.9.0, set: {sugar: 1}}]\nproperties:"),
    ("properties:", "support: {file: help.yaml, country: mood}\nproperties:"),
    ("{eventually: outcome(warm)}", "{whenever: x, leads_to: y, within: 3, after: z, about: A.}"),
    ("{eventually: outcome(warm)}", "{must: x, before: y}"),
    ("{eventually: outcome(warm)}", "{of: x, at_most: 3}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SHORT_FORMS)
def test_what_the_loader_accepts_the_schema_accepts(old: str, new: str) -> None:
    loaded = changed(old, new)
    assert loaded.diagnostics == ()
    assert accepts(loaded.text)


FAULTS = [
    ("once: true", "onec: true"), ("once: true", "once: yes"), ("once: true", "once: null"),
    ("id: tea\n", ""), ("id: tea", "id: Tea"), ("heartline: 1", "heartline: 2"),
    ("version: 1.0.0", "version: one"), ("  table:", "  Table:"),
    ("brew: table", "'3 days': table"),
    ("{brew: table}", "{brew: []}"), ("{brew: table}", "{brew: {too: table}}"),
    ("{ann: Tea?}", "{}"), ("{ann: Tea?}", "{ann: []}"), ("{ann: Tea?}", "{ann: Tea, when: 1.5}"),
    ("do: start(brew)", "do: {a: b}"), ("max: 3", "max: 3000000"), ("max: 3", "maximum: 3"),
    ("type: int", "type: number"), ("[warm, cool]", "[]"), ("[3m, 5m]", "[3x]"),
    ("say: Bye., branches", "say: Bye., to: gone, branches"),
    ("{eventually: outcome(warm)}", "{eventually: x, never: y}"),
    ("{eventually: outcome(warm)}", "{about: nothing}"),
    ("{eventually: outcome(warm)}", "{whenever: x}"),
    ("{eventually: outcome(warm)}", "{must: x}"),
    ("{eventually: outcome(warm)}", "{eventually: x, within: 3}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), FAULTS)
def test_what_the_loader_refuses_for_its_shape_the_schema_refuses(old: str, new: str) -> None:
    loaded = changed(old, new)
    assert loaded.diagnostics
    assert not accepts(loaded.text)


def test_the_schema_of_a_single_model_can_be_made_too() -> None:
    assert Property.model_json_schema()["oneOf"]
    assert "$defs" in ScenarioFile.model_json_schema()
    assert load_text(TEA).file is not None
