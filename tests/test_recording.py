"""Tests out of plays: what was played passes as a test at once, and a test can be played again."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline import ManualClock, Scenario, load
from heartline.cli import run
from heartline.clock import STORY_START
from heartline.errors import HeartlineError
from heartline.frontends.terminal.output import Output, RecordWanted, Sentence, TurnShown
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.recorder import Recorder
from heartline.frontends.terminal.replay import Replay
from heartline.frontends.terminal.saving import read_save, write_save
from heartline.frontends.terminal.session import Session
from heartline.loader import bundled_scenarios
from heartline.moves import Move, play_move
from heartline.testing.case import PASSED
from heartline.testing.files.loading import load_tests
from heartline.testing.making.adding import add_test
from heartline.testing.making.recording import NotRecorded, Played, name_for, record
from heartline.testing.runs.running import run_case

STORY = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast:
  you: {name: You}
  partner: {name: Kim, played_by: engine}
  aunt: {name: Ada, played_by: engine}
context:
  calm: {type: bool, initial: true, input: true}
  length: {type: duration, values: [14d, 28d], initial: 28d, input: true}
  nick: {type: text, initial: Friend, max_length: 20, input: true, kept_for: To call you.}
timers:
  break: {length: length}
states:
  talk:
    entry:
      say:
        - {partner: [Hm., Well., So.]}
        - {partner: I would rather not., only_to: partner}
    choices:
      ask: {say: "Why, {nick}?", to: answer}
      part: {say: Four weeks then., do: start(break), to: apart}
      price: {say: $nick}
    events: {called: {say: The phone rings.}}
  answer:
    choices:
      kindly: {by: partner, say: I was lonely., to: talk}
      coldly: {by: partner, say: No reason., to: talk}
      sadly: {by: partner, say: It is late., to: second}
  second:
    choices:
      sigh: {by: aunt, say: Oh dear., to: talk}
      nod: {by: aunt, say: So it is., to: talk}
  apart:
    after:
      break: {say: It is over., to: late}
      3d: {say: The third day.}
    choices:
      write: {say: "It is {today}.", do: stop(break), to: talk}
  late: {type: final, outcome: gone}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scenario.yaml").write_text(STORY)
    return tmp_path


@pytest.fixture
def story(folder: Path) -> Scenario:
    return load(folder)


def played(*moves: Move, start: datetime = STORY_START, **others: Any) -> Played:
    return Played(others.pop("seed", 0), start, others.pop("inputs", {}), moves=moves, **others)


def choose(choice: str, role: str = "you", draws: Sequence[str] = ()) -> Move:
    return {"choose": choice, "role": role, "draws": list(draws)}


def wait(days: float, typed: str = ":wait 1d") -> Move:
    return {"wait": days * 86_400, "typed": typed}


def acts(test: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps without their expectations."""
    return [{key: step[key] for key in step if key != "expect"} for step in test["steps"]]


def last(test: dict[str, Any]) -> dict[str, Any]:
    expected: dict[str, Any] = test["steps"][-1]["expect"]
    return {key: value for key, value in expected.items() if value is not None}


def statuses(path: Path, seed: int | None = None) -> list[str]:
    """How the tests of a file fare."""
    loaded = load_tests(path)
    assert not loaded.diagnostics, loaded.diagnostics
    assert loaded.scenario is not None
    results = [run_case(loaded.scenario, case, seed=seed) for case in loaded.cases]
    assert all(result.status == PASSED for result in results), [
        (result.id, result.failure) for result in results if result.status != PASSED
    ]
    return [result.status for result in results]


def at_random(scenario: Scenario, number: int) -> Played:
    """Somebody who plays at random, sometimes in the engine's seats too."""
    chance = Random(number)
    roles = scenario.machine.roles
    seats = tuple(role for role in roles if roles[role].engine and chance.random() < number % 3 / 3)
    clock = ManualClock(datetime(2026, 3, 1, 10, tzinfo=UTC))
    conversation = scenario.start(seed=number, clock=clock, seats=seats)
    moves: list[Move] = []
    for _ in range(chance.randint(1, 30)):
        now, turn = clock.now(), conversation.turn
        open_ = [choice for choice in turn.choices if choice.enabled]
        move: Move = wait(chance.choice((0.5, 1, 4)))
        if turn.deadlines and chance.random() < 0.2:
            until = turn.deadlines[0].due - now
            move = wait(until / timedelta(days=1), ":wait")
        elif open_ and chance.random() < 0.8:
            choice = chance.choice(open_)
            move = choose(choice.id, choice.role)
        try:
            play_move(conversation, move)
        except HeartlineError:
            continue
        moves.append(move)
    return Played(number, datetime(2026, 3, 1, 10, tzinfo=UTC), {}, seats, (), moves)


class TestWhatIsRecorded:
    @pytest.mark.parametrize("name", sorted(bundled_scenarios()))
    def test_whatever_is_played_passes_as_a_test_at_once(self, name: str, tmp_path: Path) -> None:
        folder = tmp_path / name
        copytree(bundled_scenarios()[name], folder)
        scenario = load(folder)
        file = folder / "random.test.yaml"
        for number in range(12):
            way = at_random(scenario, number)
            test = record(scenario, way)
            add_test(file, name_for(test), test, scenario=folder / "scenario.yaml")
        assert len(statuses(file)) == 12
        assert max(map(len, file.read_text().splitlines())) <= 100
        for case in load_tests(file).cases:  # and the player's replay comes by the same way
            replay = Replay(case)
            session = Session.begin(scenario, replay.beginning)
            acted = [output for act in replay.play(session) for output in act.outputs]
            assert not [each for each in sentences(acted) if each[0] == "refused"]
            expected = replay.steps[-1].expect
            assert expected is not None
            assert (session.turn.state, session.turn.outcome) == (expected.state, expected.outcome)

    def test_each_turn_with_its_state_its_lines_its_choices_and_its_timers(
        self, story: Scenario
    ) -> None:
        test = record(story, played(choose("part")))
        assert last(test) == {
            "state": "apart",
            "lines": [{"speaker": "you", "exact": "Four weeks then."}],
            "only_offered": ["write"],
            "timers": {"apart.3d": "3d", "break": "28d"},
        }

    def test_a_delay_of_a_state_so_that_another_one_is_noticed(
        self, story: Scenario, tmp_path: Path
    ) -> None:
        (tmp_path / "scenario.yaml").write_text(STORY, "utf-8")
        file = tmp_path / "tests.yaml"
        test = record(story, played(choose("part"), wait(3, ":wait")))
        add_test(file, "part", test, scenario=tmp_path / "scenario.yaml")
        assert statuses(file) == ["passed"]
        later = STORY.replace("3d: {say", "4d: {say")
        (tmp_path / "scenario.yaml").write_text(later, "utf-8")
        assert "HL304" in [found.code for found in load_tests(file).diagnostics]

    def test_the_end_has_its_outcome(self, story: Scenario) -> None:
        test = record(story, played(choose("part"), wait(28)))
        assert last(test)["outcome"] == "gone"
        assert name_for(test) == "played_to_gone"

    def test_where_nothing_can_be_chosen_that_is_expected(self, folder: Path) -> None:
        (folder / "scenario.yaml").write_text(STORY.replace("write: {", "write: {when: calm, "))
        scenario = load(folder)
        test = record(scenario, played(choose("part"), wait(1), inputs={"calm": False}))
        assert test["steps"][0]["expect"]["only_offered"] == []
        add_test(folder / "tests.yaml", "one", test, scenario=folder / "scenario.yaml")
        statuses(folder / "tests.yaml")

    def test_where_the_last_timer_has_ended_that_is_expected(self, story: Scenario) -> None:
        test = record(story, played(choose("part"), choose("write"), choose("price")))
        assert [step["expect"].get("running") for step in test["steps"]] == [None, [], None]

    def test_what_was_said_to_somebody_else_alone_is_left_out(self, story: Scenario) -> None:
        heard = record(story, played(choose("price")))["expect"]["lines"]
        assert [line["speaker"] for line in heard] == ["partner"]
        both = record(story, played(choose("price"), seats=("partner",)))["expect"]["lines"]
        assert [line["exact"] for line in both][1:] == ["I would rather not."]

    def test_what_the_engine_drew_is_said_so_that_no_seed_decides_it(
        self, story: Scenario, folder: Path
    ) -> None:
        asked = [choose("ask")] * 8
        test = record(story, played(*asked, seed=3))
        drawn = {tuple(step["draw"]) for step in test["steps"]}
        assert {len(draws) for draws in drawn} == {1, 2}
        for step in test["steps"]:  # which of three words is said does depend on the seed
            step["expect"]["lines"] = step["expect"]["lines"][:-1]
        test["expect"]["lines"] = None
        add_test(folder / "tests.yaml", "one", test, scenario=folder / "scenario.yaml")
        for seed in range(5):
            statuses(folder / "tests.yaml", seed)

    def test_a_line_that_looks_like_a_column_of_a_table_is_none(
        self, story: Scenario, folder: Path
    ) -> None:
        test = record(story, played(choose("price")))
        add_test(folder / "tests.yaml", "one", test, scenario=folder / "scenario.yaml")
        statuses(folder / "tests.yaml")

    def test_an_event_is_sent(self, story: Scenario) -> None:
        assert acts(record(story, played({"event": "called"}))) == [{"send": "called"}]

    def test_whose_choice_it_is_is_said_where_a_person_took_the_engines_seat(
        self, story: Scenario
    ) -> None:
        way = played(choose("ask"), choose("coldly", "partner"), seats=("partner",))
        assert acts(record(story, way)) == [
            {"choose": "ask"},
            {"choose": "coldly", "as": "partner"},
        ]

    def test_what_cannot_be_played_any_more_is_refused(self, story: Scenario) -> None:
        with pytest.raises(NotRecorded, match="the way ends at turn 2: There is no choice 'sing'"):
            record(story, played(choose("price"), choose("sing")))
        with pytest.raises(NotRecorded, match="cannot begin so"):
            record(story, played(choose("price"), inputs={"mood": "high"}))


class TestWaits:
    def test_a_quiet_wait_is_joined_to_the_wait_that_follows(self, story: Scenario) -> None:
        way = played(choose("part"), wait(1), wait(1), wait(1), wait(25), choose("write"))
        with pytest.raises(NotRecorded):  # it is over by then
            record(story, way)
        test = record(story, played(choose("part"), wait(1), wait(1.5), wait(1)))
        assert acts(test)[1:] == [{"wait": "3d12h"}]
        assert last(test)["lines"] == [{"speaker": "narrator", "exact": "The third day."}]
        assert last(test)["timers"] == {"break": "24d12h"}

    def test_one_before_a_choice_stays(self, story: Scenario) -> None:
        test = record(story, played(choose("part"), wait(1), wait(1), choose("write")))
        assert acts(test)[1:] == [{"wait": "2d"}, {"choose": "write"}]
        assert test["steps"][1]["expect"] == {"state": "apart"}

    def test_one_without_a_length_is_until_what_runs_out(self, story: Scenario) -> None:
        test = record(story, played(choose("part"), wait(3, ":wait"), wait(25, ":wait")))
        assert acts(test)[1:] == [{"wait_until": "apart.3d"}, {"wait_until": "break"}]
        exact = record(story, played(choose("part"), wait(3), wait(25, ":wait 25d")))
        assert acts(exact)[-1] == {"wait": "25d"}


class TestTheBeginning:
    EARLY = datetime(2027, 6, 1, 8, tzinfo=UTC)

    def test_the_moment_is_left_out_where_nothing_depends_on_it(self, story: Scenario) -> None:
        assert "start" not in record(story, played(choose("price"), start=self.EARLY))

    def test_the_moment_is_kept_where_a_date_is_said(self, story: Scenario) -> None:
        way = played(choose("part"), choose("write"), start=self.EARLY)
        assert record(story, way)["start"] == self.EARLY

    @pytest.mark.parametrize("seed", [-3, 2**63, 2**64 - 1, 10**30])
    def test_any_seed_can_be_written(self, story: Scenario, folder: Path, seed: int) -> None:
        start = datetime(2027, 6, 1, 8, 0, 0, 500_000, UTC)
        way = played(*[choose("ask")] * 4, choose("part"), choose("write"), seed=seed, start=start)
        test = record(story, way)
        add_test(folder / "tests.yaml", "one", test, scenario=folder / "scenario.yaml")
        statuses(folder / "tests.yaml")

    def test_inputs_are_written_as_what_they_are(self, story: Scenario) -> None:
        given = {"calm": "no", "length": "14d", "nick": "  Jo  "}
        test = record(story, played(choose("ask"), inputs=given))
        assert test["inputs"] == {"calm": False, "length": "14d", "nick": "Jo"}

    def test_inputs_that_change_nothing_are_left_out(self, story: Scenario) -> None:
        assert "inputs" not in record(story, played(choose("ask"), inputs={"nick": "Friend"}))

    def test_what_the_file_starts_with_does_not_change_the_test(
        self, story: Scenario, folder: Path
    ) -> None:
        file = folder / "tests.yaml"
        file.write_text(
            "heartline_tests: 1\n"
            "defaults: {seed: 9, start: 2030-01-01T00:00:00Z, inputs: {nick: Bo}, seats: partner}\n"
        )
        way = played(choose("ask"), choose("part"), choose("write"))
        add_test(
            file, "one", lambda defaults: record(story, way, defaults=defaults),
            scenario=folder / "scenario.yaml",
        )  # fmt: skip
        statuses(file)


def begin(scenario: Scenario, seed: int = 1, **others: Any) -> Session:
    return Session.begin(scenario, Beginning(seed, STORY_START.isoformat(), **others))


def shown(outputs: list[Output]) -> TurnShown:
    return next(output for output in outputs if isinstance(output, TurnShown))


def texts(outputs: list[Output]) -> list[str]:
    return [line.text for line in shown(outputs).turn.lines]


def sentences(outputs: list[Output]) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in outputs if isinstance(each, Sentence)]


class TestDraw:
    @pytest.mark.parametrize(
        ("choice", "said"), [("kindly", "I was lonely."), ("coldly", "No reason.")]
    )
    def test_what_is_said_is_drawn(self, story: Scenario, choice: str, said: str) -> None:
        for seed in range(4):
            session = begin(story, seed)
            session.feed(f":draw {choice}")
            assert said in texts(session.feed("ask"))

    def test_several_are_drawn_in_their_order(self, story: Scenario) -> None:
        session = begin(story)
        session.feed(":draw sadly, nod")
        assert texts(session.feed("ask"))[1:3] == ["It is late.", "So it is."]

    def test_it_holds_for_one_step(self, story: Scenario) -> None:
        def second(line: str) -> list[str]:
            session = begin(story, 5)
            session.feed(line)
            session.feed("ask")
            session.feed(":undo")
            return texts(session.feed("ask"))

        assert second(":draw kindly") == second(":draw coldly") == second(":draw")

    def test_what_cannot_be_drawn_is_refused_and_changes_nothing(self, story: Scenario) -> None:
        session = begin(story)
        ((kind, sentence),) = sentences(session.feed(":draw kindy"))
        assert kind == "refused"
        assert "did you mean 'kindly'" in sentence
        session.feed(":draw nod")
        before = session.saved()
        ((kind, sentence),) = sentences(session.feed("ask"))
        assert (kind, session.saved()) == ("refused", before)
        assert "'nod' cannot be drawn in 'answer'; what can be drawn there is" in sentence
        assert sentences(session.feed(":draw"))[0] == ("note", "Forgotten: the seed decides again.")
        assert not sentences(session.feed("ask"))

    def test_a_seat_that_a_person_took_is_not_drawn_for(self, story: Scenario) -> None:
        session = begin(story, persons=("partner",))
        assert sentences(session.feed(":draw kindly"))[0][0] == "refused"

    def test_a_quiet_wait_draws_nothing_and_forgets_nothing(self, story: Scenario) -> None:
        session = begin(story)
        session.feed(":draw coldly")
        assert not sentences(session.feed(":wait 1d"))
        assert "No reason." in texts(session.feed("ask"))

    def test_it_is_kept_in_the_way_and_in_what_is_saved(
        self, story: Scenario, tmp_path: Path
    ) -> None:
        for seed in range(4):
            session = begin(story, seed)
            session.feed(":draw sadly nod")
            session.feed("ask")
            session.feed(":draw coldly")
            assert session.record.way[0]["draws"] == ["sadly", "nod"]
            write_save(tmp_path / f"{seed}.json", session.saved())
            again = Session.resume(story, read_save(tmp_path / f"{seed}.json"))
            assert "No reason." in texts(again.feed("ask"))
            again.feed(":undo")
            assert texts(again.feed(":undo"))  # the first turn: the whole way was played again


LINES = st.sampled_from(
    [
        *("ask", "price", "part", "write", "kindly", "coldly", "sigh", ":undo", ":event called"),
        *(":draw kindly", ":draw sadly nod", ":draw sadly sigh", ":draw"),
        *(":wait", ":wait 1d", ":wait 2d12h"),
    ]
)


@given(
    lines=st.lists(LINES, max_size=25),
    seed=st.integers(0, 99),
    persons=st.sampled_from([(), ("partner",), ("aunt", "partner")]),
)
def test_whatever_is_typed_can_be_recorded_and_passes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], seed: int, persons: tuple[str, ...]
) -> None:
    folder = tmp_path_factory.mktemp("talk")
    (folder / "scenario.yaml").write_text(STORY)
    session = Session.begin(
        load(folder), Beginning(seed, STORY_START.isoformat(), (), persons), path=str(folder)
    )
    for line in lines:
        session.feed(line)
    recorder = Recorder(str(folder), session.path)
    recorder.write(session)
    case = load_tests(folder).cases[0]
    assert statuses(recorder.path) == [PASSED]
    assert run_case(session.scenario, case, stored=False).turns >= session.turn.number - 1


class Commands:
    """`heartline play` in the folder of the story."""

    @pytest.fixture(autouse=True)
    def here(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))

    def play(
        self, monkeypatch: pytest.MonkeyPatch, lines: str, *options: str, code: int = 0
    ) -> None:
        stdin = io.TextIOWrapper(io.BytesIO(lines.encode()))
        monkeypatch.setattr("sys.stdin", stdin)
        assert run(["play", *options]) == code


class TestTheCommand(Commands):
    def test_record_asks_for_a_file_and_touches_none(self, story: Scenario) -> None:
        session = begin(story)
        assert sentences(session.feed(":record a.test.yaml"))[0][0] == "refused"
        session.feed("price")
        assert RecordWanted("a.test.yaml") in session.feed(":record a.test.yaml")
        assert sentences(session.feed(":record"))[0][0] == "refused"

    def test_a_play_is_recorded_when_its_player_leaves(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = "ask\n:undo\nprice\n:draw coldly\nask\npart\n:wait 1d\n:wait 27d\n"
        self.play(monkeypatch, lines, ".", "--record", "tests.yaml::the_way", "--set", "nick=Jo")
        told = " ".join(capsys.readouterr().err.split())
        assert "Recorded as the test the_way in tests.yaml." in told
        assert "heartline test tests.yaml::the_way" in told
        loaded = load_tests(Path("tests.yaml"))
        assert [step.step.choose or step.step.wait for step in loaded.cases[0].steps] == [
            "price", "ask", "part", "28d",
        ]  # fmt: skip
        assert loaded.cases[0].steps[1].step.draw == ("coldly",)
        assert run(["test", "tests.yaml"]) == 0

    def test_each_record_is_one_more_test(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.play(monkeypatch, "price\n:record .\nask\n:record tests.yaml\n:record .\n", ".")
        tests = load_tests(Path("tests.yaml"))
        assert [case.name for case in tests.cases] == [
            "played_to_talk", "played_to_talk_2", "played_to_talk_3",
        ]  # fmt: skip
        assert len(statuses(Path("tests.yaml"))) == 3

    def test_a_file_that_cannot_be_one_is_refused_before_anything_is_played(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("diary.test.yaml").write_text("Dear diary\n")
        for name in ("notes.yaml", "diary.test.yaml", "none/tests.yaml", "tests.yaml::A b"):
            self.play(monkeypatch, "price\n", ".", "--record", name, code=2)
            shown, told = capsys.readouterr()
            assert not shown
            assert "Traceback" not in told
        assert Path("diary.test.yaml").read_text() == "Dear diary\n"

    def test_it_is_recorded_on_the_file_as_it_is_now(self, story: Scenario, folder: Path) -> None:
        session = Session.begin(story, Beginning(1, STORY_START.isoformat()), path=str(folder))
        session.feed("ask")
        session.feed("part")
        (folder / "scenario.yaml").write_text(STORY.replace("Four weeks then.", "A month then."))
        Recorder("tests.yaml", session.path).write(session)
        assert "A month then." in Path("tests.yaml").read_text()
        statuses(Path("tests.yaml"))
        (folder / "scenario.yaml").write_text(STORY.replace(" part:", " leave:"))
        with pytest.raises(NotRecorded, match="There is no choice 'part'"):
            Recorder("tests.yaml", session.path).write(session)

    def test_a_file_that_has_faults_just_now_is_not_looked_at(
        self, story: Scenario, folder: Path
    ) -> None:
        session = Session.begin(story, Beginning(1, STORY_START.isoformat()), path=str(folder))
        session.feed("part")
        (folder / "scenario.yaml").write_text(STORY + "stat\n")
        Recorder("tests.yaml", session.path).write(session)
        (folder / "scenario.yaml").write_text(STORY)
        statuses(Path("tests.yaml"))

    def test_in_the_session_that_is_a_refusal(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("way.txt").write_text("price\n:record scenario.yaml\nask\n")
        self.play(monkeypatch, "", ".", "--script", "way.txt", code=1)
        assert "The script stops at line 2" in " ".join(capsys.readouterr().err.split())
        assert Path("scenario.yaml").read_text() == STORY

    def test_a_script_that_is_stopped_is_recorded_as_far_as_it_came(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("way.txt").write_text("price\nsing\nask\n")
        options = (".", "--script", "way.txt", "--record", "tests.yaml")
        self.play(monkeypatch, "", *options, code=1)
        assert len(load_tests(Path("tests.yaml")).cases[0].steps) == 1

    def test_what_cannot_be_written_at_the_end_is_said_and_the_code_is_not_zero(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = "price\n:save tests.yaml\n"
        self.play(monkeypatch, lines, ".", "--record", "tests.yaml", code=1)
        told = " ".join(capsys.readouterr().err.split())
        assert "No test was recorded. tests.yaml exists and is not a test file" in told
        assert read_save(Path("tests.yaml")).scenario == "talk"

    def test_nothing_done_is_no_test(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.play(monkeypatch, ":quit\n", ".", "--record", "tests.yaml")
        assert "no test was recorded" in capsys.readouterr().err
        assert not Path("tests.yaml").exists()

    def test_programs_are_told_in_objects(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = ":draw coldly\nask\n:record a.test.yaml\n:record b.yaml\n"
        self.play(monkeypatch, lines, ".", "--json", "--record", "tests.yaml")
        objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        kinds = [(each["type"], each.get("code")) for each in objects]
        assert kinds == [
            ("began", None), ("turn", None), ("note", "draws"), ("turn", None),
            ("recorded", None), ("refused", "not_recorded"), ("recorded", None), ("left", None),
        ]  # fmt: skip
        assert objects[4]["file"] == "a.test.yaml"
        assert objects[6]["test"] == "played_to_talk"


TESTS = """\
heartline_tests: 1
tests:
  asked:
    seed: 4
    inputs: {nick: Jo, calm: false}
    steps:
      - {choose: ask, draw: [sadly, nod]}
      - {choose: sing, expect: {error: unknown_choice}}
      - {choose: price, turn: 1, expect: {error: stale_turn}}
      - {send: called, expect: {state: talk}}
  apart:
    after: asked
    cases: {early: {wait: 1d}, late: {wait: 3d}}
    steps:
      - choose: part
      - wait: $wait
      - wait_until: break
      - undo: 1
      - resume: true
      - expect: {state: apart}
"""


class TestReplay(Commands):
    @pytest.fixture(autouse=True)
    def tests(self, here: None) -> None:
        Path("tests.yaml").write_text(TESTS)

    def objects(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        lines: str,
        *options: str,
    ) -> list[dict[str, Any]]:
        self.play(monkeypatch, lines, "--json", "--test", *options)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def test_its_acts_are_played_as_if_they_had_been_typed(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.play(monkeypatch, "part\n", "--test", "tests.yaml::asked", "--no-keep")
        out = capsys.readouterr().out
        order = [
            "> :draw sadly nod", "> ask", "Why, Jo?", "So it is.", "> sing", "no choice 'sing'",
            "> price", "answers turn 1", "> :event called", "The phone rings.",
            "Here stands the test asked, after step 4 of 4", "> part", "Four weeks then.",
        ]  # fmt: skip
        flat = " ".join(out.split())
        for words in order:
            _, found, flat = flat.partition(words)
            assert found, words

    def test_the_tests_that_are_replayed_here_pass(self) -> None:
        assert len(statuses(Path("tests.yaml"))) == 3

    def test_it_can_stop_at_a_step(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = self.objects(monkeypatch, capsys, "", "tests.yaml::asked", "--to", "1")
        assert [each.get("typed") for each in found if each["type"] == "turn"] == [None, "ask"]
        start = self.objects(monkeypatch, capsys, "", "tests.yaml::asked", "--to", "0")
        assert len([each for each in start if each["type"] == "turn"]) == 1

    def test_what_it_starts_after_is_played_too(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = self.objects(monkeypatch, capsys, "write\n", "tests.yaml::apart[early]")
        typed = [each["typed"] for each in found if each["type"] == "turn"]
        assert typed[-6:] == [":event called", "part", ":wait 1d", ":wait 27d", None, "write"]
        assert found[-2]["state"] == "talk"

    def test_where_it_stands_a_player_goes_on_and_may_go_back(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = ":undo\n:undo\n:restart\n"
        found = self.objects(monkeypatch, capsys, lines, "tests.yaml::asked")
        shown = [each["turn"] for each in found if each["type"] == "turn"]
        assert shown == [1, 2, 3, 2, 1, 1]

    def test_a_replay_can_be_recorded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        options = ("--test", "tests.yaml::asked", "--record", "more.test.yaml")
        self.play(monkeypatch, "price\n", *options)
        statuses(Path("more.test.yaml"))
        case = load_tests(Path("more.test.yaml")).cases[0]
        assert (case.seed, case.inputs) == (4, {"nick": "Jo", "calm": False})
        assert case.steps[0].step.draw == ("sadly", "nod")

    def test_another_seed_can_take_the_place_of_its_own(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = self.objects(monkeypatch, capsys, "", "tests.yaml::asked", "--seed", "8")
        assert found[0]["seed"] == 8

    @pytest.mark.parametrize(
        ("options", "says", "code"),
        [
            (["--test", "tests.yaml"], "FILE::NAME", 2),
            (["--test", "tests.yaml::askd"], "did you mean 'asked'?", 2),
            (["--test", "tests.yaml::apart"], "apart[early], apart[late]", 2),
            (["--test", "tests.yaml::asked", "--to", "5"], "asked has 4 steps", 2),
            (["--test", "tests.yaml::asked", "--to", "-1"], "-1", 2),
            (["--test", "tests.yaml::asked", "--set", "nick=Bo"], "leave out --set", 2),
            (["reconciliation", "--test", "tests.yaml::asked"], "leave the scenario out", 2),
            ([".", "--to", "1"], "name one, with --test", 2),
            (["--test", "none.yaml::asked"], "there is no file 'none.yaml'", 1),
            (["--test", "scenario.yaml::asked"], "scenario.yaml cannot be used", 1),
        ],
    )
    def test_what_cannot_be_is_refused_in_a_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
        options: list[str], says: str, code: int,
    ) -> None:  # fmt: skip
        self.play(monkeypatch, "", *options, code=code)
        out, told = capsys.readouterr()
        assert not out
        assert says in " ".join(told.split())
