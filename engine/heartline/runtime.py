"""start() and step(): what happens, decided purely. Time and input come in as arguments.

The rules (docs/semantics.md explains each; the tests name the rule they hold):

 1. A conversation is in exactly one leaf state. Transitions are inherited from the outer states,
    innermost first, and in the order of the file where two have the same rank.
 2. A transition exits up to the innermost state that holds both its source and its target, acts,
    enters down, and descends to the initial or the remembered state. All or nothing: if anything
    in it fails, nothing has changed.
 3. Run to completion: after each transition the `always` transitions run until none is enabled,
    within a bound.
 4. Roles played by the engine move first: when all is settled and such a role has an enabled
    choice, one is drawn by weight; when none is left, persons are asked.
 5. Time is the argument `now`. Each deadline that is due fires before an input is considered, in
    order of due time, and as if it had fired at that time. An expired timer that nothing handles
    waits, and is offered after each transition, until a handler takes it. Time does not go back.
 6. An input names the turn that it answers; one that answers an older turn is refused.
 7. The same snapshot, input and time always give the same result.
 8. Final means over, with a declared outcome.
 9. Guards are pure: nothing changes by asking.
10. Nothing is lost: whatever is refused or fails is a typed error, and the snapshot that went in
    still holds.

How it works: `heartline.run`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heartline.chance import MASK
from heartline.errors import CallerError, ConversationOver, StaleTurn
from heartline.inputs import check_seats, check_seed, first_frame
from heartline.machine import perform
from heartline.run import Run, Step
from heartline.snapshot import Choose, Send, Snapshot, Tick

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from heartline.machine import Machine
    from heartline.snapshot import Input

__all__ = ["Step", "start", "step"]


def start(
    machine: Machine,
    *,
    seed: int = 0,
    now: datetime,
    inputs: Mapping[str, object] | None = None,
    persons: Collection[str] = (),
    draws: Sequence[str] = (),
) -> Step:
    """Begin a conversation.

    `seed` decides every draw (any integer; 64 bits of it count), `now` is aware, `inputs` are
    values for variables that are declared as inputs, and `persons` names roles of the engine
    whose seat a person takes. `draws` are as in `step`. Raises InputError, DrawImpossible, or
    RunawayError for a scenario that loops.
    """
    blank = Snapshot(
        machine.id,
        machine.version,
        machine.fingerprint,
        tuple(first_frame(machine, inputs or {})),
        deadlines=(),
        pending=(),
        persons=check_seats(machine, persons),
        seed=check_seed(seed) & MASK,
        draws=0,
        starts=0,
        turn=0,
        time=_utc(now),
    )
    run = Run(machine, blank, tuple(draws))
    run.frame[0] = machine.initial
    for block in machine.begin:
        perform(block.parts(), run)
    run.settle()
    if run.deadlines and run.deadlines[0].due <= run.time:
        run.fire_due(run.time)
    return run.finish(None)


def step(
    machine: Machine,
    snapshot: Snapshot,
    input: Input,
    now: datetime,
    draws: tuple[str, ...] = (),
) -> Step:
    """Let one input happen at the moment `now` (aware; an earlier one than the snapshot's counts
    as the snapshot's).

    Deadlines that are due fire first. `draws` are the choices, by id, that the engine's roles
    draw first in this step, for tests and rehearsals; where it ends, the seed decides again.
    Raises a CallerError where the input cannot be taken, DrawImpossible where one of `draws`
    cannot be drawn, and RunawayError where the scenario loops; the snapshot stays good in each
    case.
    """
    run = Run(machine, snapshot, draws)
    moment = now if now.tzinfo is UTC else _utc(now)
    if snapshot.deadlines and snapshot.deadlines[0].due <= moment:
        run.fire_due(moment)
    if moment > run.time:
        run.time = moment
    if type(input) is Choose:
        _answers_turn(run, input.turn)
        run.choose(input)
        run.settle()
    elif type(input) is Send:
        _answers_turn(run, input.turn)
        run.send(input.event)
        run.settle()
    elif type(input) is not Tick:
        raise TypeError(f"an input is Choose, Send or Tick, not {type(input).__name__}")
    elif not run.fired and not draws:
        return Step(snapshot, snapshot, (), ())
    if run.deadlines and run.deadlines[0].due <= run.time:  # a timer that runs for no time at all
        run.fire_due(run.time)
    return run.finish(snapshot)


def _answers_turn(run: Run, turn: int | None) -> None:
    snapshot = run.snapshot
    if run.leaf().final:
        raise ConversationOver(
            f"This conversation is over ({run.leaf().outcome}): start a new one"
            + (", or undo." if run.machine.undo else ".")
        )
    current = snapshot.turn + 1 if run.fired else snapshot.turn
    if turn is not None and type(turn) is not int:  # a web form hands on texts
        raise CallerError(f"A turn is named by its number, such as {current}, not by {turn!r}.")
    if turn is not None and turn != current:
        raise StaleTurn(
            f"That answers turn {turn}, but the conversation is at turn {current}: "
            "look at the present turn and answer that.",
            turn,
            current,
        )


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("'now' needs a time zone: pass datetime.now(UTC), or one with tzinfo")
    return moment.astimezone(UTC)
