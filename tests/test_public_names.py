"""The public names are a promise: each is documented, exists, and no other is promised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import heartline

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", heartline.__all__)
def test_every_public_name_exists_and_says_what_it_is_for(name: str) -> None:
    assert getattr(heartline, name).__doc__, f"heartline.{name} needs a docstring"


@pytest.mark.parametrize("name", heartline.__all__)
def test_every_public_name_is_explained_for_embedders(name: str) -> None:
    page = (DOCS / "embedding.md").read_text("utf-8")
    assert re.search(rf"\b{name}\b", page), f"docs/embedding.md does not mention {name}"


def test_the_pages_promise_no_other_name() -> None:
    promised = set()
    for page in DOCS.rglob("*.md"):
        text = page.read_text("utf-8")
        for names in re.findall(r"^from heartline import (.+)$", text, re.MULTILINE):
            promised |= {name.strip() for name in names.strip("()").split(",")}
        promised |= set(re.findall(r"\bheartline\.([A-Za-z_]+)\(", text))
    assert promised <= set(heartline.__all__)


def test_a_name_that_does_not_exist_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="heart_attack"):
        heartline.heart_attack  # noqa: B018
