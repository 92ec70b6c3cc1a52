"""What was played becomes a test: the same moves, and what came of each as its expectations.

The moves are played again, from the start, on the scenario as it is now; of each turn is noted

    the state, and the outcome where it is over,
    the lines, word for word, but not those that were said to somebody else alone,
    all the choices that could be taken,
    the timers that run and what is left of them (`running: []` where the last has ended),
    what the engine's roles drew, as `draw`, so that the test depends on no seed for it.

The seed is kept all the same: it decides which of several texts of a line is said. Waits in which
nothing happens are joined to the wait that follows. A wait that was typed without a length becomes
`wait_until`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline import runtime
from heartline.chance import MASK
from heartline.clock import STORY_START, ManualClock
from heartline.conversation import Conversation
from heartline.durations import LONGEST, format_duration
from heartline.errors import HeartlineError
from heartline.inputs import first_frame
from heartline.moves import play_move
from heartline.testing.files.table import COLUMN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from heartline.conversation import Scenario
    from heartline.moves import Move
    from heartline.runtime import Step
    from heartline.testing.making.writing import Plain
    from heartline.turn import Said, Turn

__all__ = ["NotRecorded", "Played", "name_for", "record"]


class NotRecorded(HeartlineError):
    """The way cannot be played again, so there is no test to make of it."""


@dataclass(frozen=True, slots=True)
class Played:
    """A conversation that was played: how it began, and its moves (`heartline.moves`)."""

    seed: int
    start: datetime
    inputs: Mapping[str, object]
    seats: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()
    moves: Sequence[Move] = ()


class _Moment(NamedTuple):
    """What one move led to, `turn` and `now`. `new`: to another turn. `waited` is how long it was
    waited for, and `until` the timer that ran out just then."""

    move: Move
    new: bool
    turn: Turn
    now: datetime
    drawn: tuple[str, ...] = ()
    waited: timedelta | None = None
    until: str | None = None
    ambiguous: bool = False  # the choice could be another role's


def record(
    scenario: Scenario, played: Played, *, defaults: Mapping[str, Any] | None = None
) -> Plain:
    """The test, as what its YAML says (`writing`). `defaults` are those of the file that it is
    for: where they would change the test, it says its own. Raises NotRecorded."""
    defaults = defaults or {}
    played = replace(played, start=played.start.replace(microsecond=0))  # no file has a part of one
    moments = _play(scenario, played)
    steps = _steps(scenario, played, moments)
    start: datetime | None = played.start
    if "start" not in defaults and start != STORY_START and _same_at(STORY_START, scenario, played):
        start = None
    if "start" not in defaults and start == STORY_START:
        start = None
    test: Plain = {
        "seed": played.seed if abs(played.seed) < 10**17 else played.seed & MASK,
        "start": start,
        "inputs": _inputs(scenario, played, defaults) or None,
        "seats": list(played.seats) if played.seats or defaults.get("seats") else None,
        "draw": list(moments[0].drawn) or None,
        "expect": steps[0]["expect"],
        "steps": steps[1:],
    }
    return {field: value for field, value in test.items() if value is not None}


def name_for(test: Plain) -> str:
    """A name for a recorded test: after how it ends, or how far it comes."""
    last = test["steps"][-1]["expect"] if test["steps"] else test["expect"]
    return "played_to_" + str(last.get("outcome") or last["state"]).replace(".", "_")


class _Noting(Conversation):
    """A conversation that keeps what the runtime gave it last."""

    __slots__ = ("latest",)
    latest: Step

    def _show(self, step: Step) -> None:
        super()._show(step)
        self.latest = step

    @property
    def drawn(self) -> tuple[str, ...]:
        """What the engine's roles drew on the way to the present turn."""
        taken = (taken for taken in self.latest.taken if taken.draw is not None)
        return tuple(taken.way.edge.trigger for taken in taken)


def _play(scenario: Scenario, played: Played, start: datetime | None = None) -> list[_Moment]:
    """Play it all again; the first moment is the start. Raises NotRecorded."""
    clock = ManualClock(start or played.start)
    try:
        begun = runtime.start(
            scenario.machine,
            seed=played.seed,
            now=clock.now(),
            inputs=played.inputs,
            persons=played.seats,
            draws=played.draws,
        )
    except HeartlineError as refusal:
        raise NotRecorded(f"In the scenario as it is now it cannot begin so: {refusal}") from None
    conversation = _Noting(scenario, begun.snapshot, clock, 0, begun)
    moments = [_Moment({}, True, conversation.turn, clock.now(), conversation.drawn)]
    for move in played.moves:
        try:
            moments.append(_moved(conversation, clock, move))
        except (HeartlineError, ValueError, TypeError, KeyError, OverflowError) as refusal:
            raise NotRecorded(
                f"In the scenario as it is now, the way ends at turn {conversation.turn.number}: "
                f"{str(refusal)[:300]}"
            ) from None
    return moments


def _moved(conversation: _Noting, clock: ManualClock, move: Move) -> _Moment:
    position, turn, began = conversation.position, conversation.turn, clock.now()
    until = None
    offered = [choice.id for choice in turn.choices if choice.enabled]
    play_move(conversation, move)
    waited = clock.now() - began if "wait" in move else None
    if waited is not None and position.deadlines and position.deadlines[0].due == clock.now():
        until = position.deadlines[0].timer
    new = conversation.position is not position
    return _Moment(
        move,
        new,
        conversation.turn,
        clock.now(),
        conversation.drawn if new else (),
        waited,
        until,
        offered.count(move.get("choose", "")) > 1,
    )


def _same_at(start: datetime, scenario: Scenario, played: Played) -> bool:
    """Whether it all comes the same where the story begins at another moment."""
    try:
        moments = _play(scenario, played, start)
    except NotRecorded:
        return False
    return _steps(scenario, played, moments) == _steps(scenario, played, _play(scenario, played))


def _steps(scenario: Scenario, played: Played, moments: Iterable[_Moment]) -> list[Plain]:
    """The steps with what they lead to; the first is the start, which has no act."""
    roles = scenario.machine.roles
    hearing = {None, *played.seats, *(role for role in roles if not roles[role].engine)}
    steps: list[Plain] = []
    ran = False  # whether timers ran at the turn before
    for moment in _joined(moments):
        if moment.turn.outcome is not None and not moment.new:
            continue  # somebody waited on after the end
        step = _act(moment, played.seats)
        if moment.new:
            step["draw"] = list(moment.drawn) or None if steps else None
            step["expect"] = _expected(moment, hearing, ran)
            ran = bool(step["expect"].get("timers"))
        else:
            step["expect"] = {"state": moment.turn.state}
        steps.append({field: value for field, value in step.items() if value is not None})
    return steps


def _joined(moments: Iterable[_Moment]) -> Iterator[_Moment]:
    """The moments, with each quiet wait joined to the wait that follows it."""
    quiet: _Moment | None = None
    for moment in moments:
        now = moment
        if quiet is not None:
            if now.waited is None or _whole(quiet) + now.waited > LONGEST:
                yield quiet
            else:
                now = now._replace(waited=_whole(quiet) + now.waited)
        quiet = None
        if now.waited is not None and not now.new:
            quiet = now
        else:
            yield now
    if quiet is not None:
        yield quiet


def _whole(wait: _Moment) -> timedelta:
    return wait.waited or timedelta(0)


def _act(moment: _Moment, seats: tuple[str, ...]) -> Plain:
    move = moment.move
    if "choose" in move:
        role = move.get("role")
        told = role in seats or moment.ambiguous
        return {"choose": move["choose"], "as": role if told else None}
    if moment.waited is not None:
        bare = " " not in str(move.get("typed", ":wait 1d")).strip()
        if moment.until is not None and bare:
            return {"wait_until": moment.until}
        return {"wait": format_duration(moment.waited)}
    return {"send": move["event"]} if "event" in move else {}


def _expected(moment: _Moment, hearing: Collection[str | None], ran: bool) -> Plain:
    turn = moment.turn
    lines = [_line(line) for line in turn.lines if line.only_to in hearing]
    expect: Plain = {"state": turn.state, "lines": lines or None}
    if turn.outcome is not None:
        return {**expect, "outcome": turn.outcome}
    offered = [choice.id for choice in turn.choices if choice.enabled]
    expect["only_offered"] = list(dict.fromkeys(offered))
    left = {
        deadline.timer: format_duration(deadline.due - moment.now) for deadline in turn.deadlines
    }
    if left:
        expect["timers"] = left
    elif ran:
        expect["running"] = []
    return expect


def _line(line: Said) -> Plain:
    if COLUMN.fullmatch(line.text):  # it would stand for the column of a table
        return {"speaker": line.speaker, "like": f"{line.text}*"}
    return {"speaker": line.speaker, "exact": line.text}


def _inputs(scenario: Scenario, played: Played, defaults: Mapping[str, Any]) -> Plain:
    """The inputs that make a difference, as the file writes their values."""
    machine = scenario.machine
    frame = first_frame(machine, played.inputs)
    usual = defaults.get("inputs", {})
    found: Plain = {}
    for name, slot in scenario.inputs.items():
        value = frame[machine.layout["var", name]]
        if value != slot.initial or name in usual:
            found[name] = format_duration(value) if isinstance(value, timedelta) else value
    return found
