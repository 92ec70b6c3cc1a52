"""A stored conversation of an earlier version, carried over into this one.

    data = carry(machine, stored, now)      the same conversation, in this version's names
    step = go_on(machine, stored, now)      and what follows from that by itself

A scenario declares how conversations of earlier versions go on (`migrations`), each from one
version directly to the one of the file: there are no chains. What `carry` makes of a stored
conversation is stored in the same form, and `heartline.stored` reads it as it reads any other.

 1. The migration whose `from` is the conversation's version is the one that applies. Where both
    versions have one structure there is nothing to do. Where they have not and no migration is
    declared, the conversation stays with its version: an empty one, `{from: 1.0.0}`, says that all
    names have stayed.
 2. A state, variable, timer or choice that the migration does not name keeps its name. What lies
    in a state that includes a file (home.talk) goes with that state.
 3. The state must be a leaf of this version. Several states may become one.
 4. A variable keeps its value, which must be one of those that it can have now. What `set` says
    comes last: all its expressions read what was carried over, also values that are none any more,
    and saturate as assignments do. Variables that are new have their first value.
 5. Of a text nothing depends: one that is too long now is cut, any other that cannot be had is the
    first one again.
 6. A timer that runs goes on until it is due; one that has expired stays expired. A timer of the
    file that runs, or waits to be handled, must exist. A delay that is written in a state runs
    while that state is active: one that is new there begins now, one that has gone is forgotten.
 7. Counts go on up to the new bound; where several states or choices become one, they are added.
    What the earlier version did not count begins at 0.
 8. A history remembers the state that the remembered one has become, which must be one that it can
    lead back to. A role that a person took must exist.
 9. Then it settles: what is enabled by itself happens (rules 3 to 5 of heartline.runtime), now.

`heartline check --migrate` proves that no conversation is stranded by this.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from heartline.diagnostics import did_you_mean
from heartline.durations import format_duration, parse_duration
from heartline.errors import InputError, SnapshotMismatch
from heartline.expressions import (
    BoolType,
    DurationType,
    EnumType,
    IntType,
    TextType,
    evaluate,
    saturate,
)
from heartline.plan import HANDLED, OFF, PENDING, RUNNING
from heartline.run import Run
from heartline.stored import can_remember, load, read_fields
from heartline.typed import clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from heartline.expressions import Symbol
    from heartline.machine import Machine
    from heartline.plan import MigrationPlan, Slot
    from heartline.run import Step

__all__ = [
    "Carrier",
    "Names",
    "carry",
    "fits",
    "go_on",
    "no_migration",
    "plan_from",
    "read_as",
    "stored_value",
]

_STATUS = {"running": RUNNING, "pending": PENDING, "handled": HANDLED}
_WORDS = {RUNNING: "runs", PENDING: "has expired and waits"}


def carry(machine: Machine, data: object, now: datetime) -> dict[str, Any]:
    """The stored conversation (of `stored.dump` with `whole`) as one of this machine's version.

    `now` is when it is carried over (aware). Raises SnapshotDamaged where the data is no stored
    conversation, and SnapshotMismatch, whose `differences` say all that keeps it.
    """
    fields = read_fields(data)
    if fields["scenario"] != machine.id:
        raise SnapshotMismatch(
            f"This conversation belongs to the scenario {fields['scenario'][:60]!r}, "
            f"and this is {machine.id!r}."
        )
    assert isinstance(data, dict)
    if fields["fingerprint"] == machine.fingerprint:
        load(machine, data)
        return {**data, "version": machine.version}
    plan = plan_from(machine, fields["version"])
    if plan is None:
        raise SnapshotMismatch(no_migration(machine, fields["version"]))
    if data.get("whole") is not True:
        raise SnapshotMismatch(
            "This conversation was stored without the values that its variables had at first, "
            "which may be others in this version: resume it with the version that it was saved "
            "with, and store it whole."
        )
    carrier = Carrier(machine, plan)
    carried, faults = carrier.carry(fields, now)
    if faults:
        raise SnapshotMismatch(
            f"The conversation of version {plan.version} cannot go on in version "
            f"{machine.version}: " + "; ".join(faults[:5]) + ".",
            faults,
        )
    load(machine, carried)
    return carried


def go_on(machine: Machine, data: object, now: datetime) -> Step:
    """Carry a stored conversation over and let happen what follows by itself.

    Raises as `carry` does, and RunawayError where the scenario loops.
    """
    snapshot = load(machine, carry(machine, data, now))
    run = Run(machine, snapshot)
    run.settle()
    if run.deadlines and run.deadlines[0].due <= run.time:
        run.fire_due(run.time)
    return run.finish(None)


def plan_from(machine: Machine, version: str) -> MigrationPlan | None:
    """The migration that a machine declares from a version."""
    return next((plan for plan in machine.migrations if plan.version == version), None)


def no_migration(machine: Machine, version: str) -> str:
    """The sentence that says that no migration leads here from a version."""
    if version == machine.version:
        return (
            f"Both versions of {machine.id} are called {version[:40]} and differ in their "
            "structure: raise the version of the new one, and write a migration."
        )
    return (
        f"Version {machine.version} of {machine.id} does not say how conversations of version "
        f"{version[:40]} go on in it: write a migration, at least `{{from: {version[:40]}}}` "
        "where all names have stayed."
    )


class Names:
    """What a version calls the things of an earlier one."""

    def __init__(self, plan: MigrationPlan) -> None:
        self.plan = plan

    def state(self, name: str) -> str:
        """A state; one of an included file goes with the state that includes it."""
        return self.plan.states.get(name) or self._inside(name)

    def variable(self, name: str) -> str:
        """A variable."""
        return self.plan.variables.get(name) or self._inside(name)

    def timer(self, name: str) -> str:
        """A timer, or a delay that is written in a state."""
        return self.plan.timers.get(name) or self._inside(name)

    def choice(self, name: str) -> str:
        """A choice."""
        return self.plan.choices.get(name, name)

    def symbol(self, symbol: Symbol) -> Symbol:
        """What a slot of the frame is called."""
        kind = symbol[0]
        if kind == "var":
            return kind, self.variable(symbol[1])
        if kind == "timer":
            return kind, self.timer(symbol[1])
        if kind == "taken":
            return kind, self.choice(symbol[1])
        return (kind, *map(self.state, symbol[1:]))

    def _inside(self, name: str) -> str:
        host, _, rest = name.rpartition(".")
        return f"{self.state(host)}.{rest}" if host else name

    def rank(self, symbol: Symbol) -> int:
        """The place of a variable, timer or history among those that the migration names, to put
        them in order; what it does not name comes after all of them."""
        names = list(self._table(symbol))
        return names.index(symbol[-1]) if symbol[-1] in names else len(names)

    def displaced(self, symbol: Symbol) -> bool:
        """Whether the migration gives the name that this has kept to something else."""
        table = self._table(symbol)
        return symbol[-1] not in table and self.symbol(symbol)[-1] in table.values()

    def _table(self, symbol: Symbol) -> Mapping[str, str]:
        plan = self.plan
        tables = {"var": plan.variables, "timer": plan.timers, "history": plan.states}
        return tables.get(symbol[0], {})

    def sources(self, symbols: Iterable[Symbol]) -> dict[Symbol, list[Symbol]]:
        """For each new name the old ones that become it, where counts and histories may have
        several."""
        found: dict[Symbol, list[Symbol]] = {}
        for symbol in sorted(symbols, key=self.rank):
            if not self.displaced(symbol):
                found.setdefault(self.symbol(symbol), []).append(symbol)
        return found


def stored_value(value: object) -> object:
    """A variable's value as it is stored."""
    return format_duration(value) if isinstance(value, timedelta) else value


def read_as(slot: Slot, value: object) -> object | None:
    """A stored value as one of the slot's kind, whether it can have this one or not; None where it
    is of another kind."""
    kind = slot.type
    if isinstance(kind, BoolType):
        return value if isinstance(value, bool) else None
    if isinstance(kind, IntType):
        return value if type(value) is int else None
    if isinstance(kind, EnumType | TextType):
        return value if isinstance(value, str) else None
    if isinstance(kind, DurationType) and isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError:
            return None
    return None


def fits(slot: Slot, value: object) -> bool:
    """Whether a variable can have this value, which is of its kind."""
    kind = slot.type
    if isinstance(kind, IntType):
        return isinstance(value, int) and kind.low <= value <= kind.high
    if isinstance(kind, EnumType | DurationType):
        return value in (kind.values or ())
    return True


class Carrier:
    """Carries what conversations hold into one machine, by one migration, piece by piece.

    Each piece gives what it becomes, and what is wrong with that as a sentence without its end,
    or None. `heartline.checking.comparing.migration` does the same for all configurations at once
    with the same pieces.
    """

    def __init__(self, machine: Machine, plan: MigrationPlan) -> None:
        self.machine = machine
        self.plan = plan
        self.names = Names(plan)

    def leaf(self, old: str) -> tuple[str, str | None]:
        """The leaf that a state has become."""
        new = self.names.state(old)
        if new in self.machine.leaves:
            return new, None
        called = f"{old[:60]!r}" if new == old else f"{old[:60]!r}, now {new!r},"
        if new in self.machine.states:
            return new, f"the state {called} is no place to be any more, it has states inside"
        hint = did_you_mean(new, self.machine.leaves)
        return new, f"there is no state {called} any more" + (f" ({hint})" if hint else "")

    def variable(self, slot: Slot, value: object) -> tuple[object, str | None]:
        """What a variable has at first, from what is stored of it."""
        read = read_as(slot, value)
        if isinstance(slot.type, TextType):
            return _text(slot, read), None
        name = slot.symbol[1]
        wrong = None
        if (read is None or not fits(slot, read)) and name not in self.plan.sets:
            wrong = f"{name} cannot be {shown(value, 40)} any more"
        return (slot.initial if read is None else read), wrong

    def setting(self, slot: Slot, frame: list[Any]) -> tuple[object, str | None]:
        """What `set` makes of a variable, over a frame as it was carried over."""
        name = slot.symbol[1]
        value = evaluate(self.plan.sets[name], frame, self.machine.layout)
        assert slot.type is not None
        value = saturate(value, slot.type)
        if fits(slot, value):
            return value, None
        return slot.initial, f"{name} is set to {shown(value, 40)}, which it cannot be"

    def timer(self, old: str, status: int, leaf: str) -> tuple[str | None, str | None]:
        """The timer that one has become, None where it is forgotten."""
        new = self.names.timer(old)
        displaced = self.names.displaced(("timer", old))
        if ("timer", new) in self.machine.layout and not displaced:
            return (new if self.active(new, leaf) else None), None
        if status in (OFF, HANDLED) or _owner(new) in self.machine.states or new[:1].isdigit():
            return None, None  # a delay goes with its state
        return None, f"the timer {old[:60]!r} {_WORDS[status]}, and there is none any more"

    def active(self, timer: str, leaf: str) -> bool:
        """Whether a timer can run in a leaf: those that belong to a state end with it."""
        owner = _owner(timer)
        return not owner or owner in self.machine.leaves[leaf].path

    def begins(self, leaf: str) -> Mapping[str, timedelta]:
        """The delays of a leaf and of the states around it, which run there."""
        return {
            name: parse_duration(name.rpartition(".")[2])
            for name, timer in self.machine.timers.items()
            if timer.local and self.active(name, leaf)
        }

    def remembered(self, history: str, value: str) -> tuple[str, str | None]:
        """What a history of this machine remembers."""
        new = self.names.state(value)
        if can_remember(self.machine, history, new):
            return new, None
        return new, f"{value[:60]!r} is to be come back to, and {history!r} leads there no more"

    # The whole ----------------------------------------------------------------------------------

    def carry(
        self, fields: Mapping[str, Any], now: datetime
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """A stored conversation in this machine's names, and all that is wrong with it."""
        machine = self.machine
        faults: list[str] = []

        def take(found: tuple[Any, str | None]) -> Any:
            if found[1] is not None:
                faults.append(found[1])
            return found[0]

        leaf = take(self.leaf(fields["state"]))
        if faults:
            return {}, tuple(faults)
        frame = list(machine.initial_frame())
        frame[0] = leaf
        for name, value in self._ordered(fields["context"], "var"):
            index = machine.layout.get(self.names.symbol(("var", name)))
            if index is not None:
                frame[index] = take(self.variable(machine.slots[index], value))
        moment = max(now.astimezone(UTC), datetime.fromisoformat(fields["time"]))
        timers: dict[str, Any] = {}
        for old, timer in fields["timers"].items():
            status = _STATUS.get(str(timer.get("is")), OFF)
            new = take(self.timer(old, status, leaf))
            if new is not None:
                timers[new] = timer
                frame[machine.layout["timer", new]] = status
        pending = [new for new in map(self.names.timer, fields["pending"]) if new in timers]
        starts = fields["starts"]
        for name, length in self.begins(leaf).items():
            if name not in timers:
                starts += 1
                due = (moment + length).isoformat().replace("+00:00", "Z")
                timers[name] = {"is": "running", "due": due, "generation": starts}
        counts: dict[str, int] = {}
        for name, count in fields["counts"].items():
            symbol = self.names.symbol(tuple(str(name).split(" ", 1)))
            if symbol in machine.layout and type(count) is int:
                index = machine.layout[symbol]
                frame[index] = min(frame[index] + count, machine.slots[index].cap)
                counts[" ".join(symbol)] = frame[index]
        history: dict[str, str] = {}
        for name, value in self._ordered(fields["history"], "history"):
            new = self.names.state(name)
            if ("history", new) in machine.layout and isinstance(value, str):
                history.setdefault(new, take(self.remembered(new, value)))
        faults += [
            f"there is no role {str(role)[:60]!r} any more"
            for role in fields["persons"]
            if role not in machine.roles
        ]
        settled = {name: take(self.setting(self._slot(name), frame)) for name in self.plan.sets}
        held = {
            slot.symbol[1]: settled.get(slot.symbol[1], frame[index])
            for index, slot in enumerate(machine.slots)
            if slot.symbol[0] == "var"
        }
        return {
            "heartline_snapshot": fields["heartline_snapshot"],
            "scenario": machine.id,
            "version": machine.version,
            "fingerprint": machine.fingerprint,
            "whole": True,
            "state": leaf,
            "context": {name: stored_value(value) for name, value in held.items()},
            "timers": timers,
            "pending": pending,
            "counts": counts,
            "history": history,
            "persons": fields["persons"],
            "seed": fields["seed"],
            "draws": fields["draws"],
            "starts": starts,
            "turn": fields["turn"],
            "time": moment.isoformat().replace("+00:00", "Z"),
        }, tuple(faults)

    def _slot(self, variable: str) -> Slot:
        return self.machine.slots[self.machine.layout["var", variable]]

    def _ordered(self, stored: Mapping[str, Any], kind: str) -> list[tuple[str, Any]]:
        """What is stored by name, in the order of the migration, without what has lost its name to
        another."""
        names = self.names
        return sorted(
            ((name, held) for name, held in stored.items() if not names.displaced((kind, name))),
            key=lambda each: names.rank((kind, each[0])),
        )


def _owner(timer: str) -> str:
    """The state that a timer belongs to; "" for one of the file."""
    return timer.rpartition(".")[0]


def _text(slot: Slot, value: object) -> object:
    """A text that can be shown, as near to what it was as may be."""
    if not isinstance(value, str):
        return slot.initial
    try:
        return clean_text(value[: slot.cap], slot.cap) or slot.initial
    except InputError:
        return slot.initial
