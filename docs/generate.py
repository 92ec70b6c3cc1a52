"""Writes docs/format.md, the reference of the scenario file, from the models that read it.

What a field means stands in engine/heartline/scenario.py and support.py, beside the field; the
examples are pieces of one scenario, which the tests of the documentation load and check. After a
change there:

    python docs/generate.py
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from heartline import forms, scenario
from heartline.decoding import LONGEST_FILE
from heartline.loader import load_text
from heartline.scalars import LONGEST_NUMBER
from heartline.schema import scenario_schema, tidy
from heartline.support import SupportData, read_support
from heartline.yamltext import DEEPEST, MOST_NODES

PAGE = Path(__file__).with_name("format.md")

EXAMPLE = dedent(
    """\
    heartline: 1
    id: borrowed_bike
    version: 1.1.0
    title: The borrowed bike
    about: You lent your bike, and it has not come back.
    cast:
      you: {name: You}
      friend:
        name: "{friend_name}"
        pronouns: they
        played_by: engine
        about: who borrowed the bike
    context:
      friend_name:
        type: text
        initial: Robin
        max_length: 40
        input: true
        prompt: Your friend's name?
        kept_for: Your friend is called by it here.
      angry: {type: int, min: 0, max: 4, initial: 1, title: How angry you are}
      asked: {type: bool, initial: false}
      mood: {type: enum, values: [open, closed], labels: {open: in a good mood}, initial: open}
      grace: {type: duration, values: [3d, 7d], initial: 7d}
    timers:
      promise: {length: grace, title: the promised day}
    guards:
      calm: angry <= 2
      may_press:
        when: asked and not running(promise)
        why: You agreed on a day; until then there is nothing to ask.
    initial: talk
    states:
      talk:
        title: On the stairs
        initial: greet
        choices:
          leave: {say: I have to go., to: parted}
        states:
          greet:
            tags: warm
            entry:
              say:
                - {friend: [Oh. Hello., Hey there.], visit: first}
                - {friend: Me again., visit: later}
                - {when: angry >= 3, narrator: Your jaw hurts.}
            choices:
              ask:
                label: Ask for the bike
                say: "{friend}, when do I get my bike back?"
                do: asked = True
                once: true
                to: answer
              press:
                say: I asked you once already.
                when: may_press
                if_closed: hide
                do: [angry += 1, mood = "closed"]
                branches:
                  - {when: not calm, to: parted}
                  - {to: answer}
            events:
              neighbour_comes: [{do: angry -= 1, say: A neighbour squeezes past.}]
          answer:
            choices:
              promise_it:
                by: friend
                weight: 3
                say: "In {promise.length}. I promise."
                do: start(promise)
                to: greet
              give_it_back: {by: friend, when: mood == "open", say: It is in the yard., to: back}
            after:
              1d: greet
          where_we_were: {type: history, deep: true, default: greet}
        after:
          promise: [{when: calm, to: greet, say: The day has come.}, {to: parted}]
      parted:
        entry: {say: You walk home.}
        always: {when: angry == 0, to: back}
        choices:
          return: {say: Wait., do: angry -= 1, to: where_we_were}
          give_up: {say: Keep it., to: lost}
      back: {type: final, outcome: got_it_back}
      lost: {type: final, outcome: let_it_go}
    properties:
      you_can_always_give_up: {always: can_reach(outcome(let_it_go))}
      pressing_costs:
        about: Whoever presses is not handed the bike at once.
        whenever: chosen(press)
        leads_to: not outcome(got_it_back)
    migrations:
      - from: 1.0.0
        states: {stairs: greet}
        set: {angry: 1}
    """
)

INNER = dedent(
    """\
    knock:
      include: knocking.yaml
      with: {patience: angry}
      as: {you: you, other: friend}
      done: {opened: talk, silence: parted}
    """
)

DATA = dedent(
    """\
    support: 1
    texts:
      en:
        unknown: Call the emergency number of the place you are in.
        kinds: {emergency: In danger now}
    countries:
      gb:
        en:
          - kind: emergency
            name: Police, fire and ambulance
            contact: "999"
            source: gov.uk
            checked: 2026-11-20
    """
)

# Title, model, the pieces of the example that show it, and a sentence that leads in.
SECTIONS: tuple[tuple[str, str, tuple[tuple[str, ...], ...], str], ...] = (
    ("Roles", "Role", (("cast",),), "Under `cast` stands each role by its name."),
    ("Variables", "IntVariable", (("context",),),
     "Under `context` stands each variable by its name. Its `type` gives it further fields."),
    ("Timers", "Timer", (("timers",),), "Under `timers` stands each timer by its name."),
    ("Guards", "Guard", (("guards",),), "Under `guards` stands each guard by its name."),
    ("States", "State", (("states", "talk", "states", "answer"), ("states", "parted"),
                         ("states", "back")),
     "Under `states` stands each state by its name, which no other state of the file has."),
    ("Entry and exit", "Block", (("states", "talk", "states", "greet", "entry"),), ""),
    ("Lines", "Line", (), "The page about [lines](lines.md) has all that a text may hold."),
    ("Choices", "Choice", (("states", "talk", "states", "greet", "choices"),), ""),
    ("Branches", "Branch", (("states", "talk", "after"),),
     "Where a timer, an event or `always` leads, and the `branches` of a choice."),
    ("Properties", "Property", (("properties",),), ""),
    ("Migrations", "Migration", (("migrations",),), ""),
    ("Support", "Support", (), "The data file has a format of its own, below."),
)  # fmt: skip
LINKS = {model: title for title, model, _, _ in SECTIONS}


def render() -> str:
    """The whole page."""
    schema = scenario_schema()
    models = schema["$defs"]
    parts = [_HEAD, _yaml(EXAMPLE), _short_forms(), "## The file\n", _table(schema)]
    for title, model, examples, lead in SECTIONS:
        parts.append(f"## {title}\n")
        parts += [f"{lead}\n"] if lead else []
        if model == "IntVariable":
            parts.append(_variables(models))
        else:
            parts += [_about(model), _table(_fields_of(model, models))]
        parts += [_yaml(_piece(EXAMPLE, path)) for path in examples]
        if model == "State":
            parts += ["A state that includes a file:\n", _yaml(INNER)]
    parts.append(_support())
    return "\n".join(parts)


_HEAD = f"""\
# The scenario file, format 1

<!-- Written by docs/generate.py from the models; what stands here is changed there. -->

A scenario is a folder with a file `scenario.yaml`. This page has every field of it.
[What happens when](semantics.md) says what a scenario does, [Expressions](expressions.md) what a
guard and an action may say, [Lines](lines.md) what a text may hold. Editors that know JSON Schema
complete and check the file with [scenario.schema.json](scenario.schema.json), which
`heartline schema` prints; where the editor uses the YAML language server, a first line
`# yaml-language-server: $schema=scenario.schema.json` names a copy of it.

The file is YAML 1.2, in UTF-8. `yes`, `no`, `on` and `off` are texts; a truth is `true` or `false`.
Keys are texts, each once in its mapping; a field that has nothing to say is left out rather than
left empty. Values may be named with `&` and repeated with `*`; tags, merge keys and further
documents are refused. A file has at most {LONGEST_FILE:,} characters, {MOST_NODES:,} keys and
values (repeated ones counted in full), {DEEPEST} levels, and numbers of {LONGEST_NUMBER} digits.

A *name* begins with a small letter and holds small letters, digits and `_`, at most 64. Names of
states in an included file are written with the including state before them, as in `knock.door`.
A *length* is a number and a unit, or several from large to small: `14d`, `2h30m`, with `w`, `d`,
`h`, `m` and `s`.

A scenario that has a little of everything:
"""


def _short_forms() -> str:
    """The list of short forms out of the docstring of the models' room."""
    text = inspect.getdoc(scenario) or ""
    block = text.split("Short forms", 1)[1].split("\n\n", 1)[1]
    rows = [re.split(r" {2,}| -> ", line.strip()) for line in block.strip().splitlines()]
    lines = [f"| `{short}` | {what} | `{long}` |" for short, what, long in map(_three, rows)]
    head = "## Short forms\n\n| written | is | short for |\n|---|---|---|\n"
    return head + "\n".join(lines) + "\n"


def _three(parts: list[str]) -> tuple[str, str, str]:
    short, what, *_, long = parts
    return short, what, long.removeprefix("-> ")


def _about(model: str) -> str:
    return f"{inspect.getdoc(getattr(scenario, model))}\n"


def _variables(models: dict[str, Any]) -> str:
    """The five types of variables: what they share, then what each has of its own."""
    properties = {name: models[name]["properties"] for name in _VARIABLES}
    shared = [field for field in properties["BoolVariable"] if field not in ("type", "initial")]
    parts = [_table({"properties": {field: properties["BoolVariable"][field] for field in shared}})]
    for name, fields in properties.items():
        own = {field: fields[field] for field in fields if field not in (*shared, "type")}
        needed = models[name]["required"]
        parts += [f"### `type: {_VARIABLES[name]}`\n", _about(name)]
        parts.append(_table({"properties": own, "required": needed}))
    return "\n".join(parts)


_VARIABLES = {
    "IntVariable": "int", "BoolVariable": "bool", "EnumVariable": "enum",
    "DurationVariable": "duration", "TextVariable": "text",
}  # fmt: skip


def _fields_of(model: str, models: dict[str, Any]) -> dict[str, Any]:
    """The form of a model that is a mapping, with a line's speaker as a field."""
    schema: dict[str, Any] = models[model]
    for form in schema.get("anyOf", ()):
        if "properties" in form:
            schema = form
    if model == "Line":
        spoken = schema["additionalProperties"]
        told = {**spoken, "description": "The name of a role, or narrator: what is said."}
        schema = {"properties": {"*speaker*": told, **schema["properties"]}}
    return schema


def _table(schema: dict[str, Any]) -> str:
    rows = ["| field | value | without it | |", "|---|---|---|---|"]
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        shown = name if name.startswith("*") else f"`{name}`"
        default = "needed" if name in needed else _default(field.get("default"))
        about = field.get("description", "").replace("|", "\\|")
        rows.append(f"| {shown} | {_kind(field)} | {default} | {about} |")
    return "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value
    return "" if value in (None, [], {}) else f"`{shown}`"


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in words."""
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return _one_of(schema.get("anyOf") or schema["oneOf"])
    if "patternProperties" in schema:
        ((pattern, inner),) = schema["patternProperties"].items()
        keys = "timers or lengths" if pattern == forms.DELAY else "names"
        return f"{keys}, for each: {_kind(inner)}"
    return _PLAIN[schema["type"]](schema)


def _one_of(forms: list[dict[str, Any]]) -> str:
    if forms[0] == {"type": ["integer", "boolean"]}:
        return "[expression](expressions.md)"
    kinds = [_kind(form) for form in forms if form.get("type") != "array"]
    unique = list(dict.fromkeys(kinds))
    some = ", or a list of them" if any(form.get("type") == "array" for form in forms) else ""
    if len(unique) > 2 and not some:
        return "[variable](#variables)"
    return " or ".join(unique) + some


def _link(model: str) -> str:
    if model not in LINKS:
        return model.lower()
    anchor = LINKS[model].lower().replace(" ", "-")
    return f"[{_NOUN.get(model, model.lower())}](#{anchor})"


_NOUN = {"Block": "actions and lines", "IntVariable": "whole number"}


def _text(schema: dict[str, Any]) -> str:
    pattern = schema.get("pattern")
    if "14d" in schema.get("examples", ()):
        return "length"
    if pattern == forms.IDENTIFIER:
        return "name"
    if pattern == forms.DOTTED:
        return "name of a state"
    if pattern is not None and "[wdhms]" in pattern:
        return "length"
    if schema.get("maxLength") == 1000:
        return "[action](expressions.md)"
    return "day" if schema.get("format") == "date" else "text"


def _number(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"whole number, {low:,} to {high:,}" if low is not None else "whole number"


_PLAIN = {
    "string": _text,
    "integer": _number,
    "boolean": lambda _: "`true` or `false`",
    "array": lambda schema: f"list of: {_kind(schema['items'])}",
    "object": lambda schema: f"for each: {_kind(schema['additionalProperties'])}",
}


def _piece(text: str, path: tuple[str, ...]) -> str:
    """The lines of the example that hold what is at a path."""
    sources = load_text(text).sources
    where = sources.locate(path, key=True)
    lines = text.split("\n")[where.line - 1 :]
    indent = where.column - 1
    first, *rest = lines
    end = next((i for i, line in enumerate(rest) if line[: indent + 1].strip()), len(rest))
    return dedent("\n".join([first, *rest[:end]])).strip("\n") + "\n"


def _yaml(text: str) -> str:
    return f"```yaml\n{text}```\n"


_SUPPORT = """\
A file beside the scenario, by country and language. The care page shows the entries of the chosen
country, the most urgent first, and for a country that is not listed the general text: never another
country's number. Every country needs an entry of the kind `emergency`.
"""


def _support() -> str:
    """The data file of `support`."""
    schema = tidy(SupportData.model_json_schema())
    assert read_support(DATA, "help.yaml")[1] == ()
    parts = [
        "## The support data file\n",
        _SUPPORT,
        _yaml(DATA),
        _table(schema),
        "An entry:\n",
        _table(schema["$defs"]["Entry"]),
        "The texts of a language:\n",
        _table(schema["$defs"]["Words"]),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    import generate_tests

    PAGE.write_text(render(), encoding="utf-8")
    generate_tests.PAGE.write_text(generate_tests.render(), encoding="utf-8")
