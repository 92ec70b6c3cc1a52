"""The player of a conversation that is kept in a store: a host's conversation at a terminal.

    player = Hosted(host, "letter-me", Wanted("letter"), source, sink, "heartline play ...")
    code = await player.run()

Each line that is taken is a turn of the host, with a key of its own. What happens meanwhile, since
time has run out or somebody else has gone on with it, is shown above the line that is being typed.
Timers fire where the host runs (`host.run`), which is for who made it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.errors import (
    CallerError,
    HeartlineError,
    HostError,
    ReferenceTaken,
    StoreUnavailable,
    UnknownChoice,
    UnknownConversation,
)
from heartline.frontends.terminal import pages
from heartline.frontends.terminal.hostedwords import command_of, completions, passing, with_wait
from heartline.frontends.terminal.output import Leave, Output, Sentence
from heartline.frontends.terminal.questions import Questions
from heartline.frontends.terminal.standing import Standing
from heartline.frontends.terminal.words import Unclear, clean
from heartline.host.values import LIVE
from heartline.snapshot import Choose, Send, Tick

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from heartline.frontends.terminal.keyboard import Lines, Typed
    from heartline.frontends.terminal.player import Sink
    from heartline.host.host import Host
    from heartline.host.values import Answer, Record
    from heartline.turn import Choice, Turn

__all__ = ["Hosted", "Wanted"]

DONE, INTERRUPTED = 0, 130
_AGAIN = 1.0  # seconds between two tries of a store that does not answer
_LOOK = 20.0  # seconds after which the store is asked, whatever it has told
_GLANCE = 0.1  # seconds between two looks at the clock while time is let pass
_SEEDS = 1_000_000  # those that are drawn, so that a person can write one down
_AHEAD = 60.0  # seconds by which a clock may differ from that of another machine


@dataclass(frozen=True, slots=True)
class Wanted:
    """The scenario, by its id, and how a conversation in it begins, where none is there yet."""

    scenario: str
    inputs: Mapping[str, str]
    seed: int | None = None
    seats: tuple[str, ...] = ()

    @property
    def begins(self) -> bool:
        """Whether anything is said about the beginning."""
        return bool(self.inputs or self.seats or self.seed is not None)


class Hosted:
    """Plays the conversation with a reference; `run` gives the exit code.

    `again` is the command that comes back to it; empty where nothing can.
    """

    def __init__(
        self, host: Host, reference: str, wanted: Wanted, source: Lines, sink: Sink, again: str
    ) -> None:
        self.host = host
        self.reference = reference
        self.wanted = wanted
        self.source = source
        self.sink = sink
        self.again = again
        self._keys = f"terminal:{secrets.token_hex(6)}:"  # begins all keys of this player
        self._lock = asyncio.Lock()  # who holds it changes what is shown
        self._stands: Standing | None = None
        self._moved_on = False  # whether the turn is another one than when the last line was taken

    async def run(self) -> int:
        """Play until the lines end or the player leaves. Raises HeartlineError where it cannot
        begin."""
        following: asyncio.Task[None] | None = None
        try:
            stands = self._stands = await self._begin()
            if stands is None:
                return DONE
            following = asyncio.create_task(self._follow(stands))
            return await self._play(stands)
        except asyncio.CancelledError:  # Ctrl-C
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            return self._leave("interrupted", INTERRUPTED)
        finally:
            if following is not None:
                following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following  # raises what has ended it before

    def words(self) -> list[str]:
        """What could be typed now: ids and commands, for completion."""
        stands = self._stands
        return [] if stands is None else completions(stands.turn, stands.speed, undo=stands.undo)

    # The beginning --------------------------------------------------------------------------------

    async def _begin(self) -> Standing | None:
        """Go on with the conversation, or begin one; None where the player leaves instead."""
        try:
            record = await self.host.touching.record(self.reference)
        except UnknownConversation:
            return await self._open()
        if record.status == LIVE:
            self._check(record)
            return await self._go_on(record)
        how = f" ({record.outcome.replace('_', ' ')})" if record.outcome else ""
        self.sink.about_run(
            f"The last conversation that was called {self.reference} is over{how}, so a new one "
            "begins.",
            type="note", code="over_before",
        )  # fmt: skip
        return await self._open()

    def _check(self, record: Record) -> None:
        """Raises CallerError where a live conversation is not the one that is wanted."""
        if record.scenario != self.wanted.scenario:
            raise CallerError(
                f"{self.reference!r} is a conversation in the scenario {record.scenario}, not in "
                f"{self.wanted.scenario}: name that scenario, or give another --reference."
            )
        if self.wanted.begins:
            raise CallerError(
                f"--seed, --set and --as decide how a conversation begins, and {self.reference!r} "
                "has begun: leave them out, or give another --reference."
            )

    async def _go_on(self, record: Record) -> Standing:
        await self.host.submit(record.id, Tick())  # what is due happens, and is told below
        stands = await Standing.of(self.host, record.id, self._keys)
        if (why := self.host.unavailable.get(self.wanted.scenario)) is not None:
            self.sink.about_run(why, type="warning", code="scenario_unavailable")
        if (record.touched - self.host.touching.now()).total_seconds() > _AHEAD:
            self.sink.about_run(
                "This conversation has been in a demonstration, in which it was "
                f"{record.touched:%Y-%m-%d} already: nothing in it runs out before that day. Give "
                "--speed to go on with the demonstration.",
                type="note", code="ahead",
            )  # fmt: skip
        self.sink.show(stands.opening(resumed=True))
        return stands

    async def _open(self) -> Standing | None:
        wanted = self.wanted
        inputs: Mapping[str, str] | None = wanted.inputs
        if self.source.interactive:
            inputs = await self._ask()
        if inputs is None:
            return None
        seed = secrets.randbelow(_SEEDS) if wanted.seed is None else wanted.seed
        try:
            answer = await self.host.open(
                self.reference, wanted.scenario, inputs,
                key=f"{self._keys}0", seed=seed, seats=wanted.seats,
            )  # fmt: skip
        except ReferenceTaken:  # somebody else was faster, in another terminal
            record = await self.host.touching.record(self.reference)
            self.wanted = Wanted(wanted.scenario, {})
            self._check(record)
            return await self._go_on(record)
        stands = await Standing.of(self.host, answer.conversation, self._keys)
        self.sink.show(stands.opening(resumed=False))
        return stands

    async def _ask(self) -> Mapping[str, str] | None:
        """Ask what the scenario wants to know; None where the player leaves instead."""
        scenario = self.host.versions.current(self.wanted.scenario)

        def begun(inputs: Mapping[str, str]) -> Turn:
            seats, clock = self.wanted.seats, self.host.clock
            return scenario.start(inputs, clock=clock, seats=seats).turn

        given = dict(self.wanted.inputs)
        questions = Questions(scenario.file.context, given, begun, begun(given).support)
        if not questions.done():
            self.sink.show(questions.ask())
        while not questions.done():
            line = (await self.source.read()).line
            outputs: list[Output] = [Leave()] if line is None else questions.feed(line)
            self.sink.show(outputs)
            if Leave() in outputs:
                return None
        return questions.answers

    # Lines ----------------------------------------------------------------------------------------

    async def _play(self, stands: Standing) -> int:
        while True:
            typed = await self.source.read()
            if typed.line is None:
                return self._leave("end_of_input", DONE)
            if stands.over and self.source.interactive and not typed.line.strip():
                return self._leave("quit", DONE)
            outputs = await self._feed(stands, typed, clean(typed.line))
            self._moved_on = False
            self.sink.show(outputs)
            if Leave() in outputs:
                return self._leave("quit", DONE)

    async def _feed(self, stands: Standing, typed: Typed, line: str) -> list[Output]:
        """Take one line. A refusal is an output."""
        if line.startswith("#"):
            return []
        if not line:
            outputs: list[Output] = [stands.shown(again=True)]
        elif line.startswith(":"):
            outputs = await self._command(stands, line)
        elif typed.begun and self._moved_on:
            text = (
                f"The conversation went on while you typed, so {line[:80]!r} was not taken: look "
                "at the choices and type it again."
            )
            outputs = [Sentence("refused", "moved_meanwhile", text)]
        else:
            outputs = await self._choose(stands, line)
        return outputs if Leave() in outputs else [*outputs, stands.footer()]

    async def _choose(self, stands: Standing, line: str) -> list[Output]:
        turn = stands.turn
        try:
            choice = _meant(turn, line)
        except UnknownChoice as refusal:
            return [stands.refused(refusal)]
        chosen = Choose(choice.id, turn.number, choice.role)
        key = self._key(stands, choice.id)
        return await self._act(stands, line, lambda: self.host.submit(stands.name, chosen, key=key))

    def _key(self, stands: Standing, what: str) -> str:
        """The same for what is typed again since the store did not answer, and never for another
        turn."""
        return f"{self._keys}{len(stands.entries)}:{what}"

    async def _act(
        self, stands: Standing, line: str, act: Callable[[], Awaitable[Answer]]
    ) -> list[Output]:
        """Let something happen, and show what came of it, and what came before it."""
        outputs: list[Output] = []
        async with self._lock:
            try:
                await act()
            except HeartlineError as refusal:
                outputs.append(stands.refused(refusal))
            try:
                outputs += await stands.news(line)
            except StoreUnavailable:
                pass  # which has been said
            except HeartlineError as refusal:
                outputs.append(stands.refused(refusal))
        return outputs

    async def _command(self, stands: Standing, line: str) -> list[Output]:
        try:
            name, argument = command_of(line, stands.speed)
        except Unclear as unclear:
            return [Sentence("refused", "unknown_command", str(unclear), unclear.nearest)]
        key = self._key(stands, f":{name} {argument}")
        if name == "quit":
            return [Leave()]
        if name == "undo":
            return await self._act(stands, line, lambda: self.host.undo(stands.name, key=key))
        if name == "event":
            event = Send(argument, stands.turn.number)
            return await self._act(
                stands, line, lambda: self.host.submit(stands.name, event, key=key)
            )
        if name == "wait":
            return await self._wait(stands, argument)
        try:
            return await stands.page(name, argument)
        except HostError as refusal:
            return [stands.refused(refusal)]

    async def _wait(self, stands: Standing, argument: str) -> list[Output]:
        """Let time pass, on a clock that runs fast."""
        now = self.host.touching.now()
        try:
            until = passing(argument, now, stands.turn)
        except ValueError as fault:
            return [Sentence("refused", "unclear_wait", str(fault), (":wait 1d", ":wait 2h30m"))]
        seen = len(stands.entries)
        while (left := (until - self.host.touching.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left / stands.speed, _GLANCE))
        outputs = await self._act(
            stands, ":wait", lambda: self.host.submit(stands.name, Tick())
        )  # fmt: skip
        if outputs or len(stands.entries) > seen:
            return outputs
        return [with_wait(stands.shown(again=True, brief=True, moved=False), now)]

    # What happens meanwhile -----------------------------------------------------------------------

    async def _follow(self, stands: Standing) -> None:
        """Show what happens, for as long as the conversation is there."""
        away = False
        while True:
            try:
                await self.host.store.wait(stands.name, len(stands.entries), _LOOK)
                async with self._lock:
                    before = stands.turn.number
                    news = await stands.news(None)
                    if away:
                        news.insert(0, Sentence("note", "store_back", "The store answers again."))
                    away = False
                    self._moved_on = self._moved_on or stands.turn.number != before
                    if news:
                        await self._aside([*news, stands.footer()])
            except UnknownConversation:
                text = "This conversation was deleted: nothing of it is left. :quit to stop."
                await self._aside([Sentence("warning", "deleted", text)])
                return
            except HostError as fault:
                if not away:
                    away = True
                    await self._aside([Sentence("warning", pages.refusal_code(fault), str(fault))])
                await asyncio.sleep(_AGAIN)

    async def _aside(self, outputs: list[Output]) -> None:
        async with self.source.aside():
            self.sink.show(outputs)

    def _leave(self, reason: str, code: int) -> int:
        """Say how to come back."""
        stands = self._stands
        if stands is None:
            return code
        sentence = "The conversation is over; the store keeps it."
        if not self.again:
            sentence = "The conversation is not kept: it ends with this program."
        elif not stands.over:
            sentence = (
                f"You stopped at turn {stands.turn.number}, and the conversation goes on in the "
                f"store. To come back: {self.again}"
            )
        self.sink.about_run(
            sentence, type="left", reason=reason, over=stands.over, outcome=stands.turn.outcome,
            resume=None if stands.over or not self.again else self.reference,
        )  # fmt: skip
        return code


def _meant(turn: Turn, line: str) -> Choice:
    """The choice that these words mean; "Let go" means let_go too."""
    with contextlib.suppress(UnknownChoice):
        return turn.find("_".join(line.lower().split()))
    return turn.find(line)
