"""The player as a pure value machine: a typed line goes in, outputs come out, nothing else moves.

What is typed at a terminal, a line of a script, a line from a pipe and a line of a test are the
same words and take the same way through `Session.feed`, which never raises: what is not
understood, or cannot be done, gives a sentence with the nearest choices and changes nothing.

A line is a choice (its number, its id, or a prefix of one id), a command that begins with a
colon, a comment that begins with #, or empty: then the present turn is shown again. Files are not
touched here; `SaveWanted` and `RecordWanted` ask for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from heartline.clock import ManualClock
from heartline.durations import parse_duration
from heartline.errors import (
    CallerError,
    ChoiceClosed,
    ConversationOver,
    DrawImpossible,
    HeartlineError,
    UnknownChoice,
)
from heartline.frontends.terminal import pages
from heartline.frontends.terminal.beginning import begin, play_again
from heartline.frontends.terminal.drawing import read_draws, told
from heartline.frontends.terminal.output import (
    Began,
    Footer,
    Leave,
    Output,
    RecordWanted,
    Restarted,
    SaveWanted,
    Sentence,
    TurnShown,
)
from heartline.frontends.terminal.record import Record, Saved
from heartline.frontends.terminal.words import Unclear, clean, find_command
from heartline.turn import Said

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from heartline import Conversation, Scenario
    from heartline.frontends.terminal.record import Beginning
    from heartline.snapshot import Snapshot
    from heartline.turn import Choice, Turn

__all__ = ["Session"]


class Session:
    """One conversation that is being played; made by `begin` or `resume`."""

    def __init__(
        self,
        scenario: Scenario,
        conversation: Conversation,
        clock: ManualClock,
        beginning: Beginning,
        record: Record,
        *,
        path: str = "",
        resumed: bool = False,
        draws: tuple[str, ...] = (),
    ) -> None:
        self.scenario = scenario
        self._edited = scenario  # the file as it is now, where this conversation cannot go on in it
        self.path = path
        self.beginning = beginning
        self.record = record
        self.resumed = resumed
        self._draws = draws  # what the engine's roles were told to draw in the next step
        self._conversation = conversation
        self._clock = clock
        self._commands: dict[str, Callable[[str, str], list[Output]]] = {
            "wait": self._wait,
            "undo": self._undo,
            "restart": self._restart,
            "event": self._event,
            "save": self._save,
            "record": self._record,
            "draw": self._draw,
            "quit": lambda _argument, _typed: [Leave()],
        }

    @classmethod
    def begin(cls, scenario: Scenario, beginning: Beginning, *, path: str = "") -> Session:
        """Start a conversation; raises InputError for values that cannot be, and DrawImpossible."""
        conversation, clock = begin(scenario, beginning)
        session = cls(scenario, conversation, clock, beginning, Record(), path=path)
        session.record.began(session.turn)
        return session

    @classmethod
    def resume(cls, scenario: Scenario, saved: Saved, *, path: str = "") -> Session:
        """Take up a saved conversation; raises SnapshotError where it does not fit."""
        played = play_again(scenario, saved)
        if played is not None:
            conversation, clock = played
        else:  # another version of the scenario, or one that was edited on the way
            clock = ManualClock(datetime.fromisoformat(saved.now))
            conversation = scenario.resume(saved.snapshot, clock=clock)
        record = Record(list(saved.way), list(saved.transcript))
        return cls(
            scenario, conversation, clock, saved.beginning, record,
            path=path, resumed=True, draws=saved.draws,
        )  # fmt: skip

    @property
    def turn(self) -> Turn:
        """The present turn, without lines that are meant for others than the players here."""
        turn = self._conversation.turn
        if any(line.only_to is not None for line in turn.lines):
            roles = self.scenario.machine.roles
            here = {None, *self.beginning.persons}
            here.update(role for role in roles if not roles[role].engine)
            turn = turn._replace(lines=tuple(line for line in turn.lines if line.only_to in here))
        return turn

    @property
    def position(self) -> Snapshot:
        """Where the conversation stands, with what no player is shown: for authors."""
        return self._conversation.position

    @property
    def over(self) -> bool:
        """Whether the conversation has ended."""
        return self.turn.outcome is not None

    @property
    def now(self) -> datetime:
        """The player's time (aware, UTC): it moves by :wait alone."""
        return self._clock.now()

    @property
    def untouched(self) -> bool:
        """Whether nothing has been done yet."""
        return not self.record.way

    def saved(self) -> Saved:
        """Everything that is needed to go on from here."""
        return Saved(
            scenario=self.scenario.id,
            version=self.scenario.version,
            title=self.scenario.title,
            path=self.path,
            beginning=self.beginning,
            now=self.now.isoformat(),
            over=self.over,
            snapshot=self._conversation.snapshot(),
            way=tuple(self.record.way),
            transcript=tuple(self.record.transcript),
            draws=self._draws,
        )

    def opening(self) -> list[Output]:
        """What to show before the first line is typed."""
        began = Began(
            self.scenario.id,
            self.scenario.version,
            self.scenario.title,
            self.beginning.seed,
            self.resumed,
        )
        shown = self._shown(None, again=self.resumed)
        if self.resumed and not shown.turn.lines and self.record.transcript:
            said = self.record.transcript[-1]["lines"]
            lines = tuple(
                Said(line["speaker"], line["name"], line["text"], None, "") for line in said
            )
            shown = replace(shown, turn=shown.turn._replace(lines=lines))
        return [began, shown, self._footer()]

    def feed(self, line: str) -> list[Output]:
        """Take one typed line. Never raises: a refusal is an output and has changed nothing."""
        typed = clean(line)
        if typed.startswith("#"):
            return []
        if not typed:
            return [self._shown(None, again=True), self._footer()]
        act = self._command if typed.startswith(":") else self._choose
        return self._answered(lambda: act(typed))

    def take(self, choice: str, role: str | None, turn: int | None) -> list[Output]:
        """Take a choice by its whole id, as a test does, in answer to the present turn or another.
        Never raises, as `feed`."""
        return self._answered(lambda: self._take(choice, role, turn, choice))

    def report(self, event: str, turn: int | None) -> list[Output]:
        """Report an event, likewise."""
        return self._answered(lambda: self._report(event, turn, f":event {event}"))

    def _answered(self, act: Callable[[], list[Output]]) -> list[Output]:
        try:
            outputs = act()
        except HeartlineError as refusal:
            outputs = [self._refused(refusal)]
        return outputs if Leave() in outputs else [*outputs, self._footer()]

    def adopt(self, scenario: Scenario) -> list[Output]:
        """Go on in an edited scenario where this one stands, or say why that cannot be."""
        try:
            conversation = scenario.adopt(self._conversation.snapshot(), clock=self._clock)
        except HeartlineError as refusal:
            self._edited = scenario
            return [
                Sentence(
                    "warning",
                    "reload_refused",
                    f"The file was edited. {refusal} It goes on as the file was before; :restart "
                    "begins anew with the edited one.",
                ),
                self._footer(),
            ]
        self._conversation = conversation
        self.scenario = self._edited = scenario
        return [
            Sentence("note", "reloaded", "The file was edited; the conversation goes on in it."),
            self._shown(None, again=True),
            self._footer(),
        ]

    def words(self) -> list[str]:
        """What could be typed now: ids and commands, for completion."""
        return pages.words(self.turn, undo=self.scenario.machine.undo)

    def _command(self, typed: str) -> list[Output]:
        word, _, argument = typed[1:].strip().partition(" ")
        argument = argument.strip()
        try:
            command = find_command(word)
        except Unclear as unclear:
            return [Sentence("refused", "unknown_command", str(unclear), unclear.nearest)]
        if argument and not command.argument:
            return [
                Sentence(
                    "refused",
                    "unwanted_argument",
                    f":{command.name} stands alone: nothing follows it.",
                    (f":{command.name}",),
                )
            ]
        act = self._commands.get(command.name)
        if act is not None:
            return act(argument, typed)
        return pages.page(
            command.name,
            argument,
            self._conversation,
            self.scenario,
            self.record,
            self.beginning.seed,
        )

    def _choose(self, typed: str) -> list[Output]:
        if self.over:
            back = ":undo takes the last step back, " if self.scenario.machine.undo else ""
            raise ConversationOver(f"The conversation is over: {back}:restart begins anew.")
        choice = self._meant(typed)
        return self._take(choice.id, choice.role, None, typed)

    def _take(self, choice: str, role: str | None, turn: int | None, typed: str) -> list[Output]:
        before = self.turn.number
        answered = before if turn is None else turn
        role = role or next((each.role for each in self.turn.choices if each.id == choice), None)
        now = self._conversation.choose(choice, role=role, turn=answered, draws=self._draws)
        return self._moved({"choose": choice, "role": role}, typed, now, before)

    def _meant(self, typed: str) -> Choice:
        """The choice that these words mean; "Let go" means let_go too."""
        turn = self.turn
        try:
            return turn.find("_".join(typed.lower().split()))
        except UnknownChoice:
            return turn.find(typed)  # for the sentence, in the words that were typed

    def _wait(self, argument: str, typed: str) -> list[Output]:
        before, earlier = self.turn.number, self.now
        length = argument.replace(" ", "") or None
        try:
            draws = self._draws if self._runs_out(length) else ()  # a quiet wait draws nothing
            turn = self._conversation.wait(length, draws=draws)
        except DrawImpossible:
            raise
        except CallerError as refusal:
            return [Sentence("refused", "unclear_wait", str(refusal), (":wait 1d", ":wait 2h30m"))]
        waited = self.now - earlier
        return self._moved({"wait": waited.total_seconds()}, typed, turn, before, waited)

    def _event(self, argument: str, typed: str) -> list[Output]:
        if not argument:
            return [Sentence("refused", "no_name", "Which event? Write :event and its name.", ())]
        return self._report(argument, None, typed)

    def _report(self, event: str, turn: int | None, typed: str) -> list[Output]:
        before = self.turn.number
        answered = before if turn is None else turn
        now = self._conversation.send(event, turn=answered, draws=self._draws)
        return self._moved({"event": event}, typed, now, before)

    def _undo(self, _argument: str, _typed: str) -> list[Output]:
        state = self.turn.state
        turn = self._conversation.undo()
        self.record.undone(turn.number, self.now)
        return [
            Sentence("note", "undone", "The last step is taken back."),
            self._shown(None, again=True, moved=turn.state != state),
        ]

    def _restart(self, _argument: str, _typed: str) -> list[Output]:
        self._conversation, self._clock = begin(self._edited, self.beginning)
        self._draws = ()
        self.scenario = self._edited
        self.record = Record()
        self.record.began(self.turn)
        self.resumed = False
        return [Restarted(), *self.opening()[:-1]]

    def _save(self, argument: str, _typed: str) -> list[Output]:
        if not argument:
            return [
                Sentence(
                    "refused", "no_name", "In which file? Write :save and its name.",
                    (f":save {self.scenario.id}.json",),
                )
            ]  # fmt: skip
        return [SaveWanted(argument)]

    def _record(self, argument: str, _typed: str) -> list[Output]:
        if argument and not self.untouched:
            return [RecordWanted(argument)]
        code, text = "no_name", "In which test file? Write :record and its name."
        if argument:
            code, text = "nothing_done", "Nothing has been done yet that a test could hold."
        return [Sentence("refused", code, text, (":record tests.yaml",))]

    def _draw(self, argument: str, _typed: str) -> list[Output]:
        draws = read_draws(argument, self.scenario.machine, self.beginning.persons)
        before, self._draws = self._draws, draws
        return [told(draws, before)]

    def _runs_out(self, length: str | None) -> bool:
        """Whether something runs out within this time; False for what is no length."""
        deadlines = self._conversation.position.deadlines
        try:
            until = (
                self.now + parse_duration(length) if length else datetime.max.replace(tzinfo=UTC)
            )
        except (ValueError, OverflowError):
            return False
        return bool(deadlines) and deadlines[0].due <= until

    def _moved(
        self,
        move: dict[str, Any],
        typed: str,
        turn: Turn,
        before: int,
        waited: timedelta | None = None,
    ) -> list[Output]:
        new = turn.number != before
        if new and self._draws:
            move, self._draws = {**move, "draws": list(self._draws)}, ()
        earlier = self.record.transcript[-1]["state"] if self.record.transcript else None
        self.record.moved(move, typed, self.turn, self.now, new=new)
        shown = self._shown(typed, again=not new, moved=turn.state != earlier)
        return [replace(shown, brief=not new, waited=waited)]

    def _shown(self, typed: str | None, *, again: bool, moved: bool = True) -> TurnShown:
        cast = {role: info.name for role, info in self.scenario.file.cast.items()}
        names = pages.names(self.turn, self.record, cast)
        return TurnShown(self.turn, self.now, typed, again=again, moved=moved, names=names)

    def _footer(self) -> Footer:
        return Footer(self.turn.support is not None, self.over, self.scenario.machine.undo)

    def _refused(self, refusal: HeartlineError) -> Sentence:
        words = str(refusal)
        if isinstance(refusal, ChoiceClosed):  # players know the label, not the id
            words = f"That cannot be chosen now: {refusal.reason}"
        elif isinstance(refusal, DrawImpossible):
            words = f"{refusal} (:draw alone lets the seed decide again.)"
        return Sentence(
            "refused",
            pages.refusal_code(refusal),
            words,
            tuple(choice.id for choice in self.turn.choices if choice.enabled),
        )
