"""The studio without its screen: the history, the file that is edited, and what the panes say."""

from __future__ import annotations

from collections.abc import Iterable

from heartline import loads
from heartline.conversation import Scenario
from heartline.errors import HeartlineError, ScenarioError
from heartline.frontends.studio import looks
from heartline.frontends.studio.bench import Bench
from heartline.frontends.studio.reading import Reading
from heartline.frontends.studio.talk import Line, output_lines, record_lines
from heartline.frontends.terminal.output import Output
from heartline.frontends.terminal.record import Beginning
from test_studio import STORY

START = "2026-01-05T19:10:00+00:00"


def edited(before: str = "", after: str = "") -> Scenario:
    """The story, with a change in it."""
    assert before in STORY
    return loads(STORY.replace(before, after))


def bench(*typed: str) -> Bench:
    """The story on a bench, and what was typed so far."""
    found = Bench(Beginning(7, START))
    found.take_up(Reading(edited()))
    for line in typed:
        found.feed(line)
    return found


def told(outputs: Iterable[Output]) -> str:
    """What the talk tells beside the turns."""
    return text(line for block in output_lines(outputs, 100) for line in block)


def said(on: Bench) -> str:
    """What the talk shows of the turns."""
    assert on.session is not None
    return text(line for block in record_lines(on.session) for line in block)


def text(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines)


def history(on: Bench) -> list[tuple[str | None, str]]:
    return [(step.typed, step.place) for step in on.history()]


class TestHistory:
    def test_back_and_forward_go_the_same_way(self) -> None:
        on = bench("accept", "hum", ":wait")
        assert "Back to step 1." in told(on.jump(1))
        assert history(on) == [
            (None, "past"), ("accept", "here"), ("hum", "ahead"), (":wait", "ahead"),
        ]  # fmt: skip
        assert "Hm hm." not in said(on)
        assert "Forward to step 3." in told(on.jump(3))
        assert "Five minutes later." in said(on)

    def test_another_way_forgets_what_lay_ahead(self) -> None:
        on = bench("accept", "hum", ":wait")
        on.jump(1)
        on.feed(":wait 1m")
        assert history(on) == [(None, "past"), ("accept", "past"), (":wait 1m", "here")]
        assert "Nothing lies ahead of this step." in told(on.jump(on.here + 1))

    def test_the_same_way_keeps_it(self) -> None:
        on = bench("accept", "hum", ":wait")
        on.jump(0)
        on.choose("accept", "you")
        assert history(on)[1:] == [("accept", "here"), ("hum", "ahead"), (":wait", "ahead")]

    def test_what_is_taken_back_or_begun_anew_lies_ahead(self) -> None:
        on = bench("accept", "hum", ":undo")
        assert history(on)[2] == ("hum", "ahead")
        on.feed(":restart")
        assert [place for _, place in history(on)] == ["here", "ahead", "ahead"]

    def test_a_refusal_changes_nothing(self) -> None:
        on = bench("accept", "hum")
        on.jump(1)
        on.feed("nonsense")
        assert history(on)[2] == ("hum", "ahead")
        assert "This is the beginning." in told(on.jump(-1))

    def test_what_was_drawn_on_the_way_is_drawn_again(self) -> None:
        scenario = loads(DRAWS)
        on = Bench(Beginning(7, START))
        on.take_up(Reading(scenario))
        for coin in ("heads", "tails", "heads"):
            on.feed(f":draw {coin}")
            on.feed("toss")
        before = said(on)
        on.jump(1)
        on.jump(3)
        assert said(on) == before
        assert before.count("Heads.") == 2

    def test_changes_are_those_of_the_step_that_led_there(self) -> None:
        on = bench("accept", "hum")
        assert "* warmth = 3  (was 2)" in text(looks.variable_lines(on))
        on.jump(1)
        assert "* warmth = 2  (was 1)" in text(looks.variable_lines(on))
        on.jump(0)
        assert "Changed by the last step\n  nothing" in text(looks.variable_lines(on))

    def test_the_day_is_said_where_it_is_another(self) -> None:
        on = bench("accept", ":wait 1m", ":wait 2d")
        lines = [line.text for line in looks.step_lines(on.history())]
        assert "Monday 5 January 2026" in lines[0]
        assert "January" not in lines[1] + lines[2]
        assert "Wednesday 7 January 2026" in lines[3]


class TestTheFile:
    def test_a_way_that_an_edit_closes_is_refused_and_nothing_is_lost(self) -> None:
        on = bench("accept", "hum")
        on.take_up(Reading(edited("when: mood == 'foul'", "when: warmth >= 3")))
        refused = told(on.jump(2))
        assert "The way there cannot be gone any more: step 2 (hum) is refused." in refused
        assert on.here == 2
        assert history(on)[2] == ("hum", "here")
        assert "Back to step 1." in told(on.jump(1))

    def test_the_same_way_goes_as_far_as_it_goes(self) -> None:
        on = bench("accept", "hum")
        on.take_up(Reading(edited("when: mood == 'foul'", "when: warmth >= 3")))
        assert "step 2 (hum) is not possible any more." in told(on.again())
        assert history(on) == [(None, "past"), ("accept", "here")]

    def test_after_an_edit_that_it_cannot_go_on_in_it_goes_back_in_the_one_before(self) -> None:
        on = bench("accept", "hum")
        outputs = on.take_up(Reading(edited("waiting", "steeping")))
        assert "there is no state 'waiting' any more" in told(outputs)
        assert "a begins anew in the edited file" in told(outputs)
        assert "Back to step 1." in told(on.jump(1))
        assert on.session is not None
        assert on.session.turn.state == "steeping"

    def test_inputs_that_an_edit_forbids_are_told(self) -> None:
        on = Bench(Beginning(7, START, (("warmth", "3"),)))
        on.take_up(Reading(edited()))
        on.take_up(Reading(edited("max: 3, initial: 1", "max: 2, initial: 1")))
        assert "Not done: " in told(on.again())
        assert "In the file as it was before the edit: back to the beginning." in told(on.jump(0))

    def test_faults_stand_there_until_they_are_mended(self) -> None:
        on = bench("accept")
        try:
            edited("to: over", "to: nowhere")
        except ScenarioError as fault:
            on.take_up(Reading(None, fault))
        shown = text(looks.file_lines(on))
        assert "The file cannot be played as it is now." in shown
        assert "error HL301" in shown
        assert looks.file_mark(on) == "1 error"
        on.findings = ()
        on.take_up(Reading(edited()))
        assert "Nothing is wrong with the file." in text(looks.file_lines(on))

    def test_a_file_that_vanishes_is_a_sentence(self) -> None:
        on = bench("accept")
        outputs = on.take_up(Reading(None, HeartlineError("tea cannot be read: gone.")))
        assert "tea cannot be read: gone." in told(outputs)
        assert "tea cannot be read: gone." in text(looks.file_lines(on))
        assert looks.file_mark(on) == "cannot be played"

    def test_without_a_scenario_everything_says_so(self) -> None:
        on = Bench(Beginning(7, START))
        on.take_up(Reading(None, HeartlineError("It holds nothing.")))
        acts = (on.feed("1"), on.choose("a", "you"), on.jump(0), on.again(), on.begin(on.beginning))
        for outputs in acts:
            assert "The file cannot be played yet: mend it, and save it." in told(outputs)
        assert on.history() == []
        assert looks.variable_lines(on) == []


class TestLooks:
    def test_a_save_that_cannot_be_written_is_refused(self) -> None:
        assert "Not done: " in told(bench("accept").feed(":save /nowhere/at/all.json"))
        assert "Not done: " in told(bench("accept").feed(":record /nowhere/at/all.yaml"))

    def test_a_seat_that_is_taken_has_its_own_heading(self) -> None:
        on = Bench(Beginning(7, START, (), ("coin",)))
        on.take_up(Reading(loads(DRAWS)))
        on.feed("toss")
        rows, meant = looks.choice_rows(on.session)
        assert [line.text for line, _ in rows] == [
            "Coin can:", "1. Heads.  (heads)", "2. Tails.  (tails)",
            "You can:", "3. Let it be  (let_go)",
        ]  # fmt: skip
        assert meant == [None, ("heads", "coin"), ("tails", "coin"), None, ("let_go", "you")]

    def test_a_state_says_whether_the_talk_was_there(self) -> None:
        on = bench("accept", ":wait")
        assert on.session is not None
        marks = looks.state_marks(on.session)
        assert marks == {"house": "in it", "kitchen": "here", "waiting": "been"}

    def test_at_the_end_no_way_leads_on(self) -> None:
        on = bench("accept", "hum", ":wait", "complain")
        assert on.session is not None
        assert "The conversation has ended here." in text(looks.way_lines(on.session))
        assert "The end: told." in said(on)

    def test_events_that_the_state_listens_to_are_known(self) -> None:
        on = Bench(Beginning(7, START))
        on.take_up(Reading(loads(DRAWS)))
        assert on.session is not None
        assert looks.events(on.session) == ["bell"]


DRAWS = r"""
heartline: 1
id: coin
version: 1.0.0
title: A coin
cast:
  you: {name: You}
  coin: {name: Coin, played_by: engine}
events:
  bell: {}
states:
  ready:
    entry: {say: "Ready?"}
    choices:
      toss: {label: Toss, to: flying}
    events:
      bell: {say: Ding.}
  flying:
    choices:
      heads: {by: coin, weight: 3, say: Heads., to: ready}
      tails: {by: coin, weight: 1, say: Tails., to: ready}
      let_go: {label: Let it be, to: over}
  over: {type: final, outcome: left}
"""
