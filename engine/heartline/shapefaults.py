"""Faults in the shape of a file, said in sentences for authors.

The models find what does not fit; here each finding becomes a diagnostic: the place of the key or
the value, what is expected there, what was found, and the nearest thing that would have been
right. The words of the library behind the models are never shown.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from heartline.diagnostics import Diagnostic, Severity, did_you_mean
from heartline.fields import fields_at
from heartline.forms import (
    CASE_NAME,
    DELAY,
    DOTTED,
    IDENTIFIER,
    LANGUAGE,
    TIMER_NAME,
    VERSION,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pydantic import BaseModel, ValidationError

    from heartline.sources import SourceMap
    from heartline.yamltext import Composition

__all__ = ["MOST_SAVED", "explain_shape"]

Path = tuple[str | int, ...]
Sentence = tuple[str, str, str | None]  # code, message, hint

MOST_FAULTS = 200
MOST_SAVED = 1000  # with more faults than this, nothing is saved

# What authors who come from other tools write, and what it is called here.
_SYNONYMS = {
    "if": "when", "guard": "when", "cond": "when", "condition": "when", "unless": "when",
    "requires": "when", "goto": "to", "go_to": "to", "target": "to", "next": "to", "dest": "to",
    "then": "to", "action": "do", "actions": "do", "set": "do", "effect": "do", "effects": "do",
    "text": "say", "line": "say", "lines": "say", "says": "say", "speech": "say",
    "on": "events", "event": "events", "options": "choices", "transitions": "choices",
    "on_entry": "entry", "enter": "entry", "on_enter": "entry", "on_exit": "exit",
    "leave": "exit", "description": "about", "note": "about", "comment": "about",
    "name": "title", "label": "title", "variables": "context", "vars": "context",
    "roles": "cast", "characters": "cast", "actors": "cast", "start": "initial",
    "default": "initial", "value": "initial", "minimum": "min", "maximum": "max",
    "parameters": "with", "role": "by", "who": "by", "actor": "by", "parallel": "type",
    "kind": "type", "final": "type", "result": "outcome", "params": "with", "length": "values",
    "duration": "length", "timeout": "after", "delay": "after", "probability": "weight",
    "lang": "language", "weights": "weight", "reason": "why", "nodes": "states",
}  # fmt: skip
# The same for test files, whose fields are others.
_IN_TESTS = {
    "expected": "expect", "expects": "expect", "assert": "expect", "then": "expect",
    "should": "expect", "check": "expect", "action": "choose", "choice": "choose",
    "say": "lines", "text": "lines", "says": "lines", "said": "lines", "line": "lines",
    "event": "send", "input": "inputs", "given": "inputs", "context": "inputs", "with": "inputs",
    "variables": "context", "vars": "context", "sleep": "wait", "advance": "wait", "tick": "wait",
    "time": "start", "now": "start", "clock": "start", "snapshot": "resume", "reload": "resume",
    "by": "as", "role": "as", "who": "speaker", "random": "seed", "draws": "draw", "rows": "cases",
    "table": "cases", "parameters": "cases", "parametrize": "cases", "examples": "cases",
    "description": "about", "note": "about", "comment": "about", "title": "about", "do": "steps",
    "when": "steps", "xfail": "skip", "ending": "outcome", "result": "outcome", "end": "outcome",
    "choices": "offered", "disabled": "closed", "refused": "error", "raises": "error",
    "deadlines": "timers", "pattern": "like", "matches": "like", "regex": "like", "is": "exact",
    "has": "contains", "reason": "because", "expression": "holds", "guard": "holds",
}  # fmt: skip
_TYPES = {
    "integer": "int", "number": "int", "float": "int", "boolean": "bool", "flag": "bool",
    "string": "text", "str": "text", "choice": "enum", "list": "enum", "time": "duration",
    "timedelta": "duration",
}  # fmt: skip
# Fields that exist, written where they do not belong.
_BELONGS = {
    "do": "entry, exit, a choice or a branch", "say": "entry, exit, a choice or a branch",
    "when": "a choice or a branch", "to": "a choice or a branch",
    "once": "a choice", "by": "a choice", "weight": "a choice",
}  # fmt: skip


def explain_shape(
    error: ValidationError, model: type[BaseModel], sources: SourceMap, composed: Composition
) -> tuple[list[Diagnostic], list[Path]]:
    """The diagnostics for what the models found, by place, and the paths of what is at fault.

    What lies in a value that has a fault already, or follows from a key that was dropped, is left
    out; so is everything else where the format's version is unknown.
    """
    found: list[Diagnostic] = []
    paths: list[Path] = []
    missing: dict[Path, Diagnostic] = {}
    meant: set[Path] = set()
    for details in error.errors(include_url=False):
        path = _path(details["loc"])
        if len(paths) <= MOST_SAVED:
            paths.append(path)
        if len(found) < MOST_FAULTS and not _is_known(path, details, sources, composed):
            diagnostic = _diagnostic(details, path, model, sources)
            found.append(diagnostic)
            if details["type"] == "missing":
                missing[path] = diagnostic
            elif details["type"] == "extra_forbidden":
                meant.add((*path[:-1], _meant(str(path[-1]), _fields(model, details))))
    for path in meant & missing.keys():  # a field misspelt is not missing as well
        found.remove(missing[path])
    found.sort(key=lambda diagnostic: diagnostic.location)
    return [one for one in found if one.code == "HL208"] or found, paths


def _path(loc: Path) -> Path:
    """A place as the models name it -> a path in the data: without the type of a variable."""
    return loc[:2] + loc[3:] if loc[:1] == ("context",) else loc


def _is_known(path: Path, details: Any, sources: SourceMap, composed: Composition) -> bool:
    """Whether this follows from another fault, of the text or inside the value itself."""
    kind = details["type"]
    if kind == "too_short" and details["input"]:
        return True  # the list is not empty, but nothing in it is as it must be
    nodes = [sources.node(path[:end]) for end in range(len(path) + 1)]
    if any(node is None or id(node) in composed.broken for node in nodes):
        return bool(composed.broken)
    node = nodes[-1]
    if node is None or kind not in _OF_A_WHOLE:
        return False
    children = node.children.values() if isinstance(node.children, dict) else node.children or ()
    return id(node) in composed.lossy or any(id(child) in composed.broken for child in children)


# Faults of a mapping as a whole, which may only follow from what is broken inside it.
_OF_A_WHOLE = frozenset({"missing", "union_tag_not_found", "HL202", "HL203", "HL205", "HL801"})


def _diagnostic(details: Any, path: Path, model: type[BaseModel], sources: SourceMap) -> Diagnostic:
    kind: str = details["type"]
    names = [part for part in path if isinstance(part, str)]
    name = names[-1] if names else "the file"
    at_key = kind in ("extra_forbidden", "missing")
    where = path
    if kind == "missing":
        where = path[:-1]
        code, message, hint = _missing(name, where, sources)
    elif kind == "extra_forbidden":
        code, message, hint = _unknown(path, _fields(model, details), sources)
    elif path[-1:] == ("[key]",):
        where, at_key = path[:-1], True
        code, message, hint = _value(kind, f"the name {_shown(path[-2])}", path, details)
    else:
        code, message, hint = _value(kind, _what(path, sources), path, details)
        if kind == "union_tag_invalid":
            where = (*path, "type")
    if kind in _OF_A_WHOLE and where and isinstance(where[-1], str):
        at_key = True
    location = sources.locate(where, key=at_key)
    return Diagnostic(code, Severity.ERROR, message, location, hint)


def _missing(name: str, inside: Path, sources: SourceMap) -> Sentence:
    owner = _what(inside, sources)
    hint = _NEEDED.get(name, f"write {name}: and its value")
    return "HL202", f"{owner} has no '{name}', which it needs", hint


def _unknown(path: Path, known: Collection[str], sources: SourceMap) -> Sentence:
    name = str(path[-1])
    if name in _BELONGS and path[0] != "tests":
        hint = f"it belongs in {_BELONGS[name]}"
    elif meant := _meant(name, known):
        hint = f"did you mean {meant!r}?"
    else:
        hint = f"the fields here are {_listed(sorted(known))}"
    owner = _what(path[:-1], sources)
    return "HL201", f"{owner} has no field '{_cut(name)}'", hint


def _fields(model: type[BaseModel], details: Any) -> list[str]:
    return fields_at(model, details["loc"][:-1])


def _meant(name: str, known: Collection[str]) -> str:
    """The field that an unknown one stands for, as far as one can guess; else an empty text."""
    for synonyms in (_SYNONYMS, _IN_TESTS):
        synonym = synonyms.get(name.lower(), "")
        if synonym in known:
            return synonym
    near = difflib.get_close_matches(name[:100], known, n=1)
    return near[0] if near else ""


def _value(kind: str, what: str, path: Path, details: Any) -> Sentence:
    context: dict[str, Any] = details.get("ctx", {})
    value: object = details["input"]
    if kind == "value_error":
        return "HL204", f"{what}: {context['error']}", None
    if kind.startswith("HL"):
        return kind, f"{what}: {details['msg']}", None
    if kind == "literal_error":
        allowed = re.findall(r"[^', ]+(?=')|\d+", context["expected"])
        if path in (("heartline",), ("heartline_tests",)):
            message = f"this is format {_shown(value)}, and this Heartline reads format 1"
            return "HL208", message, f"write {path[0]}: 1"
        hint = did_you_mean(str(value), allowed)
        return "HL204", f"{what} must be {_listed(allowed, 'or')}, not {_shown(value)}", hint
    if kind == "union_tag_not_found":
        return "HL202", f"{what} has no 'type', which it needs", f"write type: {_VARIABLE_TYPES}"
    if kind == "union_tag_invalid":
        tag = str(context["tag"])
        synonym = _TYPES.get(tag.lower())
        hint = f"did you mean {synonym!r}?" if synonym else did_you_mean(tag, _TYPE_NAMES)
        return "HL204", f"{what} has the unknown type {_shown(tag)}: {_VARIABLE_TYPES}", hint
    if kind == "string_pattern_mismatch":
        code, message, hint = _malformed(what, value, context["pattern"])
        if path[0] == "tests" and hint is not None and str(value).startswith("$"):
            hint = "a column is written in lower case; " + hint.replace("'", "'$", 1)
        return code, message, hint
    if kind in _BOUNDS:
        limit = next(number for number in context.values() if isinstance(number, int))
        return "HL204", f"{what} {_BOUNDS[kind].format(limit=f'{limit:,}')}", None
    expected = _EXPECTED.get(kind, "of another kind")
    hint = _PATTERNS[VERSION][1] if path == ("version",) else _mend(kind, value)
    return "HL203", f"{what} must be {expected}, not {_kind(value)}", hint


_VARIABLE_TYPES = "int, bool, enum, duration or text"
_TYPE_NAMES = ("int", "bool", "enum", "duration", "text")
_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping of names",
    "model_type": "a mapping of fields",
    "time_delta_type": "a duration such as 14d",
    "date_type": "a date such as 2026-11-20",
}
_BOUNDS = {
    "greater_than_equal": "must be at least {limit}",
    "less_than_equal": "must be at most {limit}",
    "string_too_short": "must not be an empty text",
    "string_too_long": "is too long: at most {limit} characters",
    "too_short": "must not be empty",
    "too_long": "holds too many: at most {limit}",
}
_NEEDED = {
    "heartline": "the file begins with heartline: 1",
    "heartline_tests": "the file begins with heartline_tests: 1",
    "id": "write id: and a name such as first_talk",
    "version": "write version: 1.0.0",
    "type": f"write type: {_VARIABLE_TYPES}",
}


def _malformed(what: str, value: object, pattern: str) -> Sentence:
    """A text that does not look as it must. Names get one made of them as a hint."""
    if pattern not in (IDENTIFIER, DOTTED, DELAY, *_NAMES):
        rule, hint = _PATTERNS.get(pattern, ("has not the form that it must have", None))
        return "HL204", f"{what} {rule}, not {_shown(value)}", hint
    rule = "a name begins with a letter and holds only a-z, 0-9 and _, at most 64 of them"
    rule = _NAMES.get(pattern, rule)
    if pattern == DELAY:
        rule = "write the name of a timer, or a duration such as 14d"
    signs = r"[^a-z0-9_]+" if pattern == CASE_NAME else r"[^a-z0-9_.]+"
    better = re.sub(signs, "_", str(value).lower()).strip("_.")[:63]
    hint = f"did you mean {better!r}?" if re.match(pattern, better) else None
    return "HL207", f"{what} is not well-formed: {rule}", hint


_NAMES = {
    CASE_NAME: "a test's name holds only a-z, 0-9 and _, at most 100 of them",
    TIMER_NAME: "write the name of a timer, or a state's own delay, as in waiting.14d",
}
_PATTERNS = {
    VERSION: ("must be three numbers", "write 1.0.0"),
    LANGUAGE: ("must be the code of a language", "write en"),
    "^[a-z]{2}$": ("must be the two letters of a country", "write gb"),
}


def _mend(kind: str, value: object) -> str | None:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "write it in quotes"
    if kind == "bool_type" and isinstance(value, str):
        return "write true or false"
    if kind == "int_type" and isinstance(value, str) and value.strip("-").isdecimal():
        return "write it without quotes"
    if kind == "tuple_type" and isinstance(value, str):
        return f"write [{value[:40]}]"
    return None


def _what(path: Path, sources: SourceMap) -> str:
    """What an author calls the thing at a path: its field, and which item of it."""
    if "texts" in path:
        return "the text of a line"
    fields = [part for part in path if isinstance(part, str)]
    field = f"'{_cut(fields[-1])}'" if fields else "the file"
    if path and isinstance(path[-1], int):
        whole = sources.node(path[:-1])
        if whole is not None and isinstance(whole.children, list):
            return f"item {path[-1] + 1} of {field}"
    return field


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    return "a mapping" if isinstance(value, dict) else "a list"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:56] + "...'"


def _cut(name: object) -> str:
    text = str(name)
    return text if len(text) <= 60 else text[:57] + "..."


def _listed(names: Iterable[str], last: str = "and") -> str:
    *first, final = names
    return f"{', '.join(first)} {last} {final}" if first else final
