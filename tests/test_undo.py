"""`undo: false`: a scenario in which nothing is taken back, and everybody who has to say so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from chatting import Room, talked
from harness import HEAD
from heartline import Choose, ConversationOver, ManualClock, Scenario, UndoForbidden, loads
from heartline.checking.comparing.difference import same_structure
from heartline.checking.comparing.report import Side, difference_data, difference_text
from heartline.cli import run
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.session import Session
from heartline.host import Host
from heartline.testing import scenario_machine
from heartline.testing.helpers import Trial
from hosting import played, url

__all__ = ["url"]

BODY = """\
states:
  talk:
    choices:
      ask: {say: Why?, to: over}
      wait: {say: Well., to: talk}
  over: {type: final, outcome: gone}
"""
FREE, BOUND = HEAD + BODY, f"{HEAD}undo: false\n{BODY}"
SENTENCE = "In this scenario nothing is taken back: what is done stays done."


@pytest.fixture
def bound() -> Scenario:
    return loads(BOUND)


def test_a_conversation_refuses_and_stands_as_before(bound: Scenario) -> None:
    conversation = bound.start(clock=ManualClock())
    before = conversation.choose("wait")
    with pytest.raises(UndoForbidden, match=f"^{SENTENCE}$"):
        conversation.undo()
    assert conversation.turn == before


def test_the_structure_is_the_same_with_and_without(bound: Scenario) -> None:
    free = loads(FREE)
    assert free.machine.undo
    assert not bound.machine.undo
    assert free.machine.fingerprint == bound.machine.fingerprint
    stored = free.start(clock=ManualClock()).snapshot()
    assert bound.resume(stored, clock=ManualClock()).snapshot() == stored


def test_what_an_included_file_says_of_it_does_not_count() -> None:
    outer = HEAD + dedent(
        """\
        states:
          inside: {include: inner.yaml, done: {gone: end}}
          end: {type: final, outcome: end}
        """
    )
    whole = loads({"scenario.yaml": outer, "inner.yaml": BOUND})
    assert whole.machine.undo


def test_a_host_refuses_but_for_whoever_looks_after_the_store(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "story")
        done = await host.submit("chat", Choose("ask"))
        with pytest.raises(UndoForbidden):
            await host.undo("chat")
        assert (await host.read("chat")).sequence == done.sequence
        assert (await host.undo("chat", anyway=True)).turn.state == "talk"
        assert await host.verify("chat") is None

    played(url, play, loads(BOUND))


def test_a_chat_refuses_in_the_same_words(bound: Scenario) -> None:
    async def play(there: Room) -> None:
        somebody = there.talker()
        await somebody.writes("/start")
        await somebody.writes("Well.")
        assert (await somebody.writes("/undo")).startswith(SENTENCE)

    talked(play, bound)


class TestAtTheTerminal:
    @pytest.fixture
    def play(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., str]:
        def shown(*options: str) -> str:
            (tmp_path / "scenario.yaml").write_text(BOUND, "utf-8")
            typed = tmp_path / "typed.txt"
            typed.write_text("wait\n:undo\n:help\nask\nwait\n", "utf-8")
            with typed.open(encoding="utf-8") as stdin:
                monkeypatch.setattr("sys.stdin", stdin)
                run(["play", str(tmp_path), *options])
            return " ".join(capsys.readouterr().out.split())

        return shown

    def test_undo_is_refused_and_not_offered(self, play: Callable[..., str]) -> None:
        shown = play()
        assert SENTENCE in shown
        assert shown.count(":undo") == 1  # where it is typed
        assert "The end: gone. :quit to stop, :restart to begin anew" in shown
        assert "The conversation is over: :restart begins anew." in shown

    def test_nor_in_a_conversation_that_a_store_keeps(
        self, tmp_path: Path, play: Callable[..., str]
    ) -> None:
        store = f"sqlite:///{tmp_path / 'kept.db'}?synchronous=OFF"
        shown = play("--store", store, "--reference", "me")
        assert SENTENCE in shown
        assert shown.count(":undo") == 1
        assert "The end: gone. :quit to stop > wait" in shown

    def test_nor_is_it_completed(self, bound: Scenario) -> None:
        beginning = Beginning(1, "2026-01-05T09:00:00+00:00")
        assert ":undo" not in Session.begin(bound, beginning).words()
        assert ":undo" in Session.begin(loads(FREE), beginning).words()


class TestInTests:
    def test_a_step_that_takes_back_is_refused_like_a_person(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "scenario.yaml").write_text(BOUND, "utf-8")
        (tmp_path / "tests.yaml").write_text(
            "heartline_tests: 1\ntests:\n"
            "  bound: {steps: [{choose: wait}, {undo: 1, expect: {error: undo_forbidden}}]}\n"
            "  naive: {steps: [{choose: wait}, {undo: 1, expect: {state: talk}}]}\n",
            "utf-8",
        )
        assert run(["test", str(tmp_path)]) == 1
        shown = " ".join(capsys.readouterr().out.split())
        assert "1 failed, 1 passed" in shown
        assert SENTENCE in shown

    def test_a_trial_is_refused(self, bound: Scenario) -> None:
        trial = Trial(bound)
        trial.choose("wait")
        with pytest.raises(UndoForbidden):
            trial.undo()

    def test_random_plays_do_not_try(self, bound: Scenario) -> None:
        scenario_machine(bound).TestCase().runTest()


def test_two_versions_that_differ_in_it_say_so(bound: Scenario) -> None:
    free, found = loads(FREE.replace("1.0.0", "0.9.0")), same_structure()
    note = "In 0.9.0 a person can take a turn back, in 1.0.0 nothing is taken back."
    for sides in ((Side(free, None), Side(bound, None)), (Side(bound, None), Side(free, None))):
        assert note in difference_text(found, *sides, 100)
    data = json.loads(difference_data(found, Side(free, None), Side(bound, None)))
    assert (data["old"]["undo"], data["new"]["undo"]) == (True, False)
    assert "taken back" not in difference_text(found, Side(free, None), Side(free, None), 100)


@pytest.mark.parametrize(("text", "way_on"), [(FREE, "a new one, or undo."), (BOUND, "a new one.")])
def test_who_answers_a_conversation_that_is_over_is_told_of_it_where_it_is(
    text: str, way_on: str
) -> None:
    conversation = loads(text).start(clock=ManualClock())
    conversation.choose("ask")
    with pytest.raises(ConversationOver, match=f"start {way_on}$"):
        conversation.choose("ask")
