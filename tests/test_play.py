"""The player as a pure session: what is typed, what comes back, and what it looks like."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import bundled
from heartline import Scenario, loads
from heartline.errors import InputError, SnapshotMismatch
from heartline.frontends.terminal.jsonlines import as_object
from heartline.frontends.terminal.output import (
    Began,
    Footer,
    Leave,
    Output,
    Page,
    Restarted,
    SaveWanted,
    Sentence,
    TurnShown,
)
from heartline.frontends.terminal.pages import shown_value
from heartline.frontends.terminal.questions import Questions
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.render import Renderer
from heartline.frontends.terminal.session import Session
from heartline.frontends.terminal.words import COMMANDS, Unclear, clean, find_command
from heartline.turn import Choice, Said
from heartline.wrapping import cells, plain, wrapped

STORY = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast:
  you: {name: You}
  partner: {name: "{partner_name}", pronouns: they, played_by: engine}
context:
  partner_name:
    {type: text, initial: Sam, input: true, prompt: What are they called?, kept_for: Names them.}
  mood: {type: enum, values: [low, high], initial: low, input: true, hidden: true, prompt: Mood?}
  heard: {type: int, min: 0, max: 3, initial: 0, title: how much they feel heard}
  length: {type: duration, values: [14d, 28d], initial: 28d, input: true, prompt: How long?}
  calm: {type: bool, initial: true, input: true, prompt: Are you calm?}
  steps: {type: int, min: 0, max: 5, initial: 2, input: true, prompt: How many steps?}
  place: {type: enum, values: [at_home, in_town], initial: at_home, input: true, prompt: Where?,
          labels: {in_town: downtown}}
timers:
  break: {length: length, title: the break}
initial: talk
states:
  talk:
    title: The talk
    entry: {say: ["It is evening.", {partner: "I can't keep doing this."}]}
    choices:
      ask_why: {say: What has it been like for you?, do: heard += 1, to: listening}
      offer_space:
        label: Offer space
        when: heard >= 2
        why: They have not been heard yet.
        say: Take the time you need.
        to: space
      offer_help: {label: Offer help, say: Shall we ask somebody?}
  listening:
    entry: {say: [{partner: Lonely.}]}
    choices:
      reflect: {say: You have been lonely., do: heard += 1, to: talk}
  space:
    entry: {do: start(break)}
    choices:
      idle: {say: "..."}
    after: {break: {say: "Two weeks are a long time.", to: over}}
  over: {type: final, outcome: let_go}
choices:
  let_go: {label: Let go, say: I think we should stop., to: over}
events:
  called: {say: The phone rings.}
"""
WORDS = ["1", "2", "3", "ask", "ask_why", "reflect", "offer", "let_go", "offer_space", "99", ""]
WORDS += [f":{command.name}" for command in COMMANDS]
WORDS += [":wait 1d", ":wait 99999d", ":wait 36525d", ":wait -1d", ":wait x", ":event called"]
WORDS += [":save x.json", ":log 2", ":log 0", ":map all", ":und", ":w", "# a remark", ":", "::"]


@pytest.fixture(scope="module")
def story() -> Scenario:
    return loads(STORY)


def begin(scenario: Scenario, seed: int = 1, **inputs: str) -> Session:
    start = "2026-01-05T09:00:00+00:00"
    return Session.begin(scenario, Beginning(seed, start, tuple(inputs.items())), path="talk")


def sentences(outputs: list[Output]) -> list[str]:
    return [output.text for output in outputs if isinstance(output, Sentence)]


def page(outputs: list[Output]) -> Page:
    (found,) = [output for output in outputs if isinstance(output, Page)]
    return found


def shown(outputs: list[Output]) -> TurnShown:
    (found,) = [output for output in outputs if isinstance(output, TurnShown)]
    return found


def text(outputs: list[Output], width: int = 60) -> str:
    renderer = Renderer(width)
    return "".join(renderer.render(output) for output in outputs)


class TestChoices:
    @pytest.mark.parametrize("line", ["1", "ask_why", "ask", "a", "  ask_why  ", "1\n", "Ask why"])
    def test_a_choice_is_taken_by_number_id_or_unambiguous_prefix(
        self, story: Scenario, line: str
    ) -> None:
        session = begin(story)
        assert shown(session.feed(line)).turn.state == "listening"

    def test_an_ambiguous_prefix_names_what_it_could_be(self, story: Scenario) -> None:
        session = begin(story)
        before = session.saved()
        (sentence,) = sentences(session.feed("offer"))
        assert "offer_space" in sentence
        assert "offer_help" in sentence
        assert session.saved() == before

    def test_what_is_not_understood_names_the_nearest_choice_and_changes_nothing(
        self, story: Scenario
    ) -> None:
        session = begin(story)
        before = session.saved()
        outputs = session.feed("ask_wy")
        assert "ask_why" in sentences(outputs)[0]
        (refusal,) = [each for each in outputs if isinstance(each, Sentence)]
        assert refusal.kind == "refused"
        assert refusal.code == "unknown_choice"
        assert "ask_why" in refusal.nearest
        assert session.saved() == before

    def test_a_closed_choice_gives_its_reason_and_changes_nothing(self, story: Scenario) -> None:
        session = begin(story)
        before = session.saved()
        (sentence,) = sentences(session.feed("offer_space"))
        assert "They have not been heard yet." in sentence
        assert session.saved() == before

    def test_numbers_count_the_closed_choices_too(self, story: Scenario) -> None:
        shown_text = text(begin(story).opening())
        assert "2. Offer space. Closed: They have not been heard yet." in shown_text
        assert "3. Offer help" in shown_text

    def test_after_the_end_a_choice_is_answered_with_what_can_be_done(
        self, story: Scenario
    ) -> None:
        session = begin(story)
        session.feed("let_go")
        assert session.over
        assert ":undo" in sentences(session.feed("1"))[0]

    def test_a_comment_says_nothing(self, story: Scenario) -> None:
        assert begin(story).feed("  # later: try the other way") == []

    def test_an_empty_line_shows_the_turn_again(self, story: Scenario) -> None:
        outputs = begin(story).feed("")
        assert shown(outputs).again
        assert "I can't keep doing this." in text(outputs)


class TestCommands:
    def test_wait_lets_a_timer_run_out(self, story: Scenario) -> None:
        session = begin(story)
        for line in ("1", "1", "offer_space"):
            session.feed(line)
        outputs = session.feed(":wait 14d")
        assert shown(outputs).turn.state == "space"
        assert "14 days later" in text(outputs) or "Two weeks later" in text(outputs)
        assert "Nothing happens." in text(outputs)
        assert "The break: two weeks left" in text(outputs)
        assert shown(session.feed(":wait")).turn.outcome == "let_go"

    def test_wait_without_a_length_needs_something_that_runs_out(self, story: Scenario) -> None:
        outputs = begin(story).feed(":wait")
        assert "say how long" in sentences(outputs)[0]

    @pytest.mark.parametrize("length", ["soon", "-1d", "0.5d", "14", "14d14d", "9" * 50 + "d"])
    def test_a_length_that_is_none_changes_nothing(self, story: Scenario, length: str) -> None:
        session = begin(story)
        before = session.saved()
        assert len(sentences(session.feed(f":wait {length}"))) == 1
        assert session.saved() == before

    def test_time_does_not_run_past_the_calendar(self, story: Scenario) -> None:
        session = begin(story)
        outputs = [session.feed(":wait 36525d") for _ in range(90)][-1]
        assert "9999" in sentences(outputs)[0]

    def test_undo_takes_back_the_turn_the_time_and_the_log(self, story: Scenario) -> None:
        session = begin(story)
        session.feed("ask")
        session.feed(":wait 1d")
        before = session.saved()
        session.feed("reflect")
        session.feed(":undo")
        session.feed(":undo")
        session.feed("ask")
        session.feed(":wait 1d")
        assert session.saved() == before

    def test_undo_at_the_first_turn_says_so(self, story: Scenario) -> None:
        assert "nothing to take back" in sentences(begin(story).feed(":undo"))[0]

    def test_an_end_can_be_undone(self, story: Scenario) -> None:
        session = begin(story)
        session.feed("let_go")
        session.feed(":undo")
        assert not session.over

    def test_why_lists_the_closed_choices_with_their_reasons(self, story: Scenario) -> None:
        (row,) = page(begin(story).feed(":why")).rows
        assert (row.name, row.mark) == ("Offer space", "offer_space")
        assert row.text == "They have not been heard yet. (heard >= 2, it is 0)"

    def test_why_says_so_where_nothing_is_closed(self, story: Scenario) -> None:
        session = begin(story)
        session.feed("ask")
        assert "Nothing that is shown here is closed." in text(session.feed(":why"))

    def test_vars_shows_what_the_step_changed_and_nothing_hidden(self, story: Scenario) -> None:
        session = begin(story)
        session.feed("ask")
        (row,) = page(session.feed(":vars")).rows
        assert (row.name, row.text) == ("how much they feel heard", "was 0, is 1")

    def test_map_says_where_you_are_and_have_been(self, story: Scenario) -> None:
        session = begin(story)
        session.feed("ask")
        rows = {row.name: row.mark for row in page(session.feed(":map")).rows}
        assert rows == {
            "The talk": "you were here", "Listening": "you are here", "Space": None, "Over": None,
        }  # fmt: skip

    def test_map_opens_only_the_states_you_are_in(self) -> None:
        scenario = loads(
            STORY.partition("cast:")[0]
            + "cast: {you: {name: You}}\n"
            + "states:\n"
            + "  one: {states: {a: {choices: {go: {to: c}}}, b: {choices: {go: {to: c}}}}}\n"
            + "  two: {states: {c: {choices: {go: {to: d}}}, e: {choices: {go: {to: d}}}}}\n"
            + "  d: {type: final, outcome: done}\n"
        )
        session = begin(scenario)
        names = [row.name for row in page(session.feed(":map")).rows]
        assert names == ["One", "A", "B", "Two", "D"]
        names = [row.name for row in page(session.feed(":map all")).rows]
        assert names == ["One", "A", "B", "Two", "C", "E", "D"]

    def test_log_tells_what_was_said_and_chosen(self, story: Scenario) -> None:
        session = begin(story, partner_name="Kim")
        session.feed("1")
        told = text(session.feed(":log"))
        assert "Kim: I can't keep doing this." in told
        assert "after ask_why" in told
        assert "You: What has it been like for you?" in told
        assert "I can't keep" not in text(session.feed(":log 1"))

    def test_choices_lists_the_ids_for_scripts(self, story: Scenario) -> None:
        rows = page(begin(story).feed(":choices")).rows
        assert [row.name for row in rows] == ["ask_why", "offer_space", "offer_help", "let_go"]
        assert [row.mark for row in rows] == [None, "closed", None, None]

    def test_an_event_can_be_reported(self, story: Scenario) -> None:
        session = begin(story)
        assert "The phone rings." in text(session.feed(":event called"))
        assert len(sentences(session.feed(":event caled"))) == 1
        assert len(sentences(session.feed(":event"))) == 1

    def test_restart_begins_anew_with_the_same_inputs_and_seed(self, story: Scenario) -> None:
        session = begin(story, partner_name="Kim")
        opening = text(session.opening())
        session.feed("ask")
        outputs = session.feed(":restart")
        assert isinstance(outputs[0], Restarted)
        assert text(outputs) == opening
        assert session.untouched

    def test_save_asks_for_a_file_and_touches_none(self, story: Scenario) -> None:
        assert SaveWanted("my file.json") in begin(story).feed(":save my file.json")
        assert ":save talk.json" in begin(story).feed(":save")[0].nearest  # type: ignore[union-attr]

    def test_quit_leaves(self, story: Scenario) -> None:
        assert begin(story).feed(":quit") == [Leave()]

    def test_help_tells_every_command(self, story: Scenario) -> None:
        told = text(begin(story).feed(":help"))
        assert all(f":{command.name}" in told for command in COMMANDS)

    def test_care_is_answered_without_data_too(self, story: Scenario) -> None:
        assert "emergency" in text(begin(story).feed(":care"))

    def test_a_command_may_be_shortened_while_it_is_clear(self) -> None:
        assert find_command("und").name == "undo"
        with pytest.raises(Unclear, match=":wait or :why"):
            find_command("w")

    def test_an_unknown_command_names_the_nearest(self, story: Scenario) -> None:
        assert "did you mean :save?" in sentences(begin(story).feed(":sav_e x"))[0]
        assert ":help" in sentences(begin(story).feed(":xyzzy"))[0]

    @pytest.mark.parametrize("line", [":undo 3", ":quit now", ":why not", ":vars x"])
    def test_a_command_that_stands_alone_takes_nothing_with_it(
        self, story: Scenario, line: str
    ) -> None:
        assert "stands alone" in sentences(begin(story).feed(line))[0]

    def test_every_answer_ends_with_the_way_to_support_and_out(self, story: Scenario) -> None:
        session = begin(story)
        for line in WORDS:
            if line and not line.startswith(("#", ":quit")):
                assert isinstance(session.feed(line)[-1], Footer), line


class TestNothingRaises:
    @given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=40)), max_size=12))
    def test_whatever_is_typed(self, lines: list[str]) -> None:
        session = begin(PLAYED)
        renderer = Renderer(60, colour=True)
        for line in lines:
            before = session.saved()
            outputs = session.feed(line)
            for output in outputs:
                renderer.render(output)
                json.dumps(as_object(output)).encode()
            if any(isinstance(each, Sentence) and each.kind == "refused" for each in outputs):
                assert session.saved() == before

    @given(st.lists(st.sampled_from(WORDS), max_size=25))
    def test_a_saved_conversation_goes_on_as_if_it_had_never_stopped(
        self, lines: list[str]
    ) -> None:
        session = begin(PLAYED)
        for line in lines:
            session.feed(line)
        again = Session.resume(PLAYED, session.saved(), path="talk")
        assert again.saved() == session.saved()
        for line in (":undo", ":log", "ask", ":wait 1d", "1", ":vars"):
            assert text(again.feed(line)) == text(session.feed(line))

    @given(st.text(max_size=200), st.integers(1, 40))
    def test_wrapping_keeps_every_word(self, words: str, width: int) -> None:
        lines = wrapped(words, width, "", "  ")
        assert "".join("".join(lines).split()) == "".join(words.split())

    @given(st.text(max_size=3000))
    def test_what_was_typed_cannot_steer_a_terminal(self, line: str) -> None:
        assert clean(line).isprintable()


PLAYED = loads(STORY)


class TestLooks:
    def test_no_line_is_wider_than_the_terminal(self, story: Scenario) -> None:
        session = begin(story, partner_name="Konstantin-Alexander")
        for width in (30, 40, 60, 100):
            for line in WORDS:
                for row in text(session.feed(line), width).splitlines():
                    assert cells(row) <= width

    def test_colour_adds_nothing_but_colour(self, story: Scenario) -> None:
        session = begin(story)
        plain, colour = Renderer(60), Renderer(60, colour=True)
        coloured = 0
        for line in WORDS:
            for output in session.feed(line):
                painted = colour.render(output)
                coloured += "\x1b" in painted
                assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain.render(output)
        assert coloured

    def test_a_scenario_cannot_steer_the_terminal(self) -> None:
        began, turn, _ = begin(PLAYED).opening()
        assert isinstance(turn, TurnShown)
        hostile = "\x1b[2J\x07 red \u202e\x9b"
        line = Said("partner", hostile, hostile, None, "entry talk")
        choice = Choice("ask_why", hostile, "you", True, None, ())
        evil = turn.turn._replace(title=hostile, lines=(line,), choices=(choice,))
        told = text([began, replace(turn, turn=evil), Sentence("note", "x", hostile)])
        assert "red" in told
        assert not set(told) & set("\x1b\x07\u202e\x9b")

    def test_speakers_stand_by_name_before_what_they_say(self, story: Scenario) -> None:
        assert "\nKim: I can't keep doing this.\n" in text(
            begin(story, partner_name="Kim").opening()
        )

    def test_wide_characters_count_twice(self) -> None:
        assert cells("日本") == 4
        assert all(cells(line) <= 10 for line in wrapped("日本語" * 10, 10))

    def test_signs_of_several_characters_and_persian_stay_whole(self) -> None:
        for text in ("👨\u200d👩\u200d👧", "می\u200cخواهم", "ع̈"):
            assert plain(text) == text
        assert cells("👩\u200d🍳") == 4  # at least as wide as any terminal draws it
        assert cells("❤\ufe0f") == 1
        assert plain("\u202eabc\x1b[2J") == "�abc�[2J"  # what would steer a terminal is replaced

    def test_two_seats_are_named(self) -> None:
        scenario = loads(
            STORY.partition("cast:")[0]
            + "cast: {you: {name: You}, other: {name: Kim, played_by: engine}}\n"
            + "states:\n"
            + "  one:\n"
            + "    entry: {say: [{narrator: A secret., only_to: other}]}\n"
            + "    choices: {go: {to: d}, stay: {by: other, label: Keep still, say: Stay.}}\n"
            + "  d: {type: final, outcome: done}\n"
        )
        start = "2026-01-05T09:00:00+00:00"
        session = Session.begin(scenario, Beginning(1, start, (), ("other",)))
        told = text(session.opening())
        assert "You can:\n 1. Go\nKim can:\n 2. Keep still\n" in told
        assert "A secret." in told
        assert "Kim: Stay." in text(session.feed("stay"))

    def test_what_only_an_engine_hears_is_not_shown(self) -> None:
        scenario = loads(
            STORY.partition("cast:")[0]
            + "cast: {you: {name: You}, other: {name: Kim, played_by: engine}}\n"
            + "states:\n"
            + "  one:\n"
            + "    entry: {say: [{narrator: A secret., only_to: other}]}\n"
            + "    choices: {go: {to: d}}\n"
            + "  d: {type: final, outcome: done}\n"
        )
        session = begin(scenario)
        assert "A secret." not in text(session.opening())
        assert "A secret." not in text(session.feed(":log"))


class TestPages:
    def test_values_stand_as_players_read_them(self) -> None:
        values = {True: "yes", False: "no", 3: "3", "at_home": "at home", "": "empty"}
        assert {value: shown_value(value) for value in values} == values | {True: "yes"}
        assert shown_value(timedelta(days=14)) == "two weeks (14d)"

    def test_a_name_that_varies_is_the_one_heard_last(self) -> None:
        scenario = loads(
            STORY.partition("cast:")[0]
            + "cast: {you: {name: You}, other: {name: '{called}', played_by: engine}}\n"
            + "context: {called: {type: text, initial: Kim, input: true, kept_for: To call you.}}\n"
            + "states:\n"
            + "  one:\n"
            + "    choices: {go: {to: d}, stay: {by: other, label: Keep still, say: Stay.}}\n"
            + "  d: {type: final, outcome: done}\n"
        )
        start = "2026-01-05T09:00:00+00:00"
        session = Session.begin(scenario, Beginning(1, start, (("called", "Jo"),), ("other",)))
        assert "Other can:" in text(session.opening())
        assert "Jo can:" in text(session.feed("stay"))

    def test_an_event_played_again_leads_to_the_same_place(self) -> None:
        session = begin(PLAYED)
        session.feed(":event called")
        assert Session.resume(PLAYED, session.saved(), path="talk").saved() == session.saved()


class TestJson:
    def test_a_turn_has_these_keys_and_no_others(self, story: Scenario) -> None:
        began, turn, footer = (as_object(output) for output in begin(story).opening())
        assert footer is None
        assert began is not None
        assert turn is not None
        assert list(began) == ["type", "scenario", "version", "title", "seed", "resumed"]
        assert list(turn) == [
            "type", "turn", "typed", "again", "state", "path", "title", "tags", "time", "now",
            "lines", "choices", "deadlines", "changes", "outcome", "support",
        ]  # fmt: skip
        assert list(turn["lines"][0]) == ["speaker", "name", "text", "only_to", "cause"]
        assert list(turn["choices"][0]) == [
            "number", "id", "label", "role", "enabled", "reason", "tags",
        ]  # fmt: skip

    def test_deadlines_and_changes_are_plain_values(self, story: Scenario) -> None:
        session = begin(story)
        for line in ("1", "1"):
            session.feed(line)
        turn = as_object(shown(session.feed("offer_space")))
        assert turn is not None
        (deadline,) = turn["deadlines"]
        assert deadline["left"] == timedelta(days=28).total_seconds()
        assert deadline["due"] == "2026-02-02T09:00:00+00:00"


class TestResume:
    def test_a_resumed_conversation_can_be_undone_to_its_first_turn(self, story: Scenario) -> None:
        session = begin(story)
        for line in ("1", ":wait 2d", "1"):
            session.feed(line)
        again = Session.resume(story, session.saved())
        again.feed(":undo")
        again.feed(":undo")
        assert again.turn.number == begin(story).turn.number

    def test_it_shows_what_was_said_last(self, story: Scenario) -> None:
        session = begin(story)
        session.feed("1")
        opening = Session.resume(story, session.saved()).opening()
        assert isinstance(opening[0], Began)
        assert opening[0].resumed
        assert "Lonely." in text(opening)

    def test_where_the_same_way_leads_elsewhere_now_the_snapshot_counts(self) -> None:
        session = begin(PLAYED)
        session.feed("1")
        edited = loads(STORY.replace("heard += 1, to: listening", "heard += 2, to: listening"))
        session.adopt(edited)  # while it is being watched
        for line in ("1", ":wait 1d"):
            session.feed(line)
        again = Session.resume(edited, session.saved())
        assert again.now == session.now
        assert again.saved().snapshot["context"] == session.saved().snapshot["context"]
        assert "I can't keep doing this." in text(again.opening())
        assert "nothing to take back" in sentences(again.feed(":undo"))[0]
        assert "after ask_why" in text(again.feed(":log"))

    def test_a_way_that_can_no_longer_be_followed_is_none(self) -> None:
        session = begin(PLAYED)
        session.feed(":event called")
        session.feed("1")
        saved = replace(session.saved(), way=({"choose": "nothing", "role": "you"},))
        again = Session.resume(PLAYED, saved)
        assert again.turn.state == "listening"

    def test_a_save_of_another_scenario_is_refused(self, story: Scenario) -> None:
        other = loads(STORY.replace("id: talk", "id: other"))
        with pytest.raises(SnapshotMismatch):
            Session.resume(other, begin(story).saved())


class TestEditing:
    def test_the_conversation_goes_on_where_it_stood(self) -> None:
        session = begin(PLAYED)
        session.feed("1")
        edited = loads(STORY.replace("reflect: {say", "reflect: {label: Say it back, say"))
        outputs = session.adopt(edited)
        assert "goes on in it" in sentences(outputs)[0]
        assert "Say it back" in text(outputs)
        assert shown(session.feed("1")).turn.state == "talk"

    def test_or_says_why_it_cannot_and_restart_takes_the_new_one(self) -> None:
        session = begin(PLAYED)
        session.feed("1")
        edited = loads(
            STORY.replace("to: listening", "to: asking").replace("  listening:", "  asking:")
        )
        outputs = session.adopt(edited)
        assert "listening" in sentences(outputs)[0]
        assert shown(session.feed("1")).turn.state == "talk"
        session.feed(":restart")
        assert shown(session.feed("1")).turn.state == "asking"


class TestQuestions:
    def ask(self, **presets: str) -> Questions:
        def accept(inputs: object) -> None:
            begin(PLAYED, **dict(inputs))  # type: ignore[call-overload]

        return Questions(PLAYED.file.context, presets, accept)

    def test_visible_inputs_with_a_prompt_are_asked_for_and_presets_are_not(self) -> None:
        questions = self.ask(partner_name="Kim")
        asked = []
        while not questions.done():
            asked.append(page(questions.ask()).title)
            questions.feed("")
        assert asked == ["How long?", "Are you calm?", "How many steps?", "Where?"]
        assert questions.answers == {"partner_name": "Kim"}

    @pytest.mark.parametrize(
        ("skipped", "line", "name", "value"),
        [
            (0, "Zoë", "partner_name", "Zoë"),
            (1, "1", "length", "14d"),
            (1, "14d", "length", "14d"),
            (1, "two weeks", "length", "14d"),
            (1, "2 w", "length", "14d"),
            (2, "n", "calm", "no"),
            (2, "yes", "calm", "yes"),
            (3, "5", "steps", "5"),
            (4, "2", "place", "in_town"),
            (4, "down", "place", "in_town"),
            (4, "at_home", "place", "at_home"),
            (4, "At home", "place", "at_home"),
        ],
    )
    def test_an_answer_may_be_a_number_a_label_or_a_value(
        self, skipped: int, line: str, name: str, value: str
    ) -> None:
        questions = self.ask()
        for _ in range(skipped):
            questions.feed("")
        questions.feed(line)
        assert questions.answers == {name: value}

    @pytest.mark.parametrize(
        ("skipped", "line"),
        [(1, "3"), (1, "15d"), (2, "perhaps"), (3, "6"), (3, "x"), (4, "0"), (4, "t" * 500)],
    )
    def test_an_answer_that_cannot_be_is_refused_and_asked_again(
        self, skipped: int, line: str
    ) -> None:
        questions = self.ask()
        for _ in range(skipped):
            questions.feed("")
        outputs = questions.feed(line)
        assert len(sentences(outputs)) == 1
        assert isinstance(page(outputs), Page)
        assert questions.answers == {}

    @pytest.mark.parametrize(
        ("skipped", "words"),
        [
            (1, "Type a number from 1 to 2."),
            (2, "Type yes or no."),
            (3, "Type a number from 0 to 5."),
        ],
    )
    def test_a_refusal_speaks_as_the_question_does(self, skipped: int, words: str) -> None:
        questions = self.ask()
        for _ in range(skipped):
            questions.feed("")
        assert sentences(questions.feed("perhaps")) == [words]

    def test_one_can_leave_and_find_support_while_being_asked(self) -> None:
        assert self.ask().feed(":quit") == [Leave()]
        assert page(self.ask().feed(":care")[:1]).name == "care"
        assert "Answer the question" in sentences(self.ask().feed(":help"))[0]

    def test_the_footer_stands_below_each_question(self) -> None:
        assert isinstance(self.ask().ask()[-1], Footer)


def test_an_input_that_cannot_be_is_an_error() -> None:
    with pytest.raises(InputError):
        begin(PLAYED, length="15d")


def test_the_flagship_plays_with_anything_that_is_typed() -> None:
    scenario = bundled("reconciliation")
    session = begin(scenario, seed=3)
    for first, second in pairwise(range(1, 40)):
        for line in (str(first % 9 + 1), str(second % 5 + 1), ":wait", ":why", ":undo", "1"):
            rows = text(session.feed(line), 60).splitlines()
            assert max(map(cells, rows)) <= 60
