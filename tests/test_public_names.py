"""The public names are a promise: each is documented, exists, and no other is promised."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_origin

import pytest

import heartline
import heartline.frontends
import heartline.host

DOCS = Path(__file__).parents[1] / "docs"
PACKAGES = {
    heartline: ("embedding.md",),
    heartline.host: ("host.md", "operating.md"),
    heartline.frontends: ("front-ends.md",),
}
NAMES = [(package, name) for package in PACKAGES for name in package.__all__]
PROMISED = [pytest.param(*each, id=f"{each[0].__name__}.{each[1]}") for each in NAMES]


@pytest.mark.parametrize(("package", "name"), PROMISED)
def test_every_public_name_exists_and_says_what_it_is_for(package: ModuleType, name: str) -> None:
    found = getattr(package, name)
    if get_origin(found) is None:  # another name for a type has no words of its own
        assert found.__doc__, f"{package.__name__}.{name} needs a docstring"


@pytest.mark.parametrize(("package", "name"), PROMISED)
def test_every_public_name_is_explained_for_embedders(package: ModuleType, name: str) -> None:
    pages = "\n".join((DOCS / page).read_text("utf-8") for page in PACKAGES[package])
    assert re.search(rf"\b{name}\b", pages), f"{PACKAGES[package]} does not mention {name}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_the_pages_promise_no_other_name(package: ModuleType) -> None:
    promised = set()
    for page in DOCS.rglob("*.md"):
        text = page.read_text("utf-8")
        for names in re.findall(
            rf"^from {re.escape(package.__name__)} import (.+)$", text, re.MULTILINE
        ):
            promised |= {name.strip() for name in names.strip("()").split(",")}
        if package is heartline:
            promised |= set(re.findall(r"\bheartline\.([A-Za-z_]+)\(", text))
    assert promised <= set(package.__all__)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_name_that_does_not_exist_is_an_ordinary_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="heart_attack"):
        _ = package.heart_attack


@pytest.mark.parametrize(("package", "name"), PROMISED)
def test_a_name_lives_where_it_says(package: ModuleType, name: str) -> None:
    """So that what is said of a name for the checkers of types is what a program gets."""
    home = import_module(f"{package.__name__}.{vars(package)['_HOME'][name]}")
    assert getattr(package, name) is getattr(home, name)


def test_who_wants_the_values_of_a_front_end_pays_for_no_host() -> None:
    program = (
        "import sys\n"
        "from heartline.frontends import Button, Capabilities, ConversationReference, OutEvent\n"
        "assert not {'asyncio', 'pydantic', 'transitions', 'yaml'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
