"""A scenario's text becomes its authored shape, or all of its faults in sentences, in one pass."""

from __future__ import annotations

import gc
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from heartline import files, yamltext
from heartline.decoding import LONGEST_FILE
from heartline.diagnostics import Location
from heartline.loader import (
    Loaded,
    bundled_scenarios,
    find_scenario,
    load_file,
    load_include,
    load_text,
)
from tea import TEA, changed, hints, said


def test_a_valid_file_has_a_shape_and_no_diagnostics() -> None:
    loaded = load_text(TEA, "tea.yaml")
    assert loaded.diagnostics == ()
    assert loaded.file is not None
    assert loaded.file.states["kitchen"].after["brew"][0].to == "table"
    assert loaded.file.states["kitchen"].entry.say[0].speaker == "ann"
    assert loaded.text == TEA
    assert (loaded.base, loaded.path) == (None, None)
    assert str(loaded.sources.locate(("states", "kitchen"), key=True)) == "tea.yaml:18:3"


def test_bytes_and_other_line_ends_are_read_alike() -> None:
    assert load_text(TEA.encode()).file == load_text(TEA).file
    assert load_text(TEA.replace("\n", "\r\n")).file == load_text(TEA).file


@pytest.mark.parametrize("text", ["", "# only a note\n", "---\n"])
def test_an_empty_file_is_one_fault(text: str) -> None:
    assert said(load_text(text)) == ["1:1 HL202 the file is empty"]


@pytest.mark.parametrize(("text", "kind"), [("- a\n", "a list"), ("hello\n", "the text 'hello'"),
                                            ("12\n", "the number 12")])  # fmt: skip
def test_a_file_that_is_no_mapping_is_one_fault(text: str, kind: str) -> None:
    assert said(load_text(text)) == [f"1:1 HL203 the file must be a mapping of fields, not {kind}"]


def test_an_unknown_format_hides_all_else() -> None:
    loaded = load_text("heartline: 3\nscenes: {a: 1}\n")
    assert [found.code for found in loaded.diagnostics] == ["HL208"]


def test_all_faults_come_in_one_pass_by_place_with_those_of_yaml_first() -> None:
    text = TEA.replace("max: 3", "max: x").replace("One more.", "!x y").replace("once", "onec")
    assert said(load_text(text)) == [
        "21:22 HL107 tags such as '!x' are not allowed",
        "9:35 HL203 'max' must be a whole number, not the text 'x'",
        "21:44 HL201 'sweeten' has no field 'onec'",
    ]


def test_what_follows_from_a_fault_of_yaml_is_left_out() -> None:
    assert said(changed("id: tea", "id:")) == ["2:1 HL203 'id' has no value"]
    assert said(changed("id: tea", "7: tea\nid: tea")) == [
        "2:1 HL105 a key must be a text, and 7 is not one"
    ]
    assert said(changed("{ann: Tea?}", "{ann: Tea, milk}")) == ["19:30 HL203 'milk' has no value"]
    assert said(changed("{eventually: outcome(warm)}", "{eventually: }")) == [
        "29:13 HL203 'eventually' has no value"
    ]
    assert said(changed("heartline: 1", "heartline: !x 1")) == [
        "1:12 HL107 tags such as '!x' are not allowed"
    ]
    assert said(changed("[warm, cool]", "[warm, !x cool]")) == [
        "10:37 HL107 tags such as '!x' are not allowed"
    ]
    assert said(changed("[3m, 5m]", "[3m, !x [a]]")) == [
        "11:39 HL107 tags such as '!x' are not allowed"
    ]
    assert said(load_text(f"!x\n{TEA}")) == ["1:1 HL107 tags such as '!x' are not allowed"]


def test_a_missing_field_that_a_dropped_key_may_have_been_is_not_missed() -> None:
    loaded = changed("cast:\n  you: {name: You}", "cast:\n  you: {<<: {name: You}}")
    assert [found.code for found in loaded.diagnostics] == ["HL107"]


def test_what_is_sound_is_saved_so_that_its_other_faults_can_be_found() -> None:
    loaded = changed("once: true", "onec: true")
    assert loaded.file is not None
    assert not loaded.file.states["kitchen"].choices["sweeten"].once
    loaded = changed("do: sugar += 1", "do: [5, 6]")
    assert loaded.file is not None
    assert loaded.file.states["kitchen"].choices["sweeten"].do == ()
    loaded = changed("One more.", "!x y")
    assert loaded.file is not None
    assert loaded.file.states["kitchen"].choices["sweeten"].say == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  table:", "  Table:"),  # a state that others lead to
        ("sweet: sugar >= 1", "sweet: [1]"),  # a guard that others use
        ("outcome: warm}\nprop", "outcome: Warm}\nprop"),
        ("choices:\n      leave", "choise:\n      leave"),  # whole choices under a wrong name
        ("id: tea", "id: Tea"),
        ("title: A cup of tea", "tittle: A cup of tea"),
        ("type: int", "type: integer"),
        ("sweet: sugar >= 1", "sweet: !x y"),
    ],
)
def test_nothing_is_saved_where_the_rest_may_lean_on_what_is_lost(old: str, new: str) -> None:
    loaded = changed(old, new)
    assert loaded.file is None
    assert len(loaded.diagnostics) == 1


def test_a_list_of_faults_has_an_end() -> None:
    choices = "\n".join(f"      c{i}: {{too: gone}}" for i in range(1500))
    loaded = changed("    choices:\n      leave", f"    choices:\n{choices}\n      leave")
    assert len(loaded.diagnostics) == 200
    assert loaded.file is None


# --- files -----------------------------------------------------------------------------------


def test_a_file_is_read_by_its_path_and_a_folder_by_its_scenario(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(TEA)
    for path in (tmp_path, tmp_path / "scenario.yaml"):
        loaded = load_file(path)
        assert loaded.file is not None
        assert loaded.sources.name == str(tmp_path / "scenario.yaml")
        assert loaded.base == tmp_path.resolve()
        assert loaded.path == (tmp_path / "scenario.yaml").resolve()
    assert load_file(tmp_path, "tea").sources.name == "tea"


def test_a_file_that_cannot_be_read_is_a_diagnostic(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.yaml"
    assert said(load_file(missing)) == [f"1:1 HL106 there is no file {str(missing)!r}"]
    assert said(load_file(tmp_path)) == [
        f"1:1 HL106 there is no file {str(tmp_path / 'scenario.yaml')!r}"
    ]
    (code,) = [found.code for found in load_file(Path("a\0b")).diagnostics]
    assert code == "HL106"
    (code,) = [found.code for found in load_file(Path("x" * 5000)).diagnostics]
    assert code == "HL106"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (code,) = [found.code for found in load_file(tmp_path / "loop").diagnostics]
    assert code == "HL106"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names need a POSIX system")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe = str(tmp_path / "pipe")
    assert said(load_file(tmp_path / "pipe")) == [f"1:1 HL106 {pipe!r} is not a file"]


def test_a_name_that_is_near_a_bundled_scenario_gets_it_as_a_hint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hints(load_file(Path("reconcilation"))) == ["did you mean 'reconciliation'?"]
    (hint,) = hints(load_file(Path("zzz")))
    assert hint is not None
    assert "reconciliation" in hint
    monkeypatch.setattr(files, "bundled_scenarios", dict)
    assert hints(load_file(Path("zzz"))) == [None]


def test_bundled_scenarios_are_found_by_name_unless_a_path_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_scenario("reconciliation") == bundled_scenarios()["reconciliation"]
    assert find_scenario("nothing_such") == Path("nothing_such")
    (tmp_path / "reconciliation").mkdir()
    assert find_scenario("reconciliation") == bundled_scenarios()["reconciliation"]
    (tmp_path / "reconciliation" / "scenario.yaml").write_text(TEA)
    assert find_scenario("reconciliation") == Path("reconciliation")
    assert find_scenario(tmp_path) == tmp_path


def test_in_a_wheel_the_scenarios_lie_in_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "site" / "heartline"
    (package / "_scenarios" / "tea").mkdir(parents=True)
    (package / "_scenarios" / "tea" / "scenario.yaml").write_text(TEA)
    monkeypatch.setattr(files, "__file__", str(package / "files.py"))
    assert bundled_scenarios() == {"tea": package / "_scenarios" / "tea"}
    shutil.rmtree(package / "_scenarios")
    assert bundled_scenarios() == {}


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_each_bundled_scenario_loads_without_a_fault(name: str) -> None:
    assert load_file(find_scenario(name)).diagnostics == ()


# --- files that a scenario names -------------------------------------------------------------


@pytest.fixture
def outer(tmp_path: Path) -> Loaded:
    folder = tmp_path / "scene"
    (folder / "parts").mkdir(parents=True)
    (folder / "scenario.yaml").write_text(TEA)
    (folder / "parts" / "inner.yaml").write_text(TEA.replace("once", "onec"))
    (tmp_path / "secret.yaml").write_text(TEA)
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    return load_file(folder, "scene/scenario.yaml")


def test_an_included_file_is_read_with_its_own_places(outer: Loaded) -> None:
    inner = load_include(outer, "parts/inner.yaml")
    assert [str(found.location) for found in inner.diagnostics] == ["scene/parts/inner.yaml:21:49"]
    assert outer.base is not None
    assert inner.base == outer.base / "parts"
    assert said(load_include(inner, "inner.yaml")) == said(inner)


@pytest.mark.parametrize(
    ("relative", "sentence"),
    [
        ("../secret.yaml", "leaves the scenario's folder"),
        ("parts/../../secret.yaml", "leaves the scenario's folder"),
        ("/etc/passwd", "leaves the scenario's folder"),
        ("C:/secret.yaml", "leaves the scenario's folder"),
        ("parts\\inner.yaml", "leaves the scenario's folder"),
        ("//server/share.yaml", "leaves the scenario's folder"),
        ("link.yaml", "is a link that leaves the scenario's folder"),
        ("nowhere.yaml", "is not a file that can be read"),
        ("parts", "is not a file that can be read"),
        ("a\0b", "is not the path of a file"),
    ],
)
def test_a_path_that_leaves_the_folder_or_leads_nowhere_is_refused(
    outer: Loaded, relative: str, sentence: str
) -> None:
    inner = load_include(outer, relative, Location("scene/scenario.yaml", 7, 3))
    (found,) = inner.diagnostics
    assert (found.code, found.location.line) == ("HL701", 7)
    assert sentence in found.message


@pytest.mark.parametrize(
    ("relative", "hint"),
    [
        ("parts/iner.yaml", "did you mean 'inner.yaml'?"),
        ("scenarios.yaml", "did you mean 'scenario.yaml'?"),
        ("nothing_like_it", None),
        ("no_folder/inner.yaml", None),
        ("../secrets.yaml", None),
    ],
)
def test_a_missing_included_file_names_the_nearest_in_its_folder(
    outer: Loaded, relative: str, hint: str | None
) -> None:
    assert hints(load_include(outer, relative)) == [hint]


def test_a_scenario_from_a_text_has_no_folder() -> None:
    (found,) = load_include(load_text(TEA), "inner.yaml").diagnostics
    assert "there is no folder" in found.message
    assert found.location == Location("scenario.yaml", 1, 1)


# --- bounds ----------------------------------------------------------------------------------


HEAD = "heartline: 1\nid: a\nversion: 1.0.0\ntitle: x\ncast: {you: {name: Y}}\nstates:\n"


def big(states: int) -> str:
    """A valid scenario of many states."""
    parts = [HEAD]
    parts += [
        f"  s{i}:\n    entry: {{say: ['This is the place number {i}.']}}\n    choices:\n"
        f"      on_{i}: {{say: Let us go on to the next., do: [], to: s{(i + 1) % states}}}\n"
        f"      back_{i}: {{say: Let us stay here a little., to: s{i}}}\n"
        f"      leave_{i}: {{say: I have to go., when: true, to: the_end}}\n"
        for i in range(states)
    ]
    return "".join(parts) + "  the_end: {type: final, outcome: done}\n"


def seconds(text: str | bytes) -> float:
    started = time.process_time()
    load_text(text)
    return time.process_time() - started


@pytest.mark.slow
@pytest.mark.timed
def test_ten_thousand_states_load_in_a_few_times_what_their_text_takes_to_parse() -> None:
    text = big(10_000)
    assert load_text(text).diagnostics == ()
    started = time.process_time()
    parsed = sum(1 for _ in yaml.parse(text, yamltext._PARSER))
    parsing = time.process_time() - started
    assert parsed > 200_000
    assert min(seconds(text) for _ in range(2)) < 6 * parsing  # measured: 3


def test_loading_is_linear() -> None:
    small, large = (min(seconds(big(n)) for _ in range(3)) for n in (300, 1_200))
    assert large < 4 * 2 * small


HOSTILE: dict[str, Any] = {
    "a long file": "# x\n" * 2_500_000,
    "a long file of bytes": b"\x80" * 10_000_000,
    "many states": big(3000) * 8,
    "binary": bytes(range(256)) * 40_000,
    "utf-16": big(3000).encode("utf-16"),
    "zeros": b"\0" * 10_000_000,
    "nested": "[" * 10_000_000,
    "a huge number": "heartline: " + "9" * 3_900_000,
    "a huge exponent": "heartline: 1e999999999",
    "a huge text": "heartline: 1\ntitle: '" + "x" * 3_900_000 + "'",
    "a huge key": '? "' + "x" * 3_900_000 + '"\n: 1',
    "colons": ":" * 3_900_000,
    "documents": "---\n" * 900_000,
    "unknown fields": HEAD + "".join(f" f{i}: 1\n" for i in range(40_000)),
    "states that are none": HEAD + "".join(f" s{i}: x\n" for i in range(40_000)),
    "aliases of states": HEAD + " a: &a {entry: {say: [x, y, z]}}\n" + "".join(
        f" b{i}: *a\n" for i in range(60_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_in_time(name: str) -> None:
    started = time.process_time()
    loaded = load_text(HOSTILE[name])
    assert time.process_time() - started < 5  # measured: below 0.1 s, with many faults 0.7 s
    assert loaded.file is None
    assert 1 <= len(loaded.diagnostics) <= 200


def test_the_collector_of_cycles_works_again_after_loading() -> None:
    load_text(TEA)
    assert gc.isenabled()
    gc.disable()
    try:
        load_text(TEA)
        assert not gc.isenabled()
    finally:
        gc.enable()


# --- anything at all --------------------------------------------------------------------------

LIBRARY_WORDS = re.compile(
    "pydantic|validation error|Input should|Value error|NoneType|dict_|tuple|ScenarioFile|"
    "Extra inputs|yaml|while parsing|while scanning|Traceback",
)


def check(loaded: Loaded, lines: list[str]) -> None:
    """What holds for whatever was loaded."""
    for found in loaded.diagnostics:
        assert re.fullmatch(r"HL[128]\d\d|HL510", found.code)
        assert found.message
        assert not LIBRARY_WORDS.search(found.message + (found.hint or ""))
        assert 1 <= found.location.line <= len(lines)
        assert 1 <= found.location.column <= len(lines[found.location.line - 1]) + 1
    assert loaded.file is not None or loaded.diagnostics


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_sentences(content: bytes) -> None:
    text = content.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    check(load_text(content), text.split("\n"))


PIECES = ["[", "]", "{", "}", ":", ": ", "\n", "\n  ", "- ", '"', "'", "&a ", "*a", "!t ", "#", "|",
          ">", "%", "~", "1", "-1", "1e9", "0x1", "true", "when", "to", "x", "14d", "\t", "é",
          "a: b\n", "{a: [b]}", "null", "type: final", "include: x", "states: {}", "type: history",
          "[[], {}]", "1.0.0", "x" * 70]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(0, len(TEA)), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_any_change_of_a_valid_file_is_read_or_refused_in_sentences(
    changes: list[tuple[int, int, str]],
) -> None:
    text = TEA
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    check(load_text(text), text.split("\n"))


VALUES = st.recursive(
    st.sampled_from(["x", "talk", "14d", "1", "true", "1.5", "''", "[]", "{}", "final", "history"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["when", "to", "say", "do", "you", "type", "x", "name"]),
                        inner, max_size=3).map(
            lambda fields: "{" + ", ".join(f"{k}: {v}" for k, v in fields.items()) + "}"),
    ),
    max_leaves=6,
)  # fmt: skip


@given(
    field=st.sampled_from(re.findall(r"(?<=[ {])(\w+): (?=[^\n{\[]+?[,}\n])", TEA)), value=VALUES
)
def test_any_value_in_any_field_is_read_or_refused_in_sentences(field: str, value: str) -> None:
    text = re.sub(rf"(?<=[ {{]){field}: [^,}}\n]*", lambda _: f"{field}: {value}", TEA, count=1)
    check(load_text(text), text.split("\n"))


def test_the_longest_file_is_a_bound_in_characters() -> None:
    assert [found.code for found in load_text("#" * (LONGEST_FILE + 1)).diagnostics] == ["HL102"]
