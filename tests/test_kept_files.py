"""A scenario says which files it was made of, and is loaded again from their texts alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from harness import HEAD, said, story
from heartline import ManualClock, Scenario, ScenarioError, load, loads
from heartline.loader import bundled_scenarios
from test_includes import INNER, OUTER
from test_support import DATA

WITH_SUPPORT = """
context:
  country: {type: enum, values: [any, gb, de], initial: gb, input: true}
support: {file: data/help.yaml, country: country}
states:
  here:
    choices: {look: {say: "{support}"}, end: {to: over}}
  over: {type: final, outcome: over}
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return folder


def again(scenario: Scenario) -> Scenario:
    """The scenario, loaded from its texts where there is no other file."""
    return loads(dict(scenario.files), scenario.main)


def faults(files: dict[str, str], main: str = "scenario.yaml") -> list[tuple[str, str]]:
    with pytest.raises(ScenarioError) as caught:
        loads({name: dedent(text) for name, text in files.items()}, main)
    return [(found.code, found.message) for found in caught.value.diagnostics]


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_a_bundled_scenario_is_the_same_again_from_its_texts(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load(name)
    monkeypatch.chdir(tmp_path)
    second = again(first)
    assert second.machine.fingerprint == first.machine.fingerprint
    assert (second.files, second.main) == (first.files, first.main)
    assert second.file == first.file


def test_included_files_lie_where_they_are_named(tmp_path: Path) -> None:
    deep = OUTER.replace("include: session.yaml", "include: parts/session.yaml")
    inner = INNER.replace(
        "good: {type: final", "deeper: {include: more/end.yaml, done: {over: good}}\n"
        "      good: {type: final",
    )  # fmt: skip
    end = HEAD.replace("id: story", "id: end").replace(
        "  other: {name: Kim, pronouns: she, played_by: engine}\n", ""
    ).replace("you: {name: You}", "client: {name: You}") + (
        "states: {only: {choices: {stop: {to: over}}}, over: {type: final, outcome: over}}\n"
    )
    folder = write(tmp_path, {
        "scenario.yaml": deep, "parts/session.yaml": inner, "parts/more/end.yaml": end,
        "parts/more/unused.yaml": end,
    })  # fmt: skip
    scenario = load(folder)
    assert sorted(scenario.files) == ["parts/more/end.yaml", "parts/session.yaml", "scenario.yaml"]
    assert again(scenario).machine.fingerprint == scenario.machine.fingerprint
    assert again(scenario).files == scenario.files


def test_a_file_may_be_called_as_it_likes(tmp_path: Path) -> None:
    write(tmp_path, {"talk.yaml": OUTER, "session.yaml": INNER})
    scenario = load(tmp_path / "talk.yaml")
    assert (scenario.main, sorted(scenario.files)) == ("talk.yaml", ["session.yaml", "talk.yaml"])
    assert again(scenario).machine.fingerprint == scenario.machine.fingerprint


def test_links_inside_the_folder_are_followed_and_kept_under_their_own_names(
    tmp_path: Path,
) -> None:
    outer = OUTER.replace("include: session.yaml", "include: now/session.yaml")
    folder = write(tmp_path, {"scenario.yaml": outer, "v2/session.yaml": INNER})
    (folder / "now").symlink_to("v2")
    scenario = load(folder)
    assert sorted(scenario.files) == ["now/session.yaml", "scenario.yaml"]
    assert again(scenario).machine.fingerprint == scenario.machine.fingerprint


def test_two_files_that_links_give_one_path_are_not_kept(tmp_path: Path) -> None:
    # What parts/a.yaml includes as b.yaml is the one beside the file that the link leads to.
    outer = """
        states:
          one: {include: parts/a.yaml, done: {over: two}}
          two: {include: parts/b.yaml, done: {over: end}}
          end: {type: final, outcome: end}
        """
    a = "states: {x: {include: b.yaml, done: {over: over}}, over: {type: final, outcome: over}}\n"
    b = "states: {y: {choices: {stop: {to: over}}}, over: {type: final, outcome: over}}\n"
    folder = write(tmp_path, {
        "scenario.yaml": HEAD + dedent(outer), "other/a.yaml": HEAD + a, "other/b.yaml": HEAD + b,
        "parts/b.yaml": HEAD + b.replace("stop", "rest"),
    })  # fmt: skip
    (folder / "parts" / "a.yaml").symlink_to("../other/a.yaml")
    assert load(folder).files == {}


def test_a_folder_may_stand_for_its_scenario(tmp_path: Path) -> None:
    outer = OUTER.replace("include: session.yaml", "include: session")
    folder = write(tmp_path, {"scenario.yaml": outer, "session/scenario.yaml": INNER})
    scenario = load(folder)
    assert sorted(scenario.files) == ["scenario.yaml", "session/scenario.yaml"]
    assert again(scenario).machine.fingerprint == scenario.machine.fingerprint


def test_the_scenario_of_a_folder_is_no_link_that_leaves(tmp_path: Path) -> None:
    outer = OUTER.replace("include: session.yaml", "include: session")
    folder = write(tmp_path / "in", {"scenario.yaml": outer})
    write(tmp_path, {"session.yaml": INNER})
    (folder / "session").mkdir()
    (folder / "session" / "scenario.yaml").symlink_to(tmp_path / "session.yaml")
    with pytest.raises(ScenarioError, match="is a link that leaves the scenario's folder"):
        load(folder)


def test_support_data_comes_with_it(tmp_path: Path) -> None:
    folder = write(tmp_path, {"scenario.yaml": HEAD + WITH_SUPPORT, "data/help.yaml": DATA})
    scenario = load(folder)
    assert sorted(scenario.files) == ["data/help.yaml", "scenario.yaml"]
    kept = dict(scenario.files)
    (folder / "data" / "help.yaml").unlink()
    text = said_on_looking(scenario)
    assert "999" in text
    assert said_on_looking(loads(kept)) == text
    kept["data/help.yaml"] = kept["data/help.yaml"].replace("999", "998")
    assert "998" in said_on_looking(loads(kept))


def said_on_looking(scenario: Scenario) -> str:
    conversation = scenario.start(clock=ManualClock())
    conversation.choose("look")
    return said(conversation)[0]


def test_texts_are_kept_as_they_are_read() -> None:
    text = (HEAD + "states: {here: {choices: {end: {to: here}}}}\n").replace("\n", "\r\n")
    scenario = loads("\ufeff" + text)
    assert scenario.files == {"scenario.yaml": text.replace("\r\n", "\n")}
    assert again(scenario).machine.fingerprint == scenario.machine.fingerprint


def test_nothing_but_the_texts_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"session.yaml": INNER, "in/sessions.yaml": INNER})
    monkeypatch.chdir(tmp_path / "in")
    (found,) = faults({"scenario.yaml": OUTER})
    assert found == ("HL701", "'session.yaml' is not a file that can be read")
    for path in ("../session.yaml", str(tmp_path / "session.yaml")):
        outer = OUTER.replace("include: session.yaml", f"include: {path}")
        ((code, _),) = faults({"scenario.yaml": outer})
        assert code == "HL701"
    (found,) = faults({"scenario.yaml": HEAD + WITH_SUPPORT})
    assert found == ("HL106", "'data/help.yaml' is not a file that can be read")


def test_a_missing_text_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"did you mean 'session\.yaml'\?"):
        loads({"scenario.yaml": dedent(OUTER).replace("n.yaml", ".yaml"), "session.yaml": INNER})
    with pytest.raises(ScenarioError, match=r"no file 'scenario\.yaml' \(did you mean"):
        loads({"scenarios.yaml": dedent(OUTER)})
    assert faults({}, "talk.yaml") == [("HL106", "there is no file 'talk.yaml'")]


def test_a_file_that_includes_itself_is_refused_without_a_disk_too() -> None:
    inner = INNER.replace(
        "good: {type: final", "deeper: {include: scenario.yaml}\n      good: {type: final"
    )
    codes = {code for code, _ in faults({"scenario.yaml": OUTER, "session.yaml": inner})}
    assert "HL702" in codes


def test_another_machine_of_a_scenario_is_of_the_same_files() -> None:
    scenario = story("states: {here: {choices: {end: {to: here}}}}")
    watched = scenario.with_machine(scenario.machine.watching())
    assert (watched.files, watched.main) == (scenario.files, scenario.main)


# A fingerprint names one structure of one scenario -----------------------------------------------


def test_scenarios_of_one_structure_have_fingerprints_of_their_own() -> None:
    body = "states: {here: {choices: {end: {to: here}}}}"
    one, other = story(body), story(body, HEAD.replace("id: story", "id: history"))
    assert one.machine.fingerprint != other.machine.fingerprint


def test_what_a_text_can_hold_is_in_the_fingerprint() -> None:
    body = """
        context: {nick: {type: text, initial: Jo, input: true, max_length: 20, kept_for: A name.}}
        states: {here: {choices: {end: {to: here}}}}
        """
    assert (
        story(body).machine.fingerprint
        != story(body.replace("max_length: 20", "max_length: 10")).machine.fingerprint
    )


def test_a_fingerprint_stays_the_same_for_years() -> None:
    # Conversations are stored under it: whoever changes how it is made has to say how those that
    # live go on.
    scenario = story("""
        context:
          heard: {type: int, min: 0, max: 3, initial: 1}
          open: {type: bool, initial: false}
          mood: {type: enum, values: [low, high], initial: low}
          length: {type: duration, values: [14d, 28d], initial: 14d}
          nick: {type: text, initial: Zoë 🫩, max_length: 20}
        timers: {break: length}
        guards: {settled: heard >= 2 and not open}
        states:
          home:
            tags: [calm]
            choices:
              ask: {do: heard += 1, once: true}
              go: {when: settled or count(ask) > 1, do: start(break), to: away}
            events: {ring: {do: 'mood = "high"'}}
          away:
            states:
              one: {choices: {on: {by: other, weight: 1 + heard, to: two}}}
              two: {after: {2d: {to: home}}}
              back: {type: history}
            after: {break: {to: over}}
            choices: {home: {to: home}}
          over: {type: final, outcome: over, entry: {do: stop(break)}}
        """)
    assert scenario.machine.fingerprint == "14f4f2eae1dd9846"
