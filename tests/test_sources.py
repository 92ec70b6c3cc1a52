"""From a path in the data to a line and a column, and on into the middle of a text."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.decoding import decode
from heartline.sources import SourceMap
from heartline.yamltext import compose

FILE = dedent(
    """\
    title: T
    cast: {you: {name: You}}
    guards:
      calm: arousal < 3
    states:
      talk:
        entry:
          say:
            - Hello.
            - {when: calm, partner: [One., Two.]}
        choices:
          ask: {say: {you: "Why?"}, do: heard += 1, to: listen}
        after: {break: review}
        with: {a: 1}
      listen: {}
    """
)


def sources(text: str) -> SourceMap:
    composed = compose(text, "f.yaml")
    assert not composed.faults
    return SourceMap("f.yaml", text, composed.root)


def place(path: tuple[str | int, ...], *, key: bool = False) -> tuple[str, str]:
    """What stands at the place of a path, up to the end of a word."""
    where = sources(FILE).locate(path, key=key)
    rest = FILE.split("\n")[where.line - 1][where.column - 1 :]
    return f"{where.line}:{where.column}", rest.split(",")[0].rstrip("}]")


@pytest.mark.parametrize(
    ("path", "key", "found"),
    [
        ((), False, ("1:1", "title: T")),
        (("title",), False, ("1:8", "T")),
        (("title",), True, ("1:1", "title: T")),
        (("cast", "you", "name"), False, ("2:20", "You")),
        (("states", "talk"), True, ("6:3", "talk:")),
        (("states", "talk"), False, ("7:5", "entry:")),
        (("states", "talk", "entry", "say", 0), False, ("9:11", "Hello.")),
        (("states", "talk", "entry", "say", 1, "when"), False, ("10:18", "calm")),
        # A line's speaker and texts are one field in the file.
        (("states", "talk", "entry", "say", 1, "speaker"), True, ("10:24", "partner: [One.")),
        (("states", "talk", "entry", "say", 1, "texts", 1), False, ("10:40", "Two.")),
        # Short forms: what the file has no node for stays at the node it has.
        (("guards", "calm", "when"), False, ("4:9", "arousal < 3")),
        (("states", "talk", "entry", "say", 0, "texts", 0), False, ("9:11", "Hello.")),
        (("states", "talk", "choices", "ask", "do", 0), False, ("12:37", "heard += 1")),
        (("states", "talk", "choices", "ask", "do", 0), True, ("12:33", "do: heard += 1")),
        (("states", "talk", "choices", "ask", "say", 0, "texts", 0), False, ("12:24", '"Why?"')),
        (("states", "talk", "after", "break", 0, "to"), False, ("13:20", "review")),
        (("states", "talk", "parameters", "a"), False, ("14:15", "1")),
        # Where the file ends, the walk does.
        (("states", "talk", "exit", "do", 0), True, ("6:3", "talk:")),
        (("states", "talk", "entry", "say", 7), True, ("8:7", "say:")),
        (("states", "talk", "entry", "say", "x"), True, ("8:7", "say:")),
        (("states", "nobody"), True, ("5:1", "states:")),
        (("states", "listen", "texts", 0), True, ("15:3", "listen: {")),
    ],
)
def test_a_path_leads_to_the_innermost_place_that_the_file_has(
    path: tuple[str | int, ...], key: bool, found: tuple[str, str]
) -> None:
    assert place(path, key=key) == found


def test_a_file_without_data_has_one_place() -> None:
    nothing = SourceMap("f.yaml")
    assert str(nothing.locate(("a", 0))) == "f.yaml:1:1"
    assert str(nothing.offset(("a",), 7)) == "f.yaml:1:1"
    assert nothing.node(("a",)) is None


def offsets(text: str) -> list[str]:
    """The source character that each character of the value of `a` comes from."""
    places = sources(text)
    node = places.node(("a",))
    assert node is not None
    found = []
    for start in range(len(node.data)):
        where = places.offset(("a",), start)
        found.append((text.split("\n")[where.line - 1] + "\n")[where.column - 1])
    return found


@pytest.mark.parametrize(
    "text",
    [
        "a: heard >= 2\n",
        "a: 'heard >= 2'\n",
        'a: "heard >= 2"\n',
        'a: "hé\\u0072d ≥ 2"\n',
        "a: 'it''s'\n",
        'a: "a\\"b\\\\c\\x41\\U0001F600d"\n',
        "a: heard\n  >= 2\n     and\n\n  x\n",
        "a: 'heard\n  >= 2\n\n\n  x'\n",
        'a: "heard \\\n   >= \\\n  2"\n',
        "a: |\n  heard\n    >= 2\n\n  x\n",
        "a: |2-\n    heard\n   >= 2",
        "a: >-\n  heard\n  >= 2\n\n  x\n    y\n  z\n",
        "a: >\n\n\n   x\n   y\n",
        "b:\n  - a\na: >+ # note\n  x y\n\n",
    ],
)
def test_each_character_of_a_text_has_a_place_in_its_source(text: str) -> None:
    value = sources(text).node(("a",))
    assert value is not None
    for character, source in zip(value.data, offsets(text), strict=True):
        assert source == character or source in "\\ \n'\""


def test_the_place_behind_a_text_is_the_one_after_its_last_character() -> None:
    assert str(sources("a: xy\n").offset(("a",), 2)) == "f.yaml:1:6"
    assert str(sources("a: 'xy'\n").offset(("a",), 99)) == "f.yaml:1:7"
    assert str(sources('a: ""\n').offset(("a",), 0)) == "f.yaml:1:5"
    assert str(sources("a: xy\n").offset(("a",), -1)) == "f.yaml:1:4"


def test_the_offset_in_something_that_is_no_text_is_its_place() -> None:
    assert str(sources("a: 12\n").offset(("a",), 1)) == "f.yaml:1:4"


def test_an_expression_in_a_folded_block_points_into_its_line() -> None:
    text = "a: >-\n  heard >= 2\n  and trst > 1\n"
    where = sources(text).offset(("a",), "heard >= 2 and trst > 1".index("trst"))
    assert str(where) == "f.yaml:3:7"


WORDS = st.lists(st.text(alphabet="ab'\"\\é ", min_size=1, max_size=6), min_size=1, max_size=4)


@given(words=WORDS, style=st.sampled_from(["plain", "'", '"', "|", ">"]))
def test_any_offset_in_any_style_lies_inside_the_source_of_the_text(
    words: list[str], style: str
) -> None:
    lines = [word.replace("\\", "\\\\").replace('"', '\\"') if style == '"' else
             word.replace("'", "''") if style == "'" else word for word in words]  # fmt: skip
    body = "\n  ".join(lines)
    written = {"plain": body, "'": f"'{body}'", '"': f'"{body}"'}.get(style, f"{style}\n  {body}")
    text, _ = decode(f"b: 0\na: {written}\nc: 0\n", "f.yaml")
    composed = compose(text, "f.yaml")
    if composed.faults or composed.root is None or "a" not in composed.root.data:
        return
    value: Any = composed.root.data["a"]
    if not isinstance(value, str):
        return
    places = SourceMap("f.yaml", text, composed.root)
    found = [places.offset(("a",), start) for start in range(len(value))]
    assert found == sorted(found)
    for character, where in zip(value, found, strict=True):
        source = (text.split("\n")[where.line - 1] + "\n")[where.column - 1]
        assert source == character or source in "\\' \n"
