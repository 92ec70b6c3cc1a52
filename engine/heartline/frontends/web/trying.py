"""An author tries a scenario out, beside the file that is being written.

One play, in memory: its clock is moved by hand, any earlier turn can be gone back to, and when the
file is saved it goes on in what the file says now. Hidden variables are shown, since whoever writes
the file knows them. Conversations of other people are nowhere near.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartline.checking.lint import check
from heartline.clock import ManualClock
from heartline.conversation import load
from heartline.diagram import draw, follow
from heartline.durations import format_duration
from heartline.errors import CallerError, HeartlineError, ScenarioError
from heartline.expressions import TRUE, BoolType, DurationType, EnumType, IntType, write
from heartline.frontends.terminal.pages import shown_value
from heartline.frontends.terminal.watching import Files
from heartline.frontends.wire import as_deadline, as_line
from heartline.reasons import explain_choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.conversation import Conversation, Scenario
    from heartline.diagnostics import Diagnostic
    from heartline.expressions import Explanation
    from heartline.plan import ChoiceSpec

__all__ = ["Step", "Trying"]

MOST_STEPS = 500  # of a play; whoever has come so far begins anew


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the play, and where it led. `move` is what was done (heartline.moves), None for
    the beginning; `words` say it. `values` are the variables as they are shown."""

    move: Mapping[str, Any] | None
    words: str
    turn: int
    state: str
    title: str
    now: datetime
    lines: tuple[Mapping[str, Any], ...]
    values: Mapping[str, str]
    snapshot: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Beginning:
    start: datetime
    seed: int = 0
    inputs: tuple[tuple[str, str], ...] = ()
    seats: tuple[str, ...] = ()


class Trying:
    """A play of the scenario in a file. `version` counts what has changed, `note` is a sentence
    about the file when it was saved last."""

    def __init__(self, path: Path) -> None:
        """Raises ScenarioError where the file cannot be played."""
        self._path = path
        self._files = Files(path)
        self.scenario: Scenario = load(path)
        self.findings: tuple[Diagnostic, ...] = check(path)
        self.version = 1
        self.note = ""
        self.steps: list[Step] = []
        self.begin()

    # What the author does -------------------------------------------------------------------------

    def begin(
        self, seed: int = 0, inputs: Mapping[str, str] | None = None, seats: tuple[str, ...] = ()
    ) -> None:
        """Begin anew. Raises InputError."""
        start = datetime.now(UTC).replace(microsecond=0)
        beginning = _Beginning(start, seed, tuple((inputs or {}).items()), seats)
        clock = ManualClock(start)
        conversation = self.scenario.start(
            dict(beginning.inputs), seed=seed, clock=clock, seats=seats, undo_depth=0
        )
        self._beginning, self._conversation, self._clock = beginning, conversation, clock
        self.steps = [self._step(None, "It begins")]
        self._news()

    def choose(self, choice: str, role: str | None = None) -> None:
        """Take a choice. Raises as Conversation.choose."""
        self._room()
        self._conversation.choose(choice, role=role)
        self._done(
            {"choose": choice, "role": role}, choice if role is None else f"{role}: {choice}"
        )

    def report(self, event: str) -> None:
        """Report an event. Raises as Conversation.send."""
        self._room()
        self._conversation.send(event)
        self._done({"event": event}, f"on {event}")

    def wait(self, length: str | None = None) -> None:
        """Move the clock: by a length such as "14d", or to when something runs out next. Raises
        CallerError."""
        self._room()
        before = self._clock.now()
        self._conversation.wait(length)
        waited = self._clock.now() - before
        self._done({"wait": waited.total_seconds()}, f"{format_duration(waited)} later")

    def jump(self, step: int) -> None:
        """Go back to where it stood after a step; what came later is forgotten. Raises CallerError,
        and SnapshotMismatch where the file has no such place any more."""
        if not 0 <= step < len(self.steps):
            raise CallerError(f"The steps of this play go from 0 to {len(self.steps) - 1}.")
        there = self.steps[step]
        clock = ManualClock(there.now)
        self._conversation = self.scenario.adopt(there.snapshot, clock=clock, undo_depth=0)
        self._clock = clock
        del self.steps[step + 1 :]
        self._news()

    def look(self) -> bool:
        """Look whether the file was saved, and go on in what it says now, if that can be. Gives
        whether anything is new."""
        if self._files.changed() is None:
            return False
        self._files.take()
        self.findings = check(self._path)
        try:
            self._adopt(load(self._path))
            self.note = "The file was saved; the play goes on in it."
        except ScenarioError:
            self.note = (
                "The file was saved, but it cannot be played as it is: see the findings. The play "
                "goes on as the file was before."
            )
        except HeartlineError as refusal:
            self.note = (
                f"The file was saved. {refusal} The play goes on as the file was before: go back "
                "to an earlier step, or begin anew, to play the file as it is now."
            )
        self.version += 1
        return True

    def _adopt(self, scenario: Scenario) -> None:
        """Go on in an edited scenario. Where the play cannot, a new one begins in it."""
        self.scenario = scenario
        snapshot = self._conversation.snapshot()
        self._conversation = scenario.adopt(snapshot, clock=self._clock, undo_depth=0)
        last = self.steps[-1]
        self.steps[-1] = replace(self._step(last.move, last.words), lines=last.lines)

    def _room(self) -> None:
        if len(self.steps) >= MOST_STEPS:
            raise CallerError(f"This play has {MOST_STEPS} steps: go back, or begin anew.")

    def _done(self, move: Mapping[str, Any], words: str) -> None:
        quiet = self._conversation.position.turn == self.steps[-1].turn
        step = self._step(move, words)
        self.steps.append(replace(step, lines=()) if quiet else step)
        self._news()

    def _news(self) -> None:
        """The author has done something, and knows by now what was said of the file."""
        self.version += 1
        self.note = ""

    def _step(self, move: Mapping[str, Any] | None, words: str) -> Step:
        conversation = self._conversation
        turn = conversation.turn
        return Step(
            move, words, turn.number, turn.state, turn.title, self._clock.now(),
            tuple([as_line(line) for line in turn.lines]), _values(conversation),
            conversation.snapshot(),
        )  # fmt: skip

    # What the author sees -------------------------------------------------------------------------

    def told(self) -> dict[str, Any]:
        """All that the view shows, but for the picture: as JSON."""
        conversation = self._conversation
        turn, machine = conversation.turn, conversation.scenario.machine
        return {
            "version": self.version,
            "note": self.note,
            "scenario": {
                "id": machine.id,
                "version": machine.version,
                "title": machine.title,
                "language": machine.language,
            },
            "edited": conversation.scenario is not self.scenario,
            "now": self._clock.now().isoformat(),
            "turn": {
                "number": turn.number,
                "state": turn.state,
                "path": list(turn.path),
                "title": turn.title,
                "tags": list(turn.tags),
                "outcome": turn.outcome,
            },
            "choices": self._choices(),
            "events": self._events(),
            "deadlines": [as_deadline(each, self._clock.now()) for each in turn.deadlines],
            "variables": self._variables(),
            "steps": [_as_step(number, each) for number, each in enumerate(self.steps)],
            "findings": [_as_finding(each) for each in self.findings],
            "beginning": {
                "seed": self._beginning.seed,
                "seats": list(self._beginning.seats),
                "inputs": self._inputs(),
                "engine": [role.id for role in self.scenario.machine.roles.values() if role.engine],
            },
        }

    def picture(self) -> str:
        """The diagram as SVG, with the way taken. Raises DrawingFailed."""
        scenario, beginning = self._conversation.scenario, self._beginning
        trail = follow(
            scenario, start=beginning.start, seed=beginning.seed, inputs=dict(beginning.inputs),
            persons=beginning.seats, moves=[step.move for step in self.steps if step.move],
        )  # fmt: skip
        return draw(scenario.machine, "svg", trail)

    def _choices(self) -> list[dict[str, Any]]:
        conversation = self._conversation
        machine, position = conversation.scenario.machine, conversation.position
        labels = {(each.role, each.id): each for each in conversation.turn.choices}
        found = []
        for spec in machine.leaves[position.frame[0]].choices:
            needs = explain_choice(machine, position, spec, reveal_hidden=True)
            engine = machine.roles[spec.role].engine and spec.role not in position.persons
            shown = labels.get((spec.role, spec.id))
            enabled = spec.enabled(position.frame)
            found.append({
                "id": spec.id,
                "role": spec.role,
                "engine": engine,
                "label": shown.label if shown is not None else None,
                "shown": shown is not None,
                "enabled": enabled,
                "told": shown.reason if shown is not None else None,
                "guard": None if spec.needs == TRUE or not _guarded(spec) else write(spec.needs),
                "needs": [] if enabled else _clauses(needs),
                "weight": None if spec.weight_tree is None else write(spec.weight_tree),
                "tags": list(spec.tags),
            })  # fmt: skip
        return found

    def _events(self) -> list[str]:
        conversation = self._conversation
        leaf = conversation.position.state
        wirings = conversation.scenario.machine.wirings
        here = (each.edge for each in wirings if each.source == leaf and each.edge.kind == "event")
        return list(dict.fromkeys(edge.trigger for edge in here))

    def _variables(self) -> list[dict[str, Any]]:
        before = self.steps[-2].values if len(self.steps) > 1 else self.steps[-1].values
        now = _values(self._conversation)
        slots = self._conversation.scenario.machine.slots
        hidden = {slot.symbol[1]: slot.hidden for slot in slots if slot.symbol[0] == "var"}
        return [
            {
                "name": name,
                "value": value,
                "before": before[name] if before.get(name, value) != value else None,
                "hidden": hidden[name],
            }
            for name, value in now.items()
        ]

    def _inputs(self) -> list[dict[str, Any]]:
        """What a play can begin with, and with what this one did."""
        given = dict(self._beginning.inputs)
        return [
            {
                "name": name,
                "takes": _takes(slot.type),
                "value": given.get(name, ""),
                "otherwise": shown_value(slot.initial),
            }
            for name, slot in self.scenario.inputs.items()
        ]


def _values(conversation: Conversation) -> dict[str, str]:
    """The variables of a scenario, as they are shown, also the hidden ones."""
    machine, frame = conversation.scenario.machine, conversation.position.frame
    return {
        slot.symbol[1]: shown_value(frame[machine.layout[slot.symbol]])
        for slot in machine.slots
        if slot.symbol[0] == "var"
    }


def _takes(kind: object) -> str:
    """What can be written for an input of this type."""
    if isinstance(kind, IntType):
        return f"from {kind.low} to {kind.high}"
    if isinstance(kind, EnumType):
        return f"one of {', '.join(kind.values)}"
    if isinstance(kind, DurationType):
        return f"one of {', '.join(map(format_duration, kind.values or ()))}"
    return "yes or no" if isinstance(kind, BoolType) else "a text"


def _guarded(spec: ChoiceSpec) -> bool:
    return bool(spec.conditions) or all(when is not None for when in spec.branches)


def _clauses(needs: Explanation) -> list[str]:
    """What stands in the way, each exactly as the guard has it."""
    parts = [each for each in needs.clauses if each.exact] or [needs]
    return [part.exact or part.text for part in parts]


def _as_step(number: int, step: Step) -> dict[str, Any]:
    return {
        "number": number,
        "words": step.words,
        "turn": step.turn,
        "state": step.state,
        "title": step.title,
        "now": step.now.isoformat(),
        "lines": list(step.lines),
    }


def _as_finding(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "file": Path(found.location.file).name,
        "line": found.location.line,
        "column": found.location.column,
        "hint": found.hint,
    }
