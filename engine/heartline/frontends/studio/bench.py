"""A scenario on the bench: the session of the terminal, and what an author needs around it.

Pure but for the files that `:save` and `:record` ask for. What is typed, pressed or clicked ends in
`feed`, `jump` or `again`; each gives outputs to show, as a session does, and none of them raises.

A conversation has a way that was gone, and perhaps a way `ahead`: what was gone once and jumped
back from. Who goes another way from there forgets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartline.errors import HeartlineError
from heartline.frontends.terminal.beginning import begin
from heartline.frontends.terminal.output import RecordWanted, SaveWanted, Sentence
from heartline.frontends.terminal.record import Record
from heartline.frontends.terminal.saving import NotSaved, write_save
from heartline.frontends.terminal.session import Session
from heartline.frontends.terminal.strict import Strict
from heartline.frontends.terminal.watching import refused
from heartline.moves import play_move

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.conversation import Scenario
    from heartline.diagnostics import Diagnostic
    from heartline.frontends.studio.reading import Reading
    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.record import Beginning
    from heartline.frontends.terminal.strict import Stands
    from heartline.snapshot import Frame

__all__ = ["Bench", "Step"]

Move = dict[str, Any]
_AGAIN = Sentence(
    "note", "again", "a begins anew in the edited file and goes the same way, as far as it goes."
)
_MOVING = ("choose", "role", "wait", "event", "draws")  # what is played again of a move


@dataclass(frozen=True, slots=True)
class Step:
    """A place in the history. `typed` led to it, a choice by its id; None led to the beginning.
    `place` is "past", "here" or "ahead"."""

    number: int
    typed: str | None
    turn: int
    state: str
    moment: str
    place: str


class Bench:
    """One scenario and one conversation in it. `path` is how a test or a save finds the scenario.

    `session` is None as long as the file could never be played. `before` is the frame that the last
    step began with, `findings` is what is wrong with the file, and `fault` why the file, as it is
    now, cannot be played.
    """

    def __init__(self, beginning: Beginning, *, path: str = "") -> None:
        self.beginning = beginning
        self.path = path
        self.session: Session | None = None
        self.scenario: Scenario | None = None  # the file as it could be played last
        self.before: Frame | None = None
        self.ahead: tuple[Move, ...] = ()
        self.findings: tuple[Diagnostic, ...] = ()
        self.fault: HeartlineError | None = None
        self._strict = Strict()

    @property
    def promises(self) -> tuple[Stands, ...]:
        """How the play stands with what the scenario promises."""
        return self._strict.stands

    def take_up(self, reading: Reading) -> list[Output]:
        """Go on in the file as it was read now; where it cannot be, say why and go on as before."""
        self.fault = reading.fault
        if reading.fault is not None:
            self.findings = getattr(reading.fault, "diagnostics", ())
            return [refused(reading.fault)] if self.session is not None else []
        assert reading.scenario is not None
        self.scenario = reading.scenario
        if self.session is None:
            return self.begin(self.beginning)
        outputs = self.session.adopt(reading.scenario)
        if self.session.scenario is reading.scenario:
            self.before = None
        else:
            outputs.append(_AGAIN)
        return [*outputs, *self._held()]

    def begin(self, beginning: Beginning) -> list[Output]:
        """Begin anew, with another seed or other inputs."""
        if self.scenario is None:
            return [_nothing()]
        try:
            session = Session.begin(self.scenario, beginning, path=self.path)
        except HeartlineError as refusal:
            return [Sentence("refused", "not_begun", str(refusal))]
        self.beginning, self.session = beginning, session
        self.before, self.ahead = None, ()
        return [*session.opening(), *self._held()]

    def feed(self, line: str) -> list[Output]:
        """Take a typed line, as `heartline play` does."""
        return self._act(lambda session: session.feed(line))

    def choose(self, choice: str, role: str) -> list[Output]:
        """Take a choice that was pressed or clicked."""
        return self._act(lambda session: session.take(choice, role, None))

    def _act(self, act: Callable[[Session], list[Output]]) -> list[Output]:
        session = self.session
        if session is None:
            return [_nothing()]
        way, frame, scenario = list(session.record.way), session.position.frame, session.scenario
        outputs = [self._carried(output) for output in act(session)]
        now = session.record.way
        if now != way:
            self.ahead = _ahead(way, now, self.ahead)
            went_on = len(now) > len(way) and scenario is session.scenario
            self.before = frame if went_on else None
        return [*outputs, *self._held()]

    @property
    def here(self) -> int:
        """The number of the present step of the history; 0 is the beginning."""
        return len(self.session.record.way) if self.session is not None else 0

    def history(self) -> list[Step]:
        """All steps that can be jumped to, from the beginning to the end of the way ahead."""
        session = self.session
        if session is None:
            return []
        states = session.scenario.machine.states
        first = session.record.transcript[0]
        moves: list[Move] = [
            {"typed": None, "turn": 0, "state": first["state"], "now": self.beginning.start},
            *session.record.way,
            *self.ahead,
        ]
        return [
            Step(
                number,
                move.get("choose", move["typed"]),
                move["turn"],
                states[move["state"]].title if move["state"] in states else move["state"],
                move["now"],
                "here" if number == self.here else "past" if number < self.here else "ahead",
            )
            for number, move in enumerate(moves)
        ]

    def jump(self, to: int) -> list[Output]:
        """Go to a step of the history, by going the way to it again."""
        session = self.session
        if session is None:
            return [_nothing()]
        way = [*session.record.way, *self.ahead]
        if not 0 <= to <= len(way):
            where = "This is the beginning." if to < 0 else "Nothing lies ahead of this step."
            return [Sentence("refused", "nowhere", where)]
        assert self.scenario is not None
        told = "Back" if to < self.here else "Forward"
        found = self._gone(self.scenario, way[:to])
        if isinstance(found, Sentence) and session.scenario is not self.scenario:
            found = self._gone(session.scenario, way[:to])
            told = "In the file as it was before the edit: back"
        if isinstance(found, Sentence):
            return [found]
        self.session, self.ahead = found, tuple(way[to:])
        where = f"to step {to}" if to else "to the beginning"
        return [Sentence("note", "jumped", f"{told} {where}."), *self._held()]

    def again(self) -> list[Output]:
        """Begin anew in the file as it is now, and go the same way as far as it goes."""
        session = self.session
        if session is None or self.scenario is None:
            return [_nothing()]
        way = list(session.record.way)
        try:
            played, gone, why = self._follow(self.scenario, way)
        except HeartlineError as refusal:
            return [Sentence("refused", "not_begun", str(refusal))]
        self.session, self.ahead = played, ()
        if gone == len(way):
            return [Sentence("note", "played_again", "The same way, played again."), *self._held()]
        text = (
            f"Played again as far as it goes: step {gone + 1} ({_named(way[gone])}) is not "
            f"possible any more. {why}"
        )
        return [Sentence("warning", "played_again", text), *self._held()]

    def _gone(self, scenario: Scenario, way: Sequence[Move]) -> Session | Sentence:
        """A session that has gone this way to its end."""
        before = self.before
        try:
            session, gone, why = self._follow(scenario, way)
        except HeartlineError as refusal:
            return Sentence("refused", "not_begun", str(refusal))
        if gone == len(way):
            return session
        self.before = before
        text = (
            f"The way there cannot be gone any more: step {gone + 1} ({_named(way[gone])}) is "
            f"refused. {why} (a plays it again as far as it goes.)"
        )
        return Sentence("refused", "way_lost", text)

    def _follow(self, scenario: Scenario, way: Sequence[Move]) -> tuple[Session, int, str]:
        """A session that has gone this way, how many steps of it, and what was in the way of the
        next. Raises InputError, and DrawImpossible."""
        conversation, clock = begin(scenario, self.beginning)
        record = Record()
        session = Session(scenario, conversation, clock, self.beginning, record, path=self.path)
        record.began(session.turn)
        self.before = None
        for gone, move in enumerate(way):
            number, frame = session.turn.number, session.position.frame
            try:
                play_move(conversation, move)
            except HeartlineError as refusal:
                return session, gone, str(refusal)
            turn = session.turn
            played = {name: move[name] for name in _MOVING if name in move}
            record.moved(played, move["typed"], turn, session.now, new=turn.number != number)
            self.before = frame
        return session, len(way), ""

    def _held(self) -> list[Output]:
        return self._strict.look(self.session) if self.session is not None else []

    def _carried(self, output: Output) -> Output:
        """Carry out what an output asks for; gives what to show of it."""
        assert self.session is not None
        try:
            if isinstance(output, SaveWanted):
                path = Path(output.name).expanduser()
                write_save(path, self.session.saved())
                return Sentence("note", "saved", f"Saved as {path}.")
            if isinstance(output, RecordWanted):
                from heartline.frontends.terminal.recorder import Recorder

                recorded = Recorder(output.name, self.path).write(self.session)
                return Sentence("note", "recorded", recorded.sentence)
        except (NotSaved, HeartlineError, RuntimeError) as refusal:
            return Sentence("refused", "not_written", str(refusal))
        return output


def _ahead(before: list[Move], now: list[Move], ahead: tuple[Move, ...]) -> tuple[Move, ...]:
    """What lies ahead after a way became another: taken back, gone on, or gone elsewhere."""
    if now == before[: len(now)]:
        return (*before[len(now) :], *ahead)
    new = now[len(before) :]
    if now[: len(before)] != before or len(new) > len(ahead):
        return ()
    same = all(_core(one) == _core(other) for one, other in zip(new, ahead, strict=False))
    return ahead[len(new) :] if same else ()


def _named(move: Move) -> str:
    return str(move.get("choose", move["typed"]))


def _core(move: Move) -> Move:
    return {name: move[name] for name in _MOVING if name in move}


def _nothing() -> Sentence:
    return Sentence(
        "refused", "not_playable", "The file cannot be played yet: mend it, and save it."
    )
