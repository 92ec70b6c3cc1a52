"""The text of a file becomes a tree that knows its places; each fault of YAML is one sentence."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from heartline import yamltext
from heartline.decoding import LONGEST_FILE, decode
from heartline.yamlfaults import LastEvent, explain_syntax
from heartline.yamltext import DEEPEST, MOST_FAULTS, MOST_NODES, Composition, Mark, compose

PARSERS = [
    pytest.param(yaml.SafeLoader, id="pure"),
    pytest.param(
        getattr(yaml, "CSafeLoader", None),
        id="libyaml",
        marks=pytest.mark.skipif(not yamltext.FAST, reason="this PyYAML came without libyaml"),
    ),
]


def data(text: str) -> Any:
    composed = compose(text, "f.yaml")
    assert not composed.faults
    assert composed.root is not None
    return composed.root.data


def faults(text: str) -> list[str]:
    return [f"{fault.location.line}:{fault.location.column} {fault.code} {fault.message}"
            for fault in compose(text, "f.yaml").faults]  # fmt: skip


def places(keys: dict[str, Mark] | None) -> dict[str, tuple[int, int]]:
    assert keys is not None
    return {key: (mark.line, mark.column) for key, mark in keys.items()}


def test_every_value_and_key_knows_its_place() -> None:
    root = compose('a: 1\nbé:\n  - x\n  - {k: "v"}\n', "f.yaml").root
    assert root is not None
    assert isinstance(root.children, dict)
    assert places(root.keys) == {"a": (0, 0), "bé": (1, 0)}
    items = root.children["bé"].children
    assert isinstance(items, list)
    assert [(item.start.line, item.start.column) for item in items] == [(2, 4), (3, 4)]
    assert places(items[1].keys) == {"k": (3, 5)}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        # Brackets.
        ("a: [x, y\nb: 1\n", "1:4 HL103 the [ that opens here is not closed"),
        ("a: 1\nb: [x, y\n", "2:4 HL103 the [ that opens here is not closed"),
        ("a:\n  b: {c: {d: 1}\n  e: 2\n", "2:6 HL103 the { that opens here is not closed"),
        ("a: [x]]\nb: 1\n", "1:7 HL103 ] closes nothing here"),
        ("a: {x: 1}}\nb: 1\n", "1:10 HL103 } closes nothing here"),
        ("a: [x,\n  y}\n", "2:4 HL103 } closes here what [ on line 1 opened"),
        ("a: [[{b: c, d,\n  e, f]]\n", "2:7 HL103 ] closes here what { on line 1 opened"),
        ("a: [x}\nb: 1\n", "1:6 HL103 } closes here what [ opened"),
        ("a: {x: 1 y: 2}\n", "1:11 HL103 a comma or } is missing before this"),
        ('a: {x: "1" y: "2"}\n', "1:12 HL103 a comma or } is missing before this"),
        ("a: {name} says\nb: 1\n", "1:11 HL103 more text follows the closing bracket"),
        ("a: [sighs] ok\n", "1:12 HL103 more text follows the closing bracket"),
        # Quotes.
        ('a: "hello\nb: 1\n', '1:4 HL103 the " that opens here is not closed'),
        ("a: 'hello\nb: 1\n", "1:4 HL103 the ' that opens here is not closed"),
        ('a: "x\n---\n', '1:4 HL103 the " that opens here is not closed'),
        ('a: "hello\nb: "x"\n',
         '1:4 HL103 the " that opens here is closed only on line 2, amid other text'),
        ('a: {p: "I}\nb: "z"\n',
         '1:8 HL103 the " that opens here is closed only on line 2, amid other text'),
        ("a: 'I can't go'\n", "1:11 HL103 more text follows the closing quote"),
        ('a: "Hi" she said\n', "1:9 HL103 more text follows the closing quote"),
        ('a: "c:\\dir"\n', "1:7 HL103 \\d is not an escape"),
        ('a: "\\xZZ"\n', "1:5 HL103 \\x is not an escape"),
        # Colons and indentation.
        ("a: well: I think\n", "1:8 HL103 a second colon stands in this line"),
        ("a:\n    b: 1\n  c: 2\n", "3:3 HL103 the indentation here fits nothing above it"),
        ("a: 1\n  b: 2\n",
         "2:4 HL103 a field cannot begin here: the line above it has its value already"),
        ("a:\n  b: 1\n  - c\n", "3:3 HL103 an item of a list stands among the fields of a mapping"),
        ("a:\n  - b\n  c: 1\n", "3:3 HL103 a field stands among the items of a list"),
        ("a: - b\n", "1:4 HL103 a list with - cannot begin behind a key"),
        ("a: 1\nfoo\nb: 2\n", "2:1 HL103 this line is neither a field nor part of a text"),
        ("a: 1\nb:2\nc: 3\n", "2:1 HL103 a colon needs a space after it"),
        (": x\n", "1:1 HL103 a name is missing before the colon"),
        ("a" * 1500 + ": 1\n", "1:1501 HL103 a key is at most 1024 characters long"),
        ("a:\n\tb: 1\n", "2:1 HL103 a tab cannot indent"),
        ("a:\n  b: 1\n\tc: 1\n", "3:1 HL103 a tab cannot indent"),
        ("a: |\n   x\n  y\nb: 1\n",
         "3:3 HL103 this line is indented less than the text that it follows"),
        # Characters that mean something.
        ("a: @x\n", "1:4 HL103 a value cannot begin with @"),
        ("a: %x\n", "1:4 HL103 a value cannot begin with %"),
        ("a: , x\n", "1:4 HL103 a value cannot begin with ,"),
        ("a: ? x\n", "1:4 HL103 a value cannot begin with ?"),
        ("a: *sigh* ok\n", "1:4 HL103 * is not followed by a name"),
        ("a: & x\n", "1:4 HL103 & is not followed by a name"),
        ("a: >= 3\n", "1:4 HL103 > begins a text of several lines, on the lines below"),
        ("a: | hi\n  x\n", "1:4 HL103 | begins a text of several lines, on the lines below"),
        # What YAML has and scenarios do without.
        ("a: !x y\n", "1:4 HL107 tags such as '!x' are not allowed"),
        ("a: !x [y]\n", "1:4 HL107 tags such as '!x' are not allowed"),
        ("a: !!python/object:os.system x\n",
         "1:4 HL107 tags such as 'tag:yaml.org,2002:python/object:os.syste' are not allowed"),
        ("a: !x!y z\n", "1:4 HL107 tags are not allowed"),
        ("!x a: 1\n", "1:1 HL107 tags such as '!x' are not allowed"),
        ("a: 1\n---\nb: 1\n", "2:1 HL107 a second document begins here: a file holds one"),
        ("a: 1\n...\nb: 1\n", "3:1 HL107 a file holds one document, and it ended above"),
        ("%YAML 2.0\n---\na: 1\n", "1:1 HL107 a line that begins with % is a directive"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "1:1 HL107 the %TAG directive is not allowed"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "2:5 HL107 merge keys (<<) are not allowed"),
        ("&a b: 1\n", "1:1 HL107 a key cannot carry an anchor"),
        ("a: &x [*x]\n", "1:8 HL107 &x holds itself"),
        ("a: *b\n", "1:4 HL103 *b refers to &b, which does not stand before it"),
        # Keys.
        ("a: 1\nb: 2\na: 3\n", "3:1 HL104 'a' stands twice here, first on line 1"),
        ("14: x\n", "1:1 HL105 a key must be a text, and 14 is not one"),
        ("true: x\n", "1:1 HL105 a key must be a text, and true is not one"),
        ("? [a, b]\n: c\n", "1:3 HL105 a key must be a text, not a list or a mapping"),
        ("a: {b: I can't, {c}, d: e}\n",
         "1:17 HL105 a key must be a text, not a list or a mapping"),
        ("? {b, [c]}\n: {d: e}\n", "1:3 HL105 a key must be a text, not a list or a mapping"),
        ("a: &x b\n*x : c\n", "2:1 HL105 *x cannot be a key"),
        # Values.
        ("a:\nb: 1\n", "1:1 HL203 'a' has no value"),
        ("a: ~\n", "1:1 HL203 'a' has no value"),
        ("a:\n  -\n  - x\n", "2:4 HL203 this item is empty"),
        ("a: {p: I know, I know}\n", "1:16 HL203 'I know' has no value"),
        ("a: {name}\n", "1:5 HL203 'name' has no value"),
        ("a: 1234567890123456789\n", "1:4 HL204 the number 123456789012... is too long"),
        ('a: "\\e[31m"\n', "1:4 HL101 this text holds a control character"),
    ],
)  # fmt: skip
def test_one_fault_gives_one_sentence_at_its_cause(
    text: str, fault: str, parser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yamltext, "_PARSER", parser)
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a:\n    b: 1\n  c: 2\n", "begin it with 0 or 4 spaces"),
        ("a: {p: I know, I know}\n",
         "if it belongs to the text before the comma, put the whole text in quotes"),
        ('a: {ann "Well, well, well"}\n', "write a colon after the name"),
        ("a: {to:talk}\n", "write a space after the colon"),
        ("a: {name}\n", "a text that begins with { stands in quotes"),
        ("a:\n", "write a value, or leave the line out; {} is an empty mapping"),
        ("14: x\n", "write it in quotes: '14'"),
        ("? \n: x\n", "write a name before the :"),
        ("a: [x, y\nb: 1\n", "write ] where it ends, or a comma before line 2"),
        ("b:2\nc: 3\n", "write b: ..."),
        ("a: 1\nb:2\nc: 3\n", "write b: ..."),
        ("a: [", "close it"),
    ],
)  # fmt: skip
def test_a_hint_says_what_to_try(text: str, hint: str) -> None:
    assert [fault.hint for fault in compose(text, "f.yaml").faults] == [hint]


@pytest.mark.skipif(not yamltext.FAST, reason="only libyaml stops there")
def test_a_colon_inside_brackets_may_not_stand_before_a_sign() -> None:
    expected = "1:3 HL103 a colon inside brackets stands without a space after it"
    assert faults("[a:?, b]\n") == [expected]


def test_what_the_parser_says_in_words_unknown_here_is_still_one_sentence() -> None:
    mark = yaml.Mark("f.yaml", 0, 0, 3, "", 0)
    error = yaml.MarkedYAMLError("while feeling odd", mark, "found something new", None)
    fault = explain_syntax(error, "a: b\n", "f.yaml", LastEvent("", (0, 0), (0, 0)))
    assert str(fault) == (
        "f.yaml:1:4: error HL103: this cannot be read as YAML "
        "(put a text with special characters in quotes)"
    )


def test_faults_that_do_not_stop_the_reading_are_collected_in_order() -> None:
    assert faults("a: 1\na: 2\n3: x\nb: !t x\nc:\n") == [
        "2:1 HL104 'a' stands twice here, first on line 1",
        "3:1 HL105 a key must be a text, and 3 is not one",
        "4:4 HL107 tags such as '!t' are not allowed",
        "5:1 HL203 'c' has no value",
    ]


def test_a_value_under_a_key_that_is_no_text_is_dropped_with_it() -> None:
    composed = compose("{a: 1}: [x, y]\n? *q\n: {b: 2}\nc: 3\n", "f.yaml")
    assert composed.root is not None
    assert composed.root.data == {"c": 3}
    assert id(composed.root) in composed.lossy


def test_a_value_under_a_dropped_key_needs_no_second_fault() -> None:
    assert faults("a: 1\na:\n") == ["2:1 HL104 'a' stands twice here, first on line 1"]


def test_an_anchor_names_a_value_that_an_alias_repeats() -> None:
    assert data("a: &x {b: [1, 2]}\nc: *x\nd: [*x]\ne: &y z\nf: *y\n") == {
        "a": {"b": [1, 2]}, "c": {"b": [1, 2]}, "d": [{"b": [1, 2]}], "e": "z", "f": "z",
    }  # fmt: skip


def test_an_anchor_may_be_used_again_for_another_value() -> None:
    assert data("a: &x [&x 1]\nb: *x\n") == {"a": [1], "b": 1}


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"])
def test_an_empty_text_has_no_root_and_no_fault(text: str) -> None:
    assert compose(text, "f.yaml") == Composition()


def test_the_version_of_yaml_may_stand_at_the_top() -> None:
    assert data("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_a_document_that_is_null_has_no_fault_of_its_own() -> None:
    assert compose("---\n", "f.yaml").faults == []


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_nesting_is_bounded() -> None:
    assert data(nested(DEEPEST))
    (fault,) = compose(nested(DEEPEST + 1), "f.yaml").faults
    assert (fault.code, fault.location.column) == ("HL102", DEEPEST + 1)


def test_aliases_count_in_depth() -> None:
    text = f"a: &a {nested(30)}\nb: &b [{nested(20)}, *a, *a]\nc: "
    assert data(text + "[" * 30 + "*b" + "]" * 30)
    deeper = text + "[" * 40 + "*b" + "]" * 40
    assert [fault.code for fault in compose(deeper, "f.yaml").faults] == ["HL102"]


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    (fault,) = compose("\n".join(lines), "f.yaml").faults
    assert fault.code == "HL102"
    assert "aliases counted in full" in fault.message


@pytest.mark.slow
def test_the_number_of_values_is_bounded() -> None:
    (fault,) = compose("- x\n" * (MOST_NODES + 1), "f.yaml").faults
    assert (fault.code, fault.location.line) == ("HL102", MOST_NODES)


def test_the_number_of_faults_is_bounded() -> None:
    composed = compose("- !t x\n" * (2 * MOST_FAULTS), "f.yaml")
    assert len(composed.faults) == MOST_FAULTS
    assert composed.stopped


def test_without_libyaml_a_shorter_text_is_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltext, "LONGEST_TEXT", 10)
    (fault,) = compose("a: 12345678", "f.yaml").faults
    assert (fault.code, fault.message) == (
        "HL102", "the file is too long: at most 10 characters are read",
    )  # fmt: skip


UNITS = ["[", "{a: ", "- ", "? ", ": ", "a: ", "!", "*", "&", '"', "'", "|", ">", "%", "@", "#",
         "\t", ",", "-", "?", ":", "x", "é", "[\n", "- &a x\n", "a: b\n", "---\n", '"\n', "x\n",
         " \n"]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_text_of_one_thing_repeated_ends_in_time(unit: str) -> None:
    text = unit * (500_000 // len(unit))
    started = time.process_time()
    compose(text, "f.yaml")
    assert time.process_time() - started < 5  # measured: 0.01 to 0.4 s


YAML_CHARACTERS = st.text(alphabet="ab1 \n\t:-?,[]{}&*!|>'\"%@'#~.<=0é\\", max_size=60)


@given(YAML_CHARACTERS)
def test_any_text_is_read_or_refused_in_sentences(text: str) -> None:
    text, fault = decode(text, "f.yaml")
    assert fault is None
    composed = compose(text, "f.yaml")
    lines = text.split("\n")
    for fault in composed.faults:
        assert fault.code.startswith("HL")
        assert 1 <= fault.location.line <= len(lines)
        assert 1 <= fault.location.column <= len(lines[fault.location.line - 1]) + 1
        assert "while" not in fault.message


@given(YAML_CHARACTERS)
def test_what_is_read_without_a_fault_is_what_the_library_reads(text: str) -> None:
    composed = compose(text, "f.yaml")
    if composed.faults or composed.root is None:
        return
    loader = yaml.CBaseLoader if yamltext.FAST else yaml.BaseLoader  # every scalar a text
    assert agree(composed.root.data, yaml.load(text, loader))  # noqa: S506


def agree(value: Any, texts: Any) -> bool:
    """Whether data is the same as that in which every scalar is left a text."""
    if isinstance(value, dict):
        return list(value) == list(texts) and all(agree(value[key], texts[key]) for key in value)
    if isinstance(value, list):
        return len(value) == len(texts) and all(map(agree, value, texts))
    return value == texts if isinstance(value, str) else isinstance(texts, str)


@pytest.mark.skipif(not yamltext.FAST, reason="this PyYAML came without libyaml")
@given(YAML_CHARACTERS)
def test_both_parsers_find_the_same_data(text: str) -> None:
    found = []
    for parser in (yaml.CSafeLoader, yaml.SafeLoader):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yamltext, "_PARSER", parser)
            found.append(compose(text, "f.yaml"))
    if not any(each.faults for each in found):
        one, other = (each.root.data if each.root else None for each in found)
        assert repr(one) == repr(other)


def test_a_text_at_the_bound_is_read() -> None:
    assert len(data("a: " + "x" * (LONGEST_FILE - 3))["a"]) == LONGEST_FILE - 3
