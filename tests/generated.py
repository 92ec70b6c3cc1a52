"""Scenarios made up by hypothesis: small, valid, and with every part of the format in them."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from heartline import Scenario, load

VARIABLES = {
    "n": {"type": "int", "min": 0, "max": 4, "initial": 1},
    "m": {"type": "int", "min": -2, "max": 2, "initial": 0},
    "open": {"type": "bool", "initial": False, "input": True},
    "mood": {"type": "enum", "values": ["low", "even", "high"], "initial": "even"},
    "pause": {"type": "duration", "values": ["1d", "7d"], "initial": "1d"},
}
GUARDS = [
    "n >= 2", "n < 3", "m == 0", "m + n > 1", "open", "not open", 'mood == "low"',
    'mood in ("even", "high")', "expired(rest)", "running(rest)", "pause == 7d", "seen_enough",
    "count(c0) >= 2", "chosen(c1)", "n > 0 and not open", "n == 4 or m < 0", "1 if open else n < 2",
]  # fmt: skip
GUARDS = [guard for guard in GUARDS if not guard.startswith("1 if")]
ACTIONS = [
    "n += 1", "n -= 1", "m += 1", "m -= 2", "open = not open", 'mood = "low"', 'mood = "high"',
    "pause = 7d if open else 1d", "start(rest)", "start(rest, 3d)", "stop(rest)", "n = m + n",
    "n = 2 if open else 0", "m = min(n, 2)",
]  # fmt: skip

# What a generated scenario may include, as included.yaml beside it.
INCLUDED = json.dumps({
    "heartline": 1,
    "id": "included",
    "version": "1.0.0",
    "title": "Included",
    "cast": {"guest": {"name": "Guest"}, "host": {"name": "Host", "played_by": "engine"}},
    "context": {
        "calm": {"type": "int", "min": 0, "max": 3, "initial": 0, "input": True},
        "tone": {"type": "enum", "values": ["warm", "cold"], "initial": "warm"},
    },
    "timers": {"patience": "2d"},
    "states": {
        "door": {
            "entry": {"do": "start(patience)", "say": [{"host": ["Come in.", "Ah, you."]}]},
            "choices": {
                "knock": {"say": "Hello?", "do": "calm += 1"},
                "c0": {"once": True, "to": "table"},
            },
            "after": {"patience": "gone"},
        },
        "table": {
            "states": {
                "tea": {"choices": {"c1": {"to": "cake"}}},
                "cake": {
                    "entry": {"say": [{"host": "For you alone.", "only_to": "guest"}]},
                    "choices": {"pass": {"by": "host", "once": True, "weight": "1 + calm"}},
                },
                "there": {"type": "history"},
            },
            "choices": {"rise": {"to": "door"}, "sit": {"when": "calm > 0", "to": "there"}},
        },
        "gone": {"type": "final", "outcome": "gone"},
        "glad": {"type": "final", "outcome": "glad"},
    },
    "choices": {"thank": {"when": "calm >= 1", "to": "glad"}, "c3": {"do": "calm += 1"}},
    "events": {"ring": {"do": 'tone = "cold"'}},
    "after": {"2d": {"do": "calm -= 1"}},
})  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn, most: int = 5, *, includes: bool = False) -> str:
    """The text of a scenario with nested states, engine's choices, timers, history and events.

    With `includes` some of its states play INCLUDED, which has to lie beside it.
    """
    outer = [f"s{number}" for number in range(draw(st.integers(2, most)))]
    inner = {name: draw(st.integers(0, 2)) for name in outer}
    leaves = [name for name in outer if not inner[name]]
    leaves += [f"{name}_{number}" for name in outer for number in range(inner[name])]
    targets = [*outer, *leaves, "end"]
    histories = [f"{name}_back" for name in outer if inner[name] and draw(st.booleans())]
    target = st.sampled_from([*targets, *histories])
    guard = st.sampled_from(GUARDS)
    acts = st.lists(st.sampled_from(ACTIONS), max_size=2)

    def branch(*, to: bool = False, guarded: bool = False) -> dict[str, Any]:
        made: dict[str, Any] = {"do": draw(acts), "say": "Then {n} and {rest.left}."}
        if to or draw(st.booleans()):
            made["to"] = draw(target)
        if guarded or draw(st.booleans()):
            made["when"] = draw(guard)
        return made

    def choice(name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"say": [{"you": [f"{name} one", f"{name} two"]}]}
        if draw(st.integers(0, 4)) == 0:
            # An engine's choice that stays would be drawn for ever: it may be taken once.
            made |= {"by": "other", "once": True, "weight": draw(st.sampled_from(["1", "n", "3"]))}
        elif draw(st.integers(0, 3)) == 0:
            made["once"] = True
        if draw(st.booleans()):
            made["when"] = draw(guard)
        if draw(st.booleans()):
            return made | {"branches": [branch() for _ in range(draw(st.integers(1, 3)))]}
        return made | {key: part for key, part in branch().items() if key in ("do", "to")}

    def state(name: str) -> dict[str, Any]:
        made: dict[str, Any] = {
            "entry": {"do": draw(acts), "say": [{"narrator": f"In {name}.", "visit": "first"}]},
            "exit": {"do": draw(acts)},
            "choices": {
                key: choice(key)
                for key in draw(st.lists(st.sampled_from(["c0", "c1", "c2", "c3"]), unique=True))
            },
        }
        if draw(st.integers(0, 2)) == 0:
            made["events"] = {"ring": [branch(), branch()]}
        if draw(st.integers(0, 2)) == 0:
            made["after"] = {draw(st.sampled_from(["rest", "2d"])): branch()}
        if draw(st.integers(0, 4)) == 0:
            made["always"] = [branch(to=True, guarded=True)]
        if includes and not inner.get(name) and draw(st.integers(0, 3)) == 0:
            made |= {
                "include": "included.yaml",
                "as": {"guest": "you", "host": "other"},
                "with": {"calm": draw(st.sampled_from(["0", "min(n, 3)"]))},
                "done": {
                    "gone": [branch(to=True, guarded=draw(st.booleans())), {"to": draw(target)}],
                    "glad": [{"to": draw(target)}],
                },
            }
        return made

    states: dict[str, Any] = {}
    for name in outer:
        states[name] = state(name)
        if inner[name]:
            states[name]["states"] = {
                f"{name}_{number}": state(f"{name}_{number}") for number in range(inner[name])
            }
            if f"{name}_back" in histories:
                states[name]["states"][f"{name}_back"] = {
                    "type": "history", "deep": draw(st.booleans()),
                }  # fmt: skip
    states["end"] = {"type": "final", "outcome": "over"}
    data = {
        "heartline": 1,
        "id": "generated",
        "version": "1.0.0",
        "title": "Generated",
        "cast": {"you": {"name": "You"}, "other": {"name": "Kim", "played_by": "engine"}},
        "context": VARIABLES,
        "timers": {"rest": {"length": "pause"}},
        "guards": {"seen_enough": "count(c0) > 1 or visited(s0)"},
        "states": states,
        "choices": {"leave": {"to": "end"}, "c0": {"say": "c0"}, "c1": {"once": True}},
    }
    return json.dumps(data)


def made_of(text: str) -> Scenario:
    """A generated scenario, with the file that it may include beside it."""
    with TemporaryDirectory() as folder:
        Path(folder, "scenario.yaml").write_text(text, encoding="utf-8")
        Path(folder, "included.yaml").write_text(INCLUDED, encoding="utf-8")
        return load(folder)
