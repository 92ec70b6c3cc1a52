"""Which fields the format has at a path, asked of the models."""

from __future__ import annotations

from heartline.fields import fields_at, models_at
from heartline.scenario import Branch, Choice, IntVariable, Line, ScenarioFile, State


def test_a_path_leads_to_the_models_that_may_stand_there() -> None:
    states = ("states", "a", "states", "b")
    assert models_at(ScenarioFile, ()) == [ScenarioFile]
    assert models_at(ScenarioFile, states) == [State]
    assert models_at(ScenarioFile, (*states, "choices", "c")) == [Choice]
    assert models_at(ScenarioFile, (*states, "always", 0)) == [Branch]
    assert models_at(ScenarioFile, (*states, "choices", "c", "branches", 1, "say", 0)) == [Line]


def test_the_type_of_a_variable_tells_its_model() -> None:
    assert models_at(ScenarioFile, ("context", "x", "int")) == [IntVariable]
    assert len(models_at(ScenarioFile, ("context", "x"))) == 5


def test_fields_have_the_names_that_authors_write() -> None:
    fields = fields_at(ScenarioFile, ("states", "a"))
    assert {"with", "as", "include"} <= set(fields)
    assert not {"parameters", "roles"} & set(fields)


def test_where_the_format_has_no_mapping_there_are_no_fields() -> None:
    branches = ("states", "a", "always")
    for path in (("nothing",), ("title",), ("title", "x"), ("cast", 0), (*branches, "x"), branches):
        assert fields_at(ScenarioFile, path) == []
