"""A conversation of a store at the terminal: it lives on without its player, and tells them how."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import postgres
from heartline import Choose, ManualClock, Scenario, loads
from heartline.cli import run
from heartline.clock import FastClock
from heartline.errors import CallerError, ScenarioUnavailable, StoreUnavailable
from heartline.frontends.terminal.hosted import Hosted, Wanted
from heartline.frontends.terminal.keyboard import Typed
from heartline.frontends.terminal.player import Sink
from heartline.frontends.terminal.render import Renderer
from heartline.host import Change, Host
from heartline.host.stores.memory import MemoryStore
from talking import Tty

LETTER = dedent(
    """\
    heartline: 1
    id: letter
    version: 1.0.0
    title: A letter
    cast: {you: {name: You}, sam: {name: "{friend}", played_by: engine}}
    context:
      friend:
        {type: text, initial: Sam, input: true, prompt: What is your friend called?, kept_for: Ah.}
      looked: {type: int, min: 0, max: 9, initial: 0, title: how often you looked}
    timers: {pause: {length: 14d, title: the pause}}
    states:
      desk:
        entry: {say: [{sam: I need some time.}]}
        choices:
          agree: {say: Take two weeks., do: start(pause), to: waiting}
          look: {say: Snow outside., do: looked += 1}
          leave: {say: Then not., when: looked >= 1, to: gone}
      waiting:
        entry: {say: [{sam: A secret., only_to: sam}]}
        choices:
          look: {say: Still snow outside., do: looked += 1}
          leave: {say: I cannot wait., to: gone}
        events: {call: {say: The telephone rings.}}
        after: {pause: {say: [{sam: I am back.}], to: desk}}
      gone: {type: final, outcome: let_go}
    """
)

ASKS = "\x1b[?2004h"  # a terminal is told so at each prompt

Step = str | Typed | Callable[[], Awaitable[object]]


class Somebody:
    """Types these lines; a callable among them is something that happens while nobody types."""

    def __init__(self, *steps: Step, interactive: bool = True) -> None:
        self.steps = list(steps)
        self.interactive = interactive

    async def read(self) -> Typed:
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, str | Typed):
                return Typed(step) if isinstance(step, str) else step
            await step()
        return Typed(None)

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        yield


class Table:
    """A host on a store of its own, and what its players are shown."""

    def __init__(self, *scenarios: Scenario, store: MemoryStore | None = None) -> None:
        self.clock = ManualClock()
        self.store = store or MemoryStore("memory:")
        self.host = Host(self.store, scenarios or [loads(LETTER)], clock=self.clock)
        self.out = io.StringIO()

    async def play(self, *steps: Step, code: int = 0, **more: Any) -> str:
        """Gives what was shown, in one line."""
        self.out = io.StringIO()
        await self.player(*steps, code=code, **more)
        return " ".join(self.out.getvalue().split())

    async def player(
        self, *steps: Step, code: int = 0, reference: str = "me", interactive: bool = True,
        json: bool = False, scenario: str = "letter", **wanted: Any,
    ) -> None:  # fmt: skip
        renderer = None if json else Renderer(100, kept=True)
        player = Hosted(
            self.host, reference, Wanted(scenario, **{"inputs": {}, **wanted}),
            Somebody(*steps, interactive=interactive), Sink(self.out, self.out, renderer), "AGAIN",
        )  # fmt: skip
        assert await player.run() == code

    async def shows(self, words: str) -> None:
        """Wait until these words are shown."""
        until = time.monotonic() + 20
        while words not in " ".join(self.out.getvalue().split()):
            assert time.monotonic() < until, self.out.getvalue()
            await asyncio.sleep(0.005)

    async def elsewhere(self, choice: str) -> None:
        """Somebody chooses in another terminal."""
        await self.host.submit("me", Choose(choice))


def at(play: Callable[[Table], Awaitable[None]], table: Table | None = None) -> None:
    async def main() -> None:
        found = table or Table()
        async with found.host:
            await play(found)

    asyncio.run(main())


class TestBeginning:
    def test_it_asks_and_begins_and_says_how_to_come_back(self) -> None:
        async def play(table: Table) -> None:
            shown = await table.play("Zoë", "agree", ":quit")
            assert "What is your friend called?" in shown
            assert "Zoë: I need some time." in shown
            assert "The pause: two weeks left, until Monday 19 January 2026." in shown
            assert "You stopped at turn 2, and the conversation goes on in the store." in shown
            assert shown.endswith("To come back: AGAIN")
            assert "A secret." not in shown

        at(play)

    def test_who_leaves_while_being_asked_has_begun_nothing(self) -> None:
        async def play(table: Table) -> None:
            assert "To come back" not in await table.play(":quit")
            assert (await table.store.counts()).conversations == 0
            await table.play()

        at(play)

    def test_a_program_is_not_asked_and_gives_inputs_beforehand(self) -> None:
        async def play(table: Table) -> None:
            shown = await table.play(interactive=False, inputs={"friend": "Kim"}, seed=4)
            assert "Kim: I need some time." in shown
            assert "with --seed 4" in await table.play(":log")

        at(play)

    def test_what_has_happened_meanwhile_is_told_and_how_late(self) -> None:
        async def play(table: Table) -> None:
            await table.play("", "agree")
            table.clock.advance(timedelta(days=20))
            shown = await table.play()
            assert "You go on where you stopped. Meanwhile Monday 19 January 2026: the pause ran "
            assert (
                "the pause ran out (six days late, since nothing was running). Sam: I am" in shown
            )
            assert "Desk You can: 1. Take two weeks." in shown

        at(play)

    def test_a_seat_that_changed_hands_is_told_and_the_last_lines_are_shown_again(self) -> None:
        async def play(table: Table) -> None:
            await table.play("", "look")
            await table.host.seat("me", "sam", "kim")
            await table.host.seat("me", "sam", None)
            shown = await table.play(":log")
            assert "2026: somebody has the seat of sam now." in shown
            assert "2026: nobody has the seat of sam now. Desk You: Snow outside." in shown
            assert "kim" not in shown
            assert shown.count("somebody has the seat") == 1  # it is nothing that was said or done

        at(play)

    def test_what_happened_in_time_is_not_late(self) -> None:
        async def play(table: Table) -> None:
            await table.play("", "agree")
            table.clock.advance(timedelta(days=14))
            await table.host.fire_due()
            assert "19 January 2026: the pause ran out. Sam: I am back." in await table.play()

        at(play)

    def test_where_nothing_has_happened_the_last_lines_are_shown_again(self) -> None:
        async def play(table: Table) -> None:
            await table.play("", "look")
            shown = await table.play()
            assert "You go on where you stopped. Desk You: Snow outside. You can:" in shown
            assert "Meanwhile" not in shown

        at(play)

    def test_the_conversation_of_another_scenario_is_not_gone_on_with(self) -> None:
        other = loads(LETTER.replace("id: letter", "id: note"))

        async def play(table: Table) -> None:
            await table.play("", scenario="note")
            with pytest.raises(CallerError, match="in the scenario note, not in letter: name that"):
                await table.play()

        at(play, Table(loads(LETTER), other))

    def test_how_it_begins_cannot_be_said_of_one_that_has_begun(self) -> None:
        async def play(table: Table) -> None:
            await table.play("")
            for wanted in ({"seed": 0}, {"inputs": {"friend": "Kim"}}, {"seats": ("sam",)}):
                with pytest.raises(CallerError, match="has begun: leave them out, or give"):
                    await table.play(**wanted)

        at(play)

    def test_after_one_that_is_over_a_new_one_begins(self) -> None:
        async def play(table: Table) -> None:
            shown = await table.play("", "look", "leave", "")
            assert "The end: let go." in shown
            assert ":quit to stop, :undo to go back" in shown
            assert ":restart" not in shown
            assert "The conversation is over; the store keeps it." in shown
            shown = await table.play("", "look")
            assert "was called me is over (let go), so a new one begins." in shown
            assert (await table.store.counts()).conversations == 2

        at(play)

    def test_two_that_begin_at_once_play_the_same_one(self) -> None:
        async def play(table: Table) -> None:
            async def begin() -> None:
                await table.host.open("me", "letter")
                await table.elsewhere("agree")

            shown = await table.play(begin, "", inputs={})
            assert "You go on where you stopped. Waiting You: Take two weeks." in shown
            assert (await table.store.counts()).conversations == 1

        at(play)

    def test_one_whose_scenario_does_not_load_says_why(self) -> None:
        async def play(table: Table) -> None:
            with pytest.raises(CallerError, match="has no scenario 'lettre'; did you mean"):
                await table.play(interactive=False, scenario="lettre")

        at(play)
        broken = Table()
        broken.host.versions._own.clear()
        broken.host.versions._unavailable["letter"] = "It does not load."

        async def play_broken(table: Table) -> None:
            with pytest.raises(ScenarioUnavailable, match="It does not load"):
                await table.play()
            async with Host(table.store, [loads(LETTER)], clock=table.clock) as host:
                await host.open("me", "letter")
            table.host.versions._served.clear()
            assert "It does not load. A letter You go on where" in await table.play()

        at(play_broken, broken)

    def test_after_a_demonstration_it_says_why_nothing_runs_out(self) -> None:
        async def play(table: Table) -> None:
            table.clock.advance(timedelta(days=90))
            await table.play("", "agree")
            table.clock.set(table.clock.now() - timedelta(days=60))
            shown = await table.play()
            assert "in which it was 2026-04-05 already: nothing in it runs out before" in shown

        at(play)


class TestMeanwhile:
    def test_what_runs_out_is_shown_while_the_person_sits_there(self) -> None:
        async def play(table: Table) -> None:
            async def wait() -> None:
                table.clock.advance(timedelta(days=14))
                await table.host.fire_due()
                await table.shows("Meanwhile Monday 19 January 2026: the pause ran out.")

            shown = await table.play("", "agree", wait, "look")
            assert "Sam: I need some time. Desk You can:" in shown
            assert shown.count("Meanwhile") == 1
            assert "You: Snow outside." in shown

        at(play)

    def test_another_terminal_is_followed(self) -> None:
        async def play(table: Table) -> None:
            async def other() -> None:
                await table.elsewhere("agree")
                await table.shows("agree was chosen. You: Take two weeks. Waiting")
                await table.host.undo("me")
                await table.shows("the last step was taken back.")

            assert "A secret" not in await table.play("", other)

        at(play)

    def test_what_was_begun_before_the_turn_changed_is_not_taken(self) -> None:
        async def play(table: Table) -> None:
            async def other() -> None:
                await table.elsewhere("agree")
                await table.shows("Meanwhile")

            shown = await table.play("", other, Typed("2", begun=True), "look")
            assert "The conversation went on while you typed, so '2' was not taken: look" in shown
            assert "Still snow outside." in shown
            assert (await table.host.read("me")).status == "live"

        at(play)

    def test_a_turn_that_has_passed_is_refused_in_one_sentence(self) -> None:
        class Deaf(MemoryStore):
            """Tells nobody that there is something new."""

            async def wait(self, conversation: str, after: int, seconds: float) -> None:
                await asyncio.sleep(seconds)

        async def play(table: Table) -> None:
            async def other() -> None:
                await table.elsewhere("agree")

            shown = await table.play("", other, "2")
            assert "> " not in shown
            late = "That came too late: the conversation has gone on meanwhile. Meanwhile Monday 5 "
            assert late + "January 2026: agree was chosen. You: Take two weeks. Waiting" in shown
            assert (await table.host.read("me")).turn.number == 2

        at(play, Table(store=Deaf("memory:")))

    def test_a_store_that_goes_away_and_comes_back(self) -> None:
        class Away(MemoryStore):
            """Does not answer while it is away; what it stored last, it did not say."""

            away = False

            async def commit(self, change: Change) -> str:
                told = await super().commit(change)
                return self._there() or told

            async def find(self, reference: str) -> Any:
                return self._there() or await super().find(reference)

            async def get(self, conversation: str) -> Any:
                return self._there() or await super().get(conversation)

            def _there(self) -> None:
                if self.away:
                    raise StoreUnavailable("The store does not answer.")

        store = Away("memory:")

        async def play(table: Table) -> None:
            async def leave() -> None:
                store.away = True

            async def come_back() -> None:
                store.away = False

            shown = await table.play("", leave, "look", come_back, "look", ":log")
            assert "does not answer. Nothing is lost: type it again in a moment" in shown
            assert shown.count("after look was chosen") == 1, "it was stored the first time"

        at(play, Table(store=store))

    def test_one_that_is_deleted_or_closed_says_so(self) -> None:
        async def play(table: Table) -> None:
            async def delete() -> None:
                await table.host.delete("me")
                await table.shows("This conversation was deleted: nothing of it is left.")

            assert "There is no conversation" in await table.play("", delete, "look")

            async def close() -> None:
                await table.host.close("me")
                await table.shows("it was closed from outside.")

            assert "was closed" in await table.play("", close, "look", ":undo")

        at(play)

    def test_ctrl_c_leaves_with_130_and_says_how_to_come_back(self) -> None:
        async def play(table: Table) -> None:
            async def interrupt() -> None:
                raise asyncio.CancelledError

            assert "To come back: AGAIN" in await table.play("", interrupt, code=130)
            assert await table.play(interrupt, reference="new", code=130)

        at(play)


class TestWords:
    def test_undo_takes_back_also_what_time_has_brought(self) -> None:
        async def play(table: Table) -> None:
            await table.play("", "agree")
            table.clock.advance(timedelta(days=14))
            shown = await table.play(":undo", ":undo", ":undo")
            assert "The last step is taken back. Waiting You: Take two weeks." in shown
            assert shown.count("The last step is taken back.") == 2
            assert "There is nothing to take back" in shown

        at(play)

    def test_pages_are_those_of_the_player(self) -> None:
        async def play(table: Table) -> None:
            shown = await table.play("", ":why", ":choices", ":map", ":care", "look", ":vars")
            assert (
                "Closed here Then not. Closed: needs “how often you looked” to be at least 1;"
                in shown
            )
            assert "how often you looked: was 0, is 1." in shown
            assert "Desk (you are here)" in shown
            assert "how often you looked: was 0, is 1." in await table.play(":vars")
            assert "Turn 2, after look was chosen You: Snow outside." in await table.play(":log 1")

        at(play)

    def test_an_event_is_reported(self) -> None:
        async def play(table: Table) -> None:
            shown = await table.play("", "agree", ":event call", ":event", ":event nope")
            assert "The telephone rings." in shown
            assert "Which event? Write :event and its name." in shown
            assert "Nothing in 'waiting' takes an event 'nope'; it takes call." in shown

        at(play)

    def test_what_makes_no_sense_here_says_so(self) -> None:
        async def play(table: Table) -> None:
            shown = await table.play(
                "", ":wait 14d", ":save x", ":restart", ":draw x", ":record x", ":quit now", ":q x",
                "# a note", "", "4", "Leave", ":nope",
            )  # fmt: skip
            assert "Time passes by itself here: what runs out happens when it is time." in shown
            assert "The store keeps this conversation already" in shown
            assert "leave it with :quit and give another --reference." in shown
            assert "the seed decides what is drawn" in shown
            assert "Only what is played without a store can be made a test." in shown
            assert ":quit stands alone" in shown
            assert "There is no choice number 4: they go from 1 to 3." in shown
            assert "That cannot be chosen now: needs “how often you looked” to be at" in shown
            assert "There is no command :nope" in shown
            shown = await table.play(":help")
            assert ":undo" in shown
            assert not re.search(":wait|:save|:restart|:draw|:record", shown)

        at(play)

    def test_time_can_be_let_pass_where_it_runs_fast(self) -> None:
        async def play(table: Table) -> None:
            table.host.touching.clock = table.host.clock = FastClock(86_400 * 20)
            running = asyncio.create_task(table.host.run())
            shown = await table.play("", ":wait", ":wait soon", "agree", ":wait 2d", ":wait")
            running.cancel()
            assert "Nothing is running out, so say how long to wait, as in :wait 14d." in shown
            assert re.search(r"(Two|Three) days( and .*)? later: .* Nothing happens\.", shown)
            assert "the pause ran out. Sam: I am back." in shown
            assert "'soon' is not a duration: write a number and a unit" in shown

        at(play)

    def test_json_is_one_object_a_line(self) -> None:
        async def play(table: Table) -> None:
            await table.player("", "agree", json=True)
            table.clock.advance(timedelta(days=14))
            table.out = io.StringIO()
            await table.player(":why", "nope", json=True)
            found = [json.loads(line) for line in table.out.getvalue().splitlines()]
            kinds = ["began", "page", "turn", "page", "refused", "left"]
            assert [each["type"] for each in found] == kinds
            assert found[0]["resumed"] is True
            assert [row["text"] for row in found[1]["rows"]] == [
                "",
                "I am back.",
                "I need some time.",
            ]
            assert found[-1]["resume"] == "me"

        at(play)


# The command ------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "letter.yaml").write_text(LETTER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("HEARTLINE_DEBUG", raising=False)
    return tmp_path


Play = Callable[..., tuple[str, str, int]]


@pytest.fixture
def play(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Play:
    """Lets a program type lines: what was printed, what was told, and the exit code."""

    def use(lines: str, *arguments: str, url: str = "sqlite:///a.db?synchronous=OFF") -> Any:
        typed = folder / "typed"
        typed.write_text(lines)
        with typed.open() as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            code = run(["play", "letter.yaml", "--store", url, *arguments])
        shown = capsys.readouterr()
        return " ".join(shown.out.split()), " ".join(shown.err.split()), code

    return use


def test_a_program_can_play_and_come_back(play: Play) -> None:
    out, err, code = play("agree\n:why\n", "--set", "friend=Kim")
    assert code == 0
    assert "> agree Waiting You: Take two weeks." in out
    assert err.endswith(
        "To come back: heartline play letter.yaml --store 'sqlite:///a.db?synchronous=OFF' "
        "--reference letter-me"
    )
    out, _, code = play("", "--json")
    assert code == 0
    assert '"resumed": true' in out
    out, _, _ = play(":wait 14d\n", "--speed", str(86_400 * 100))
    assert "the pause ran out. Kim: I am back." in out


def test_postgresql_keeps_it_too(play: Play) -> None:
    url = postgres.server().url()
    out, err, code = play("agree\n", url=url)
    assert code == 0, err
    out, _, _ = play(":undo\n", url=url)
    assert "You go on where you stopped. Waiting" in out
    assert "The last step is taken back. Desk" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["letter.yaml", "--store", "nope:x"], 2, "There is no store 'nope:x'"),
        (["letter.yaml", "--store", "memory:"], 2, "memory: is a store inside of one program"),
        (["letter.yaml", "--store", "sqlite:///a.db", "--speed", "0"], 2, "'0' is no speed"),
        (["letter.yaml", "--speed", "5"], 2, "are for a play with --store"),
        (["letter.yaml", "--reference", "x"], 2, "are for a play with --store"),
        (["--store", "sqlite:///a.db"], 2, "Name the scenario too"),
        (["letter.yaml", "--store", "sqlite:///a.db", "--watch"], 2, "--watch is not for a play"),
        (["letter.yaml", "--store", "sqlite:///a.db", "--keep"], 2, "--keep/--no-keep is not for"),
        (["letter.yaml", "--store", "sqlite:///a.db", "--set", "x=1"], 2, "its inputs are"),
        (["nowhere.yaml", "--store", "sqlite:///a.db"], 1, "there is no file"),
        (["letter.yaml", "--store", "sqlite:///no/a.db"], 1, "There is no folder no"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert run(["play", *arguments]) == code
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_store_of_a_newer_program_is_refused(play: Play) -> None:
    play("")
    with contextlib.closing(sqlite3.connect("a.db")) as db:
        db.execute("PRAGMA user_version = 999")
    _, err, code = play("")
    assert code == 1
    assert "The tables in a.db are of version 999" in err


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
class TestTerminal:
    URL = "sqlite:///a.db?synchronous=OFF"

    @pytest.fixture
    def begin(self, folder: Path) -> Iterator[Callable[[], Tty]]:
        """Opens a terminal with the player in it."""
        terminals: list[Tty] = []

        def use() -> Tty:
            arguments = ("--store", self.URL, "--reference", "me")
            terminals.append(Tty("play", "letter.yaml", *arguments, NO_COLOR="1", COLUMNS="100"))
            return terminals[-1]

        yield use
        for each in terminals:
            if each.process.poll() is None:
                each.process.kill()
                each.process.wait()

    def elsewhere(self, happen: Callable[[Host], Awaitable[object]]) -> None:
        """Something happens in another process."""

        async def main() -> None:
            async with Host(self.URL, ["letter.yaml"]) as host:
                await happen(host)

        asyncio.run(main())

    def test_what_happens_is_shown_above_what_is_being_typed(
        self, begin: Callable[[], Tty]
    ) -> None:
        tty = begin()
        tty.wait_for("What is your friend called?")
        tty.wait_for(ASKS)
        tty.type("Kim\r")
        tty.wait_for("Kim: I need some time.")
        tty.wait_for(ASKS)
        tty.type("lo")
        tty.wait_for("lo")
        self.elsewhere(lambda host: host.submit("me", Choose("agree")))
        tty.wait_for("agree was chosen.")
        tty.wait_for("> lo")
        tty.type("ok\r")
        tty.wait_for("'look' was not taken")
        tty.wait_for(ASKS)
        tty.type("look\r")
        tty.wait_for("Still snow outside.")
        tty.wait_for(ASKS)
        tty.type("\x04")
        tty.wait_for("To come back:")
        assert tty.close() == 0

    def test_who_is_killed_comes_back_to_where_it_was(self, begin: Callable[[], Tty]) -> None:
        tty = begin()
        tty.wait_for(ASKS)
        tty.type("Kim\r")
        tty.wait_for("Kim: I need some time.")
        tty.type("agree\r")
        tty.wait_for("I cannot wait.")
        tty.process.kill()
        tty.close()
        other, third = begin(), begin()
        other.wait_for("You go on where you stopped.")
        third.wait_for("I cannot wait.")
        other.wait_for(ASKS)
        other.type("lea\t\r")  # as much as is clear
        other.wait_for("The end: let go.")
        third.wait_for("leave was chosen")
        third.wait_for("The end: let go.")
        for each in (other, third):
            each.type("\r")
            assert each.close() == 0

    def test_ctrl_c_leaves_the_terminal_as_it_was(self, begin: Callable[[], Tty]) -> None:
        import termios

        tty = begin()
        before = termios.tcgetattr(tty.master)
        tty.wait_for(ASKS)
        assert termios.tcgetattr(tty.master) != before
        tty.type("Kim\r")
        tty.wait_for("Kim: I need some time.")
        tty.wait_for(ASKS)
        tty.interrupt()
        tty.wait_for("To come back:")
        assert tty.process.wait(30) == 130
        assert termios.tcgetattr(tty.master) == before
        tty.close()

    def test_the_terminal_is_not_asked_nor_coloured_nor_taken_over(
        self, begin: Callable[[], Tty]
    ) -> None:
        tty = begin()
        shown = tty.wait_for(ASKS)
        tty.type("Kim\r")
        shown += tty.wait_for(ASKS)
        tty.type("look\t:\t\x1a")
        tty.type("\x15\x04")
        shown += tty.wait_for("To come back:")
        assert tty.close() == 0
        assert "> Kim" in shown
        assert "\x1b[6n" not in shown, "where the cursor is; some terminals never say"
        assert not re.search(r"\x1b\[\?1[0-9]{3}", shown), "a mouse, or another screen"
        assert not re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", shown), "colours"
