"""Random search with hypothesis: plays of any scenario, which shrink to the shortest that fails.

    from heartline.testing import plays, scenario_machine

    TestVisit = scenario_machine("scenarios/visit").TestCase     # pytest and unittest run it

    @given(plays("scenarios/visit"))
    def test_nobody_is_charged_twice(play): ...

The only room that knows hypothesis, which comes with the extra `test`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

try:
    from hypothesis import Phase, settings
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
except ImportError:  # pragma: no cover - a test takes hypothesis away, in a process of its own
    raise ImportError(
        "Random plays need hypothesis, which is not installed: pip install 'heartline[test]'."
    ) from None

from heartline.checking.monitor import Watch
from heartline.conversation import Scenario, load
from heartline.durations import format_duration
from heartline.errors import HeartlineError
from heartline.expressions import BoolType, DurationType, EnumType, IntType
from heartline.testing.rehearsal import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hypothesis.strategies import DrawFn, SearchStrategy

    from heartline.plan import Slot

__all__ = ["ScenarioMachine", "plays", "scenario_machine"]

MOST_SEED = 2**16
WAITS = ("1m", "1h", "1d", "7d", "30d")
MOVES = 30
MOST_AT_ONCE = 4  # choices in a row


def scenario_machine(
    scenario: Scenario | str | Path,
    *,
    inputs: dict[str, Any] | None = None,
    seats: Sequence[str] | None = None,
    dead_ends: bool = True,
) -> type[ScenarioMachine]:
    """A state machine of hypothesis that plays a scenario: choices, waits, events, undo, and going
    on with what was stored, in any order.

    In every turn the scenario's properties must hold, the play must be the same as one that is
    stored as JSON after every turn, the turn must render, and unless `dead_ends` is False there is
    a way on or it is over. `inputs` fixes inputs, and `seats` the roles of the engine that a person
    plays; what is not fixed is searched. Its `TestCase` is what pytest and unittest run.
    """
    watch = Watch(_scenario(scenario))
    name = "".join(part.capitalize() for part in watch.scenario.id.split("_"))
    fields = {
        "watch": watch, "inputs": inputs or {}, "seats": seats, "dead_ends": dead_ends,
        "__doc__": f"Random plays of {watch.scenario.id}.", "__module__": __name__,
    }  # fmt: skip
    machine: type[ScenarioMachine] = type(f"{name}Machine", (ScenarioMachine,), fields)
    # To explain a failure takes ten times as long as to shrink it, and the play says it better.
    usual: settings = machine.TestCase.settings
    phases = [phase for phase in usual.phases if phase is not Phase.explain]
    machine.TestCase.settings = settings(usual, phases=phases)
    return machine


class ScenarioMachine(RuleBasedStateMachine):
    """Plays one scenario at random; `scenario_machine` makes one of it for a scenario."""

    watch: ClassVar[Watch]
    inputs: ClassVar[dict[str, Any]]
    seats: ClassVar[Sequence[str] | None]
    dead_ends: ClassVar[bool]
    play: Rehearsal

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Start with any inputs, seats and seed."""
        self.play = _begin(data.draw, self.watch, self.inputs, self.seats)

    @precondition(lambda self: bool(self.play.offered))
    @rule(data=st.data(), times=st.integers(1, MOST_AT_ONCE))
    def choose(self, data: st.DataObject, times: int) -> None:
        """Take choices that are offered: several in a row, since most of what a scenario can do
        lies some choices deep."""
        for _ in range(times):
            if self.play.offered:
                _choose(data.draw, self.play)
                self.play.check(dead_ends=self.dead_ends, shortest=True)

    @precondition(lambda self: not self.play.over)
    @rule(data=st.data())
    def wait(self, data: st.DataObject) -> None:
        """Let time pass: until the next timer runs out, until just before, or for some time."""
        _wait(data.draw, self.play)

    @precondition(lambda self: any(map(self.play.takes, self.play.events)))
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Send an event that is taken."""
        _send(data.draw, self.play)

    @precondition(lambda self: self.play.can_undo)
    @rule()
    def undo(self) -> None:
        """Take the last turn back."""
        self.play.undo()

    @rule()
    def store_and_resume(self) -> None:
        """Store the conversation, and go on with what was stored."""
        self.play.resume()

    @invariant()
    def all_is_well(self) -> None:
        """Promises are kept, what is stored is the same, the turn renders, there is a way on."""
        self.play.check(dead_ends=self.dead_ends, shortest=True)


def plays(
    scenario: Scenario | str | Path,
    *,
    inputs: dict[str, Any] | None = None,
    seats: Sequence[str] | None = None,
    most: int = MOVES,
) -> SearchStrategy[Rehearsal]:
    """Plays of a scenario, up to `most` moves long: each a `Rehearsal` that stands where the play
    has come to, ended or not. Properties are not checked; `check()` of a play does."""
    watch = Watch(_scenario(scenario))
    return _plays(watch, inputs or {}, None if seats is None else tuple(seats), most)


@st.composite
def _plays(
    draw: DrawFn, watch: Watch, inputs: dict[str, Any], seats: Sequence[str] | None, most: int
) -> Rehearsal:
    play = _begin(draw, watch, inputs, seats)
    for _ in range(draw(st.integers(0, most))):
        moves = []
        if play.offered:
            moves.append(lambda: _choose(draw, play))
        if play.player.position.deadlines:
            moves.append(lambda: _wait(draw, play))
        if any(map(play.takes, play.events)):
            moves.append(lambda: _send(draw, play))
        if play.over or not moves:
            break
        draw(st.sampled_from(moves))()
    return play


# Moves ------------------------------------------------------------------------------------------


def _begin(
    draw: Any, watch: Watch, inputs: dict[str, Any], seats: Sequence[str] | None
) -> Rehearsal:
    machine = watch.scenario.machine
    engine = [role.id for role in machine.roles.values() if role.engine]
    free = {
        name: _values(slot) for name, slot in watch.scenario.inputs.items() if name not in inputs
    }
    drawn = draw(st.fixed_dictionaries({}, optional=free))
    if seats is None:
        taken = st.lists(st.sampled_from(engine), unique=True) if engine else st.just([])
        seats = draw(taken)
    return Rehearsal(
        watch, seed=draw(st.integers(0, MOST_SEED)), inputs={**drawn, **inputs}, seats=seats
    )


def _choose(draw: Any, play: Rehearsal) -> None:
    choices = [(choice.id, choice.role) for choice in play.offered]
    ids = [choice for choice, _ in choices]
    choice, role = draw(st.sampled_from(choices))
    whose = role if ids.count(choice) > 1 else None
    _refused_is_a_failure(play, f"choose {choice}", lambda: play.choose(choice, whose))


def _wait(draw: Any, play: Rehearsal) -> None:
    deadlines = play.player.position.deadlines
    left = deadlines[0].due - play.player.now if deadlines else timedelta()
    waits = ["until", "just before", *WAITS] if left > timedelta(seconds=1) else ["until", *WAITS]
    how = draw(st.sampled_from(waits if deadlines else WAITS))
    if how == "until":
        timer = deadlines[0].timer
        _refused_is_a_failure(play, f"wait until {timer}", lambda: play.wait_until(timer))
        return
    length = format_duration(left - timedelta(seconds=1)) if how == "just before" else how
    _refused_is_a_failure(play, f"wait for {length}", lambda: play.wait(length))


def _send(draw: Any, play: Rehearsal) -> None:
    event = draw(st.sampled_from([event for event in play.events if play.takes(event)]))
    _refused_is_a_failure(play, f"send {event}", lambda: play.send(event))


def _refused_is_a_failure(play: Rehearsal, what: str, act: Any) -> None:
    """Do what was offered; that it is refused all the same, or that the scenario loops, fails."""
    try:
        act()
    except HeartlineError as error:
        raise play.failed(f"To {what} is refused, though it was offered: {error}") from error


def _values(slot: Slot) -> SearchStrategy[Any]:
    """The values of an input, the first one first, since what is searched shrinks towards it."""
    kind = slot.type
    if isinstance(kind, BoolType):
        return st.sampled_from([slot.initial, not slot.initial])
    if isinstance(kind, IntType):
        return st.just(slot.initial) | st.integers(kind.low, kind.high)
    if isinstance(kind, EnumType):
        return st.sampled_from([slot.initial, *(v for v in kind.values if v != slot.initial)])
    if isinstance(kind, DurationType):
        return st.sampled_from(kind.values or (slot.initial,))
    letters = st.characters(categories=("L", "N"), include_characters=" -'")
    text = st.text(letters, min_size=1, max_size=max(1, slot.cap))
    return text.filter(lambda each: bool(each.strip()))


def _scenario(scenario: Scenario | str | Path) -> Scenario:
    return scenario if isinstance(scenario, Scenario) else load(scenario)
