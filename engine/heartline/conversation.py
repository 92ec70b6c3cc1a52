"""For embedders: a Scenario that is loaded once, and Conversations that are played.

    scenario = heartline.load("scenarios/reconciliation")
    conversation = scenario.start(seed=7, profile="ambivalent")
    turn = conversation.choose("ask_why")

A conversation is a small shell around the pure `start` and `step`: it holds a snapshot, asks its
clock for the time, and keeps earlier snapshots for undo. It never sleeps, prints, or starts
anything. It is not locked: let one thread work on one conversation at a time; scenarios may be
shared by all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline import runtime, stored
from heartline.clock import ManualClock, SystemClock
from heartline.compiler import compile_scenario
from heartline.diagnostics import Diagnostic, Severity
from heartline.durations import parse_duration
from heartline.errors import (
    CallerError,
    NothingToUndo,
    ScenarioError,
    StaleTurn,
    UndoForbidden,
    UnknownChoice,
)
from heartline.files import SCENARIO
from heartline.loader import find_scenario, load_file, load_text, load_texts
from heartline.reasons import explain_choice
from heartline.rendering import changed, look, render
from heartline.snapshot import Choose, Send, Snapshot, Tick

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from heartline.clock import Clock
    from heartline.expressions import Explanation
    from heartline.loader import Loaded
    from heartline.machine import Machine, Way
    from heartline.plan import Slot
    from heartline.runtime import Step
    from heartline.scenario import ScenarioFile
    from heartline.snapshot import Input
    from heartline.turn import Change, Said, Turn

__all__ = ["Conversation", "Scenario", "load", "loads", "made_of"]

UNDO_DEPTH = 50
_Kept = tuple[Snapshot, "tuple[Said, ...]", "tuple[Change, ...]", "tuple[Way, ...]"]


def load(source: str | Path) -> Scenario:
    """Load a scenario from a folder, a file, or by the name of a bundled one.

    Raises ScenarioError, whose `diagnostics` say all that is wrong and where.
    """
    return made_of(load_file(find_scenario(source)))


def loads(text: str | bytes | Mapping[str, str], name: str = "scenario.yaml") -> Scenario:
    """Load a scenario from a text; `name` stands in the diagnostics. Raises ScenarioError.

    A scenario of several files is loaded from a mapping of their texts by their paths, such as
    `Scenario.files`; `name` is the one to begin with. Nothing is read from the disk.
    """
    if isinstance(text, str | bytes):
        return made_of(load_text(text, name))
    return made_of(load_texts(text, name))


def made_of(loaded: Loaded) -> Scenario:
    """The scenario that was read. Raises ScenarioError."""
    compiled = compile_scenario(loaded)
    if compiled.machine is None or loaded.file is None:
        errors = [found for found in compiled.diagnostics if found.severity is Severity.ERROR]
        first = str(errors[0]) if errors else "it holds no scenario"
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ScenarioError(f"The scenario cannot be used: {first}{more}", compiled.diagnostics)
    return Scenario(
        loaded.file, compiled.machine, compiled.diagnostics, compiled.files, loaded.inside
    )


class Scenario:
    """A scenario, ready to be played: what its file says, and the machine made of it.

    `files` are the texts that it was loaded from, by their paths in its folder, of which `main` is
    the one to begin with: `loads(scenario.files, scenario.main)` is the same scenario again. There
    are none of a scenario that was made in another way.
    """

    __slots__ = ("diagnostics", "file", "files", "machine", "main")

    def __init__(
        self,
        file: ScenarioFile,
        machine: Machine,
        diagnostics: tuple[Diagnostic, ...] = (),
        files: Mapping[str, str] | None = None,
        main: str = SCENARIO,
    ) -> None:
        self.file: ScenarioFile = file
        self.machine: Machine = machine
        self.diagnostics: tuple[Diagnostic, ...] = diagnostics
        self.files: Mapping[str, str] = files or {}
        self.main: str = main

    def __repr__(self) -> str:
        return f"<Scenario {self.id} {self.version}: {len(self.machine.leaves)} leaf states>"

    def _repr_html_(self) -> str:
        """The diagram, for notebooks."""
        from heartline.frontends.notebook import scenario_html

        return scenario_html(self)

    def _repr_markdown_(self) -> str:
        from heartline.frontends.notebook import scenario_markdown

        return scenario_markdown(self)

    def with_machine(self, machine: Machine) -> Scenario:
        """The same scenario, played by another machine: one that observes."""
        return Scenario(self.file, machine, self.diagnostics, self.files, self.main)

    @property
    def id(self) -> str:
        """The scenario's identifier."""
        return self.machine.id

    @property
    def version(self) -> str:
        """The scenario's version."""
        return self.machine.version

    @property
    def title(self) -> str:
        """What people call it."""
        return self.machine.title

    @property
    def inputs(self) -> Mapping[str, Slot]:
        """The variables that may be set at the start."""
        return {slot.symbol[1]: slot for slot in self.machine.slots if slot.input}

    def start(
        self,
        given: Mapping[str, object] | None = None,
        /,
        *,
        seed: int = 0,
        clock: Clock | None = None,
        seats: Collection[str] = (),
        undo_depth: int = UNDO_DEPTH,
        draws: Sequence[str] = (),
        **inputs: object,
    ) -> Conversation:
        """Begin a conversation; `inputs` are values for the scenario's inputs.

        They may also be given as a mapping, before everything else: for programs, and for inputs
        that are called like another argument.

        `seats` names roles of the engine that a person plays in this conversation; `undo_depth`
        is how many turns can be taken back. `draws` are choices, by id, that the engine's roles
        draw first; then the seed decides. Raises InputError, and DrawImpossible.
        """
        clock = clock or SystemClock()
        step = runtime.start(
            self.machine,
            seed=seed,
            now=clock.now(),
            inputs={**(given or {}), **inputs},
            persons=seats,
            draws=draws,
        )
        return Conversation(self, step.snapshot, clock, undo_depth, step)

    def resume(
        self, data: object, *, clock: Clock | None = None, undo_depth: int = UNDO_DEPTH
    ) -> Conversation:
        """Go on with what `Conversation.snapshot` gave.

        Without a clock the system's is used. Raises SnapshotDamaged, or SnapshotMismatch where
        the data belongs to another scenario or a version with another structure.
        """
        snapshot = stored.load(self.machine, data)
        return Conversation(self, snapshot, clock or SystemClock(), undo_depth)

    def adopt(
        self, data: object, *, clock: Clock | None = None, undo_depth: int = UNDO_DEPTH
    ) -> Conversation:
        """Go on, in this edited version, with a conversation of an earlier one.

        For authors at work. Raises SnapshotMismatch, whose `differences` say why it cannot.
        """
        snapshot = stored.adopt(self.machine, data)
        return Conversation(self, snapshot, clock or SystemClock(), undo_depth)


class Conversation:
    """One conversation. Every method that answers gives the turn that follows."""

    __slots__ = (
        "_changes",
        "_earlier",
        "_lines",
        "_ways",
        "_undo_depth",
        "clock",
        "position",
        "scenario",
    )

    def __init__(
        self,
        scenario: Scenario,
        snapshot: Snapshot,
        clock: Clock,
        undo_depth: int = UNDO_DEPTH,
        step: Step | None = None,
    ) -> None:
        self.scenario: Scenario = scenario
        self.clock: Clock = clock
        self.position: Snapshot = snapshot
        self._undo_depth = undo_depth
        self._earlier: list[_Kept] | None = None
        self._lines: tuple[Said, ...] = ()
        self._changes: tuple[Change, ...] = ()
        self._ways: tuple[Way, ...] = ()
        if step is not None:
            self._show(step)

    def __repr__(self) -> str:
        """Without what was said, which is nobody's business in a log."""
        at = self.position
        return f"<Conversation in {self.scenario.id}: turn {at.turn}, at {at.state}>"

    def _repr_html_(self) -> str:
        """The present turn, for notebooks."""
        from heartline.frontends.notebook import conversation_html

        return conversation_html(self)

    def _repr_markdown_(self) -> str:
        from heartline.frontends.notebook import conversation_markdown

        return conversation_markdown(self)

    @property
    def turn(self) -> Turn:
        """The present turn: what was said last, and what can be done now."""
        return look(self.scenario.machine, self.position, self._lines, self._changes)

    @property
    def over(self) -> bool:
        """Whether the conversation has ended."""
        return self.scenario.machine.leaves[self.position.frame[0]].final

    @property
    def ways(self) -> tuple[Way, ...]:
        """The transitions that led to the present turn."""
        return self._ways

    def choose(
        self,
        choice: str,
        *,
        role: str | None = None,
        turn: int | None = None,
        draws: Sequence[str] = (),
    ) -> Turn:
        """Take a choice, named by its id.

        `role` says who chooses; a choice of another role is refused then. `turn` is the number
        of the turn that is answered; without it, the one that was last shown. `draws` are what
        the engine's roles draw first in answer, by id, for tests and rehearsals. Raises
        UnknownChoice, ChoiceClosed, DrawImpossible, ConversationOver, or StaleTurn where a
        deadline has passed in between: the conversation then stands at the turn that the deadline
        led to.
        """
        return self._answer(Choose(choice, turn, role), turn, draws)

    def send(self, event: str, *, turn: int | None = None, draws: Sequence[str] = ()) -> Turn:
        """Report an event that no player is shown. Raises as `choose` does, and UnknownEvent."""
        return self._answer(Send(event, turn), turn, draws)

    def tick(self) -> Turn:
        """Let the deadlines fire that the clock has passed; at a quiet time nothing changes."""
        self._step(Tick())
        return self.turn

    def wait(self, duration: str | timedelta | None = None, *, draws: Sequence[str] = ()) -> Turn:
        """Let time pass on a manual clock: a duration such as "14d", or None for the next deadline.

        `draws` are as in `choose`. Raises CallerError where the clock is not one that can be
        moved, or the duration is no good, and DrawImpossible; ValueError is never raised.
        """
        clock = self.clock
        if not isinstance(clock, ManualClock):
            raise CallerError(
                "This conversation runs on the machine's clock, which cannot be moved: start it "
                "with clock=ManualClock() to let time pass."
            )
        before = clock.now()
        clock.set(max(before, self.position.time))  # a stored story may be ahead of its new clock
        try:
            if duration is None:
                if not self.position.deadlines:
                    raise CallerError("Nothing is running out, so say how long to wait, as in 14d.")
                clock.set(max(clock.now(), self.position.deadlines[0].due))
            else:
                length: object = duration
                if isinstance(duration, str):
                    length = parse_duration(duration)
                if not isinstance(length, timedelta):
                    raise CallerError(
                        f"A wait is a text such as '14d' or a timedelta, not {length!r}."
                    )
                clock.advance(length)
            self._step(Tick(), draws)
        except ValueError as error:
            clock.set(before)
            raise CallerError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        except Exception:
            clock.set(before)
            raise
        return self.turn

    def undo(self) -> Turn:
        """Go back to the turn before. A manual clock goes back too; on another clock the
        deadlines move on by the time that has passed. Raises NothingToUndo, and UndoForbidden where
        the scenario lets nothing be taken back."""
        if not self.scenario.machine.undo:
            raise UndoForbidden
        if not self._earlier:
            raise NothingToUndo(
                "There is nothing to take back: this is the first turn."
                if self._undo_depth
                else "This conversation keeps no earlier turns: start it with undo_depth=50."
            )
        earlier, lines, changes, ways = self._earlier.pop()
        if isinstance(self.clock, ManualClock):
            self.clock.set(earlier.time)
        else:
            earlier = shifted(earlier, self.clock.now() - earlier.time)
        self.position = earlier
        self._lines, self._changes, self._ways = lines, changes, ways
        return self.turn

    def snapshot(self) -> dict[str, Any]:
        """The conversation as data for `json.dumps`; `Scenario.resume` goes on with it."""
        return stored.dump(self.scenario.machine, self.position)

    def explain(
        self, choice: str, *, role: str | None = None, reveal_hidden: bool = False
    ) -> Explanation:
        """What a choice needs and how that stands now; hidden variables only if asked for.

        Raises UnknownChoice.
        """
        machine = self.scenario.machine
        for spec in machine.leaves[self.position.frame[0]].choices:
            if spec.id == choice and role in (None, spec.role):
                return explain_choice(machine, self.position, spec, reveal_hidden=reveal_hidden)
        raise UnknownChoice(f"There is no choice {choice[:60]!r} in {self.position.state!r}.")

    def _answer(self, input: Choose | Send, turn: int | None, draws: Sequence[str]) -> Turn:
        shown = self.position.turn
        self._step(Tick())  # what is due fires, and is kept, whatever becomes of the input
        if turn is None and self.position.turn != shown:
            raise StaleTurn(
                "Time has run out in between: look at the present turn and answer that.",
                shown,
                self.position.turn,
            )
        self._step(input, draws)
        return self.turn

    def _step(self, input: Input, draws: Sequence[str] = ()) -> None:
        machine, now = self.scenario.machine, self.clock.now()
        step = runtime.step(machine, self.position, input, now, tuple(draws))
        if step.snapshot is self.position:
            return
        if self._undo_depth:
            self._earlier = self._earlier or []
            self._earlier.append((self.position, self._lines, self._changes, self._ways))
            del self._earlier[: -self._undo_depth]
        self.position = step.snapshot
        self._show(step)

    def _show(self, step: Step) -> None:
        machine = self.scenario.machine
        self._lines, self._changes = render(machine, step), changed(machine, step)
        self._ways = tuple([taken.way for taken in step.taken])


def shifted(snapshot: Snapshot, by: timedelta) -> Snapshot:
    """The snapshot, as if all of it had happened later by this much."""
    return snapshot._replace(
        time=snapshot.time + by,
        deadlines=tuple(due._replace(due=due.due + by) for due in snapshot.deadlines),
    )
