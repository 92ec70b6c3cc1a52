"""A conversation of a store as a terminal has shown it, and what is to be shown of it next.

It knows the log as far as it has been shown. What has come after that is news, whoever it came
from: the one who types here, another terminal, or time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import ChoiceClosed, StaleTurn, StoreUnavailable
from heartline.frontends.terminal import meanwhile, pages
from heartline.frontends.terminal.hostedwords import page
from heartline.frontends.terminal.output import Began, Footer, Output, Sentence, TurnShown
from heartline.host.values import SEATED, UNDONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.errors import HeartlineError
    from heartline.host.host import Host
    from heartline.host.turning import Held
    from heartline.host.values import Entry
    from heartline.turn import Turn

__all__ = ["Standing"]


class Standing:
    """Where the conversation `name` (its id) stands; made by `of`.

    `mine` begins the keys of what is done at this terminal.
    """

    def __init__(self, host: Host, name: str, mine: str, held: Held, turn: Turn) -> None:
        self.host = host
        self.name = name
        self.turn = turn
        self.entries: list[Entry] = []  # the log, as far as it has been shown
        self._mine = mine
        self._held = held

    @classmethod
    async def of(cls, host: Host, name: str, mine: str) -> Standing:
        """Raises HostError, UnknownConversation."""
        held, turn = await _present(host, name)
        found = cls(host, name, mine, held, turn)
        found.entries += await host.touching.entries(name, held.record.sequence)
        return found

    @property
    def over(self) -> bool:
        """Whether the conversation has ended."""
        return self.turn.outcome is not None

    @property
    def undo(self) -> bool:
        """Whether turns can be taken back."""
        return self._held.scenario.machine.undo

    @property
    def speed(self) -> float:
        """How many times as fast as the machine's the clock runs; 0 for the machine's own."""
        return float(getattr(self.host.clock, "speed", 0.0))

    def opening(self, *, resumed: bool) -> list[Output]:
        """What to show first: where it goes on, also what has happened by itself since somebody
        did something."""
        scenario = self._held.scenario
        seed = self._held.snapshot.seed
        began = Began(scenario.id, scenario.version, scenario.title, seed, resumed)
        news = meanwhile.since_last_act(self.entries)
        told = [self._meanwhile(news)] if news else []
        turns = any(entry.kind != SEATED for entry in news)  # with which what was said is shown
        return [began, *told, self.shown(again=resumed, brief=turns), self.footer()]

    async def news(self, typed: str | None) -> list[Output]:
        """What has happened since it was shown last, with what can be done now; empty where that
        is nothing. `typed` is the line that may have led to it. Raises HostError,
        UnknownConversation."""
        held, turn = await _present(self.host, self.name)
        seen = len(self.entries)
        if held.record.sequence <= seen:
            return []
        new = await self.host.store.log(self.name, seen, held.record.sequence - seen)
        moved = turn.state != self.turn.state
        self._held, self.turn = held, turn
        self.entries += new
        answered = typed is not None and (new[-1].key or "").startswith(self._mine)
        told = new[:-1] if answered else new
        outputs: list[Output] = [self._meanwhile(told)] if told else []
        if answered and new[-1].kind == UNDONE:
            outputs.append(Sentence("note", "undone", "The last step is taken back."))
        shown = self.shown(typed, again=not answered, brief=not answered, moved=moved)
        return [*outputs, shown]

    def _meanwhile(self, entries: Sequence[Entry]) -> Output:
        machine, persons = self._held.scenario.machine, self._held.snapshot.persons
        return meanwhile.meanwhile(entries, machine, persons, self.speed or 1.0)

    def shown(
        self, typed: str | None = None, *, again: bool, brief: bool = False, moved: bool = True
    ) -> TurnShown:
        """The present turn."""
        scenario, persons = self._held.scenario, self._held.snapshot.persons
        cast = {role: info.name for role, info in scenario.file.cast.items()}
        record = meanwhile.so_far(self.entries, scenario.machine, persons)
        names = pages.names(self.turn, record, cast)
        now = max(self.host.touching.now(), self.turn.time)
        return TurnShown(self.turn, now, typed, again=again, brief=brief, moved=moved, names=names)

    def footer(self) -> Footer:
        """The last line of a screen."""
        return Footer(self.turn.support is not None, self.over, self.undo)

    async def page(self, name: str, argument: str) -> list[Output]:
        """The answer to a command that only looks. Raises HostError."""
        held, turn = self._held, self.turn
        if name == "vars":  # the present turn does not know them where others have led to it
            path = await self.host.touching.path(held.record, self.entries)
            turn = turn._replace(changes=path[-1].changes)
        record = meanwhile.so_far(self.entries, held.scenario.machine, held.snapshot.persons)
        clock = self.host.clock
        return page(name, argument, held.scenario, held.snapshot, clock, turn, record)

    def refused(self, refusal: HeartlineError) -> Sentence:
        """Why something was not done, with what could be."""
        words = str(refusal)
        if isinstance(refusal, ChoiceClosed):  # players know the label, not the id
            words = f"That cannot be chosen now: {refusal.reason}"
        elif isinstance(refusal, StaleTurn):
            words = "That came too late: the conversation has gone on meanwhile."
        elif isinstance(refusal, StoreUnavailable):
            words += " Nothing is lost: type it again in a moment, and it happens once."
        ids = tuple(choice.id for choice in self.turn.choices if choice.enabled)
        return Sentence("refused", pages.refusal_code(refusal), words, ids)


async def _present(host: Host, name: str) -> tuple[Held, Turn]:
    """Where the conversation stands in the store, without lines that are meant for others."""
    touching = host.touching
    held = await touching.hold(await touching.record(name))
    turn = (await touching.present(held)).turn
    lines = meanwhile.heard(turn.lines, held.scenario.machine, held.snapshot.persons)
    return held, turn._replace(lines=lines)
