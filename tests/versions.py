"""Two versions of a scenario, and the migration that leads from the one to the other."""

from __future__ import annotations

import json
import re
from textwrap import dedent
from typing import Any

from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import HEAD
from heartline import Scenario, loads
from heartline.errors import ScenarioError

NEWER = HEAD.replace("1.0.0", "1.1.0")


def newer(body: str, migration: str = "{from: 1.0.0}") -> Scenario:
    """The next version, and how conversations of the first go on in it."""
    return loads(NEWER + dedent(body) + f"\nmigrations: [{migration}]\n")


# What a later version does to an earlier one: a pattern, what it becomes, and what the migration
# says of it (left out now and then).
EDITS: list[tuple[str, str, str, Any]] = [
    (r"\bs0\b", "z0", "states", {"s0": "z0"}),
    (r"\bs1\b", "z1", "states", {"s1": "z1"}),
    (r"\bs1_0\b", "z1_0", "states", {"s1_0": "z1_0"}),
    (r"\bs0_back\b", "z0_back", "states", {"s0_back": "z0_back"}),
    (r"\brest\b", "nap", "timers", {"rest": "nap"}),
    (r"\bc0\b", "d0", "choices", {"c0": "d0"}),
    (r'"max": 4', '"max": 2', "set", {"n": "n"}),
    (r"\bhigh\b", "top", "set", {"mood": 'mood if mood in ("low", "even") else "top"'}),
    (r"\b7d\b", "8d", "set", {"pause": "pause"}),
    (r"\b2d\b", "4d", "set", {"m": "count(c0) - 1"}),
    (r"\bm\b", "q", "variables", {"m": "q"}),
]


@st.composite
def versions(draw: st.DrawFn) -> tuple[Scenario, Scenario]:
    """A scenario, and a later version of it with a migration."""
    text = draw(scenarios(3))
    new = text.replace('"1.0.0"', '"1.1.0"', 1)
    migration: dict[str, Any] = {"from": "1.0.0"}
    edits = draw(
        st.lists(st.sampled_from(EDITS), min_size=1, max_size=4, unique_by=lambda each: each[0])
    )
    for pattern, becomes, section, said in edits:
        new = re.sub(pattern, becomes, new)
        if draw(st.integers(0, 3)):
            migration.setdefault(section, {}).update(said)
    for pattern, becomes, section, _ in edits:  # what is set speaks of the new names
        if section in ("choices", "variables") and "set" in migration:
            migration["set"] = json.loads(re.sub(pattern, becomes, json.dumps(migration["set"])))
    data = json.loads(new) | {"migrations": [migration]}
    old = made_of(text)
    try:
        return old, made_of(json.dumps(data))
    except ScenarioError:
        # A migration that names what this scenario does not have.
        return old, made_of(json.dumps(json.loads(new) | {"migrations": [{"from": "1.0.0"}]}))
