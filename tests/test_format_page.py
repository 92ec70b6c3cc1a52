"""The reference of the format is what its generator writes from the present models."""

from __future__ import annotations

import runpy
from pathlib import Path

from heartline.fields import fields_at
from heartline.scenario import ScenarioFile
from heartline.support import Entry

DOCS = Path(__file__).parents[1] / "docs"
GENERATOR = runpy.run_path(str(DOCS / "generate.py"))


def test_the_reference_is_the_present_one() -> None:
    assert (DOCS / "format.md").read_text(encoding="utf-8") == GENERATOR["render"](), (
        "the format has changed: run `python docs/generate.py`"
    )


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
