"""Writes docs/test-files.md, the reference of test files, from the models that read them.

What a field means stands beside it in engine/heartline/testing/files/form.py. The example is
played by the tests of the documentation. `python docs/generate.py` writes this page too.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import generate
from heartline.forms import CASE_NAME, IDENTIFIER, TIMER_NAME
from heartline.schema import tidy
from heartline.testing.files import form
from heartline.testing.files.values import MOMENT

PAGE = Path(__file__).with_name("test-files.md")

SCENARIO = dedent(
    """\
    heartline: 1
    id: borrowed_tent
    version: 1.0.0
    title: The borrowed tent
    cast:
      you: {name: You}
      neighbour: {name: Mika, played_by: engine}
    context:
      patience: {type: int, min: 0, max: 3, initial: 1, input: true}
    timers:
      promise: {length: 7d, title: the promised day}
    states:
      fence:
        choices:
          ask: {say: When do I get my tent back?, to: answer}
          let_go: {say: Keep it., to: lost}
      answer:
        choices:
          promise_it:
            by: neighbour
            weight: 3
            say: In a week. I promise.
            do: start(promise)
            to: waiting
          hand_it_over: {by: neighbour, say: It is in the shed., to: back}
      waiting:
        choices:
          press:
            say: I would like it today.
            when: patience == 0
            why: You agreed on a day.
            to: answer
          let_go: {say: Keep it., to: lost}
        events:
          rain: {do: patience -= 1, say: It rains on your old tent.}
        after:
          promise: {to: fence, say: The week is over.}
      back: {type: final, outcome: got_it_back}
      lost: {type: final, outcome: let_it_go}
    """
)

EXAMPLE = dedent(
    """\
    heartline_tests: 1
    about: What Mika promises, and what becomes of it.
    defaults: {inputs: {patience: 1}}
    tests:
      a_promise:
        about: Who was promised a day does not press.
        expect: {state: fence, only_offered: [ask, let_go]}
        steps:
          - choose: ask
            draw: promise_it
            expect:
              state: waiting
              lines: [{you: {contains: my tent}}, {neighbour: In a week. I promise.}]
              nothing_more_said: true
              timers: {promise: 7d}
              closed: {press: You agreed on a day.}
          - choose: press
            expect: {error: closed}

      around_the_day:
        about: The week is over when it is over, not before.
        after: a_promise
        steps:
          - wait: $how_long
            expect: {state: $state, running: $running}
        cases:
          just_before: {how_long: 6d23h59m, state: waiting, running: promise}
          on_the_day: {how_long: 7d, state: fence, running: []}
          long_after: {how_long: 52w, state: fence, running: []}

      rain_wears_out_patience:
        after: a_promise
        steps:
          - send: rain
            expect: {lines: {like: It rains*}, context: {patience: 0}, offered: press}
          - choose: press
            draw: hand_it_over
            expect: {outcome: got_it_back, holds: [patience == 0, not expired(promise)]}
          - undo: 1
          - resume: true
          - expect: {state: waiting, ends: {promise: "2026-01-12T09:00:00Z"}}

      too_much_patience:
        inputs: {patience: 4}
        expect: {error: {kind: input, says: {contains: from 0 to 3}}}
    """
)

# Title, model, its own name in links, and a text that leads in.
SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("What it starts with", "Start",
     "`defaults` holds these for all tests of the file; the inputs of both are taken together."),
    ("A test", "Test", "Under `tests` stands each test by its name. Beside what it starts with:"),
    ("Steps", "Step",
     "A step has one act, or only expects. What is due happens in the step in which time passes."),
    ("What is expected", "Expect", ""),
    ("Words", "Words", ""),
    ("Lines", "LineExpected",
     "Short: `a text` (whoever says it), `{you: a text}`, `{you: {contains: a part}}`."),
    ("Refusals", "ErrorExpected", ""),
    ("Accepted mutants", "Accepted", ""),
)  # fmt: skip
LINKS = {model: title for title, model, _ in SECTIONS}

# What a value is, where its form does not say it in words that an author would use.
KINDS = {
    ("Expect", "lines"): "[line](#lines), or a list of them",
    ("Expect", "not_said"): "[line](#lines), or a list of them",
    ("Expect", "closed"): "choice, a list of them, or for each: [words](#words)",
    ("Expect", "timers"): "for each timer: length, `off` or `expired`",
    ("Expect", "ends"): "for each timer: moment",
    ("Expect", "context"): "for each variable: its value",
    ("Expect", "support"): "[words](#words)",
    ("Expect", "error"): "[refusal](#refusals)",
    ("Step", "resume"): "`true`",
    ("Step", "undo"): "whole number",
    ("Step", "turn"): "whole number",
    ("Step", "expect"): "[what is expected](#what-is-expected)",
    ("Test", "expect"): "[what is expected](#what-is-expected)",
    ("Test", "steps"): "list of [steps](#steps)",
    ("Test", "cases"): "for each row: for each column: any value",
    ("Start", "inputs"): "for each input: its value",
    ("TestFile", "defaults"): "[what it starts with](#what-it-starts-with)",
    ("TestFile", "tests"): "for each name: [test](#a-test)",
    ("TestFile", "accepted"): "list of [accepted mutants](#accepted-mutants)",
    ("ErrorExpected", "says"): "[words](#words)",
}


def render() -> str:
    """The whole page."""
    schema = tidy(form.TestFile.model_json_schema(by_alias=True))
    parts = [_HEAD, "<!-- file: scenario.yaml -->", _yaml(SCENARIO), "Its `tests.yaml`:\n",
             "<!-- file: tests.yaml -->", _yaml(EXAMPLE), _RUN, "## The file\n",
             _table("TestFile", schema)]  # fmt: skip
    for title, model, lead in SECTIONS:
        parts.append(f"## {title}\n")
        parts += [f"{lead}\n"] if lead else [f"{inspect.getdoc(getattr(form, model))}\n"]
        parts.append(_table(model, _fields(model, schema["$defs"])))
        parts += _AFTER.get(model, [])
    return "\n".join(parts)


def _fields(model: str, models: dict[str, Any]) -> dict[str, Any]:
    """The form of a model that is a mapping; of a test only what it has beside its start."""
    schema: dict[str, Any] = models[model]
    for each in schema.get("anyOf", ()):
        if "properties" in each:
            schema = each
    if model == "Test":
        own = {
            name: field
            for name, field in schema["properties"].items()
            if name not in models["Start"]["properties"]
        }
        return {"properties": own}
    return schema


def _table(model: str, schema: dict[str, Any]) -> str:
    rows = ["| field | value | without it | |", "|---|---|---|---|"]
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        default = "needed" if name in needed else generate._default(field.get("default"))
        kind = KINDS.get((model, name)) or _kind(field)
        rows.append(f"| `{name}` | {kind} | {default} | {field.get('description', '')} |")
    return "\n".join(rows) + "\n"


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    forms = schema.get("anyOf")
    if forms and any(form.get("type") == "array" for form in forms):
        if {"type": ["integer", "boolean"]} in forms:
            return "[expression](expressions.md), or a list of them"
        return f"{_kind(forms[0])}, or a list of them"
    names = {TIMER_NAME: "timer", CASE_NAME: "name of a test", IDENTIFIER: "name", MOMENT: "moment"}
    return names.get(schema.get("pattern", "")) or generate._kind(schema)


def _yaml(text: str) -> str:
    return f"```yaml\n{text}```\n"


_HEAD = """\
# Test files, format 1

<!-- Written by docs/generate.py from the models; what stands here is changed there. -->

The tests of a scenario stand beside it, in `tests.yaml` or in files called `NAME.test.yaml`. A
test plays a conversation and says what must come of it. Time in it is virtual: waiting for a year
takes none. This page has every field of these files. `heartline check` finds their faults as it
finds those of a scenario; editors that know JSON Schema complete them with
[tests.schema.json](tests.schema.json), which `heartline schema --tests` prints.

As in [a scenario](format.md), the file is YAML 1.2, an unknown field is an error, and a *length*
is written as `14d` or `2h30m`. A *moment* is a day, a time and a zone: `2026-01-05T09:00:00Z`.

A scenario:
"""

_RUN = """\
```console
$ heartline check tests.yaml
no findings
```
"""

_AFTER = {
    "Start": ["Without `start` it is Monday, 5 January 2026, nine in the morning, UTC.\n"],
    "Test": [
        """\
A test needs at least one expectation, here or in a step; an `expect` with nothing in it is an
error.

**Shared beginnings.** A test with `after` does first all that the other test does, and what that
one starts after before it. It begins with the seed, the inputs and the draws of the first of them,
so it has none of its own. What the other tests expect is theirs and is not asked again; what they
expect to be refused is left out. Its own `expect` holds where it starts.

**Tables.** With `cases`, the test is run once for each row, as `NAME[ROW]`. `$column`, as a whole
value, stands for what the row has in that column: a text, a number, a list, a whole `expect`. It
may stand anywhere in `seed`, `start`, `inputs`, `seats`, `draw`, `expect` and `steps`. Every row
has every column that the test asks for, and no other.
"""
    ],
    "Step": [
        """\
`wait_until` waits until the moment at which the timer, as it runs at that time, runs out. `undo`
takes back turns and the time since; the turn that it comes back to stands there with its lines.
After `resume` nothing has been said, and what came before it cannot be taken back: a snapshot holds
where a conversation stands, not how it came there.

`draw` names choices of the engine's roles: those that it draws in this step, in this order. Then
the seed decides. A draw that cannot happen fails the test. Where a step has an act and is expected
to be refused (`error`), the conversation must stand exactly where it stood.
"""
    ],
    "Expect": [
        """\
`lines`, `not_said`, `said_by` and `nothing_more_said` are about the turn that the step led to. An
act that sets nothing off, such as a wait in which nothing runs out or an act that is refused, leads
to no lines; a step without an act looks at what the act before it led to.
Variables and timers are those of the whole scenario, hidden ones too; in an included file they
carry the name of the including state: `session.mood`. A delay of a state is a timer that is called
after both: `waiting.14d`. `holds` takes what a guard may say; `count()`, `visited()` and
`chosen()` only as far as a guard of the scenario counts it.
"""
    ],
    "ErrorExpected": [
        """\
| kind | of | |
|---|---|---|
| `input` | the start | the inputs or seats are not such as the scenario takes |
| `unknown_choice` | `choose` | nobody, or not this role, can choose it here |
| `closed` | `choose` | the choice is here, but its guard does not hold |
| `unknown_event` | `send` | nothing here takes the event |
| `stale_turn` | `choose`, `send` | it answers a turn that is over |
| `over` | `choose`, `send` | the conversation has ended |
| `nothing_to_undo` | `undo` | there are not so many turns to take back |
| `undo_forbidden` | `undo` | the scenario says `undo: false` |
| `draw` | the start, `choose`, `send`, a wait | what `draw` names cannot be drawn |
"""
    ],
}

if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
