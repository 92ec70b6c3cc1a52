"""The references of the formats are what their generators write from the present models."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from heartline.fields import fields_at
from heartline.scenario import ScenarioFile
from heartline.support import Entry
from heartline.testing.files.form import TestFile

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("page", "generator"), [("format", "generate"), ("test-files", "generate_tests")]
)
def test_the_reference_is_the_present_one(page: str, generator: str) -> None:
    render = runpy.run_path(str(DOCS / f"{generator}.py"))["render"]
    assert (DOCS / f"{page}.md").read_text(encoding="utf-8") == render(), (
        "the format has changed: run `python docs/generate.py`"
    )


def test_the_reference_of_test_files_names_every_field() -> None:
    page = (DOCS / "test-files.md").read_text(encoding="utf-8")
    test = ("tests", "a")
    expect = (*test, "expect")
    paths = [(), test, ("defaults",), (*test, "steps", 0), expect, (*expect, "lines", 0),
             (*expect, "error"), (*expect, "support"), ("accepted", 0)]  # fmt: skip
    for path in paths:
        for field in fields_at(TestFile, path):
            assert f"| `{field}` |" in page, field


def test_the_reference_names_every_field() -> None:
    page = (DOCS / "format.md").read_text(encoding="utf-8")
    state = ("states", "a")
    paths = [(), state, (*state, "choices", "b"), (*state, "after", "c", 0), (*state, "entry"),
             ("cast", "d"), ("context", "e"), ("timers", "f"), ("guards", "g"), ("support",),
             ("properties", "h"), ("migrations", 0)]  # fmt: skip
    for path in paths:
        for field in fields_at(ScenarioFile, path):
            assert f"| `{field}` |" in page, field
    assert all(f"| `{field}` |" in page for field in Entry.model_fields)
