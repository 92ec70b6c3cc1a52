"""Tests -> the text of a test file, as an author would like to have written it.

A test is given as what its YAML says (dicts, lists, texts, numbers, moments), or as the `Test`
that was read from a file. It is written in the short forms, its fields always in the same order
(that of the shape in `form`), short expectations on one line, what people say below each other.
What is written reads back, through `loading`, as the same test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.testing.files.form import (
    ErrorExpected,
    Expect,
    LineExpected,
    Step,
    Test,
    TestFile,
    Words,
)
from heartline.testing.making.yamlout import block, comment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.forms import Model

__all__ = ["Plain", "lines_of_test", "write_tests"]

Plain = dict[str, Any]
# The fields of the shape, but what says why and what comes first stands first.
TEST = ("about", "skip", "only", "after", "seed", "start", "inputs", "seats", "draw", "expect",
        "steps", "cases")  # fmt: skip
STEP = ("choose", "send", "wait", "wait_until", "undo", "resume", "as", "turn", "draw", "about",
        "expect")  # fmt: skip
EXPECT = ("error", "state", "lines", "not_said", "said_by", "nothing_more_said", "offered",
          "only_offered", "not_offered", "closed", "context", "holds", "timers", "running", "ends",
          "outcome", "over", "support")  # fmt: skip
ONE_OR_MANY = frozenset(
    ("said_by", "offered", "only_offered", "not_offered", "holds", "running", "draw", "seats")
)
LAID_OUT = frozenset(("lines", "not_said", "steps", "cases", "tests"))


def write_tests(
    tests: Mapping[str, Plain | Test],
    *,
    scenario: str = "scenario.yaml",
    about: str | None = None,
    head: str = "",
    comments: Mapping[str, str] | None = None,
    accepted: tuple[Mapping[str, str], ...] = (),
) -> str:
    """The text of a whole test file. `head` is a comment over all of it, `comments` hold one to
    stand over each test that has one there. Raises Unwritable for a text that no file can hold."""
    file: Plain = {"heartline_tests": 1}
    if scenario != TestFile.model_fields["scenario"].default:
        file["scenario"] = scenario
    if about:
        file["about"] = about
    lines = [*comment(head)] if head else []
    lines += block(file, 0)
    lines += ["tests:" if tests else "tests: {}"]
    for number, (name, test) in enumerate(tests.items()):
        if number:
            lines.append("")
        lines += lines_of_test(name, test, comment_over=(comments or {}).get(name, ""))
    if accepted:
        lines += ["", *block({"accepted": [dict(each) for each in accepted]}, 0)]
    return "\n".join(lines) + "\n"


def lines_of_test(
    name: str, test: Plain | Test, *, indent: int = 2, comment_over: str = ""
) -> list[str]:
    """The lines of one test, under its name, each `indent` blanks in."""
    lines = comment(comment_over, indent) if comment_over else []
    return lines + block({name: _short_test(test)}, indent, open_out=_open)


def _open(path: tuple[str | int, ...], value: object) -> bool:
    """What is laid out over lines though it would fit on one: what people say, and what does."""
    if path[-1] in LAID_OUT:
        return True
    if path[-1] == "expect" and isinstance(value, dict):
        return bool(LAID_OUT & value.keys())
    return len(path) == 1


def _short_test(test: Plain | Test) -> Plain:
    plain = _dumped(test) if isinstance(test, Test) else dict(test)
    short = _ordered(plain, TEST)
    for field, each in short.items():
        if field == "expect":
            short[field] = _short_expect(each)
        elif field == "steps":
            short[field] = [_short_step(step) for step in each]
        elif field in ONE_OR_MANY:
            short[field] = _one_or_many(each)
    return short


def _short_step(step: Plain | Step) -> Plain:
    plain = _dumped(step) if isinstance(step, Step) else dict(step)
    short = _ordered(plain, STEP)
    if "draw" in short:
        short["draw"] = _one_or_many(short["draw"])
    if "expect" in short:
        short["expect"] = _short_expect(short["expect"])
    return short


def _short_expect(expect: Any) -> Any:
    plain = _dumped(expect) if isinstance(expect, Expect) else expect
    if not isinstance(plain, dict):  # a column of a table stands for it
        return plain
    short = _ordered(plain, EXPECT)
    for field, each in short.items():
        if field in ("lines", "not_said"):
            many = isinstance(each, list | tuple)
            short[field] = [_short_line(line) for line in each] if many else _short_line(each)
        elif field in ONE_OR_MANY:
            short[field] = _one_or_many(each)
        elif field == "error":
            short[field] = _short_error(each)
        elif field == "closed":
            short[field] = _short_closed(each)
        elif field == "support":
            short[field] = _short_words(each)
    return short


def _short_line(line: Any) -> Any:
    plain = _dumped(line) if isinstance(line, LineExpected) else line
    if not isinstance(plain, dict):
        return plain
    speaker = plain.get("speaker")
    if speaker is None:
        return _short_words(plain)
    words = {field: each for field, each in plain.items() if field != "speaker"}
    if speaker in LineExpected.model_fields:  # a role called `like` cannot stand for itself
        return {"speaker": speaker, **words}
    return {speaker: _short_words(words)}


def _short_words(words: Any) -> Any:
    plain = _dumped(words) if isinstance(words, Words) else words
    if isinstance(plain, dict) and list(plain) == ["exact"]:
        return plain["exact"]
    return plain


def _short_error(error: Any) -> Any:
    plain = _dumped(error) if isinstance(error, ErrorExpected) else error
    if not isinstance(plain, dict):
        return plain
    if list(plain) == ["kind"]:
        return plain["kind"]
    return {field: _short_words(each) for field, each in plain.items()}


def _short_closed(closed: Any) -> Any:
    if isinstance(closed, dict):
        if not any(each is not None for each in closed.values()):
            return _one_or_many(list(closed))
        return {name: _short_words(each) for name, each in closed.items()}
    return _one_or_many(closed)


def _one_or_many(value: Any) -> Any:
    """A list of one as its item."""
    if isinstance(value, list | tuple) and len(value) == 1:
        return value[0]
    return list(value) if isinstance(value, tuple) else value


def _ordered(plain: Plain, order: tuple[str, ...]) -> Plain:
    """The fields that say something, in this order; one that is not known here comes last."""
    known = [field for field in order if field in plain]
    rest = [field for field in plain if field not in order]
    return {field: plain[field] for field in known + rest if plain[field] is not None}


def _dumped(model: Model) -> Plain:
    """What a form says, field by field, without what it does not."""
    return {
        info.alias or field: getattr(model, field)
        for field, info in type(model).model_fields.items()
        if getattr(model, field) != info.get_default(call_default_factory=True)
    }
