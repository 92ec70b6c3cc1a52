"""Snapshots as JSON, and back again.

The written form names every slot, leaves out what has its first value, and carries the format's
version, the scenario's and the fingerprint of its structure. `load` checks all of it before
anything is made of it: what is damaged is refused with SnapshotDamaged, what belongs to another
scenario or another version of it with SnapshotMismatch, which says in what they differ. `adopt`
carries a conversation over to an edited scenario where every name that it needs still exists;
it is for authors at work, and never used in silence.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from heartline.diagnostics import did_you_mean
from heartline.durations import format_duration, parse_duration
from heartline.errors import InputError, SnapshotDamaged, SnapshotMismatch
from heartline.expressions import BoolType, DurationType, EnumType, IntType, TextType
from heartline.plan import HANDLED, PENDING, RUNNING
from heartline.snapshot import Due, Snapshot
from heartline.typed import clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.expressions import Symbol
    from heartline.machine import Machine
    from heartline.plan import Slot

__all__ = [
    "FORMAT",
    "TIMER_WORDS",
    "adopt",
    "can_remember",
    "dump",
    "load",
    "read_fields",
    "write_moment",
]

FORMAT = 1
_STATUS = {"running": RUNNING, "pending": PENDING, "handled": HANDLED}
TIMER_WORDS = {status: word for word, status in _STATUS.items()}
_FIELDS: dict[str, type] = {
    "heartline_snapshot": int, "scenario": str, "version": str, "fingerprint": str, "state": str,
    "context": dict, "timers": dict, "pending": list, "counts": dict, "history": dict,
    "persons": list, "seed": int, "draws": int, "starts": int, "turn": int, "time": str,
}  # fmt: skip


def dump(machine: Machine, snapshot: Snapshot, *, whole: bool = False) -> dict[str, Any]:
    """The snapshot as a value that `json.dumps` takes, under 4 KB for the scenarios that ship.

    With `whole` it holds every variable: a later version, in which they may have other values at
    first, can then carry it over without this one (heartline.migrating).
    """
    context: dict[str, Any] = {}
    timers: dict[str, Any] = {}
    counts: dict[str, int] = {}
    history: dict[str, str] = {}
    due = {each.timer: each for each in snapshot.deadlines}
    for slot, value in zip(machine.slots, snapshot.frame, strict=True):
        kind, name = slot.symbol[0], slot.symbol[-1]
        if kind == "leaf" or (value == slot.initial and not (whole and kind == "var")):
            continue
        if kind == "var":
            context[name] = format_duration(value) if isinstance(value, timedelta) else value
        elif kind == "timer":
            timers[name] = {"is": TIMER_WORDS[value]}
            if value == RUNNING:
                timers[name] |= {
                    "due": write_moment(due[name].due),
                    "generation": due[name].generation,
                }
        elif kind == "history":
            history[name] = value
        else:
            counts[f"{kind} {name}"] = value
    return {
        "heartline_snapshot": FORMAT,
        "scenario": snapshot.scenario,
        "version": snapshot.version,
        "fingerprint": snapshot.fingerprint,
        "state": snapshot.state,
        "context": context,
        "timers": timers,
        "pending": list(snapshot.pending),
        "counts": counts,
        "history": history,
        "persons": list(snapshot.persons),
        "seed": snapshot.seed,
        "draws": snapshot.draws,
        "starts": snapshot.starts,
        "turn": snapshot.turn,
        "time": write_moment(snapshot.time),
        **({"whole": True} if whole else {}),
    }


def load(machine: Machine, data: object) -> Snapshot:
    """The snapshot that `dump` wrote; raises SnapshotDamaged or SnapshotMismatch."""
    fields = read_fields(data)
    if fields["scenario"] != machine.id:
        raise SnapshotMismatch(
            f"This conversation belongs to the scenario {fields['scenario'][:60]!r}, "
            f"and this is {machine.id!r}."
        )
    if fields["fingerprint"] != machine.fingerprint:
        differences = tuple(_differences(machine, fields))
        what = "; ".join(differences[:5]) or "transitions or guards have changed"
        raise SnapshotMismatch(
            f"This conversation was saved with version {fields['version'][:40]} of {machine.id}, "
            f"whose structure is not that of version {machine.version}: {what}. "
            "Resume it with the version that it was saved with.",
            differences,
        )
    return _build(machine, fields)


def adopt(machine: Machine, data: object) -> Snapshot:
    """The snapshot carried over to an edited version of its scenario, name by name.

    New variables have their first value, and a delay that the present state did not have begins
    with the next visit. Raises SnapshotMismatch where the state, a variable's value, a timer that
    is still to be handled, a role that a person took, or a state to come back to no longer exists.
    """
    fields = read_fields(data)
    differences = [
        difference
        for difference in _differences(machine, fields)
        if not difference.startswith("new ")
    ]
    if fields["scenario"] != machine.id:
        differences.insert(0, f"the scenario is now called {machine.id!r}")
    if differences:
        raise SnapshotMismatch(
            "The conversation cannot go on in the edited scenario: "
            + "; ".join(differences[:5])
            + ".",
            differences,
        )
    counts = {}
    for name, count in fields["counts"].items():
        slot = _slot(machine, tuple(str(name).split(" ", 1)))
        if slot is not None:  # what nothing asks for any more is not counted any more
            counts[name] = min(count, slot.cap) if type(count) is int else count
    fields["counts"] = counts
    for part, kind in (("history", "history"), ("timers", "timer")):
        fields[part] = {
            name: value
            for name, value in fields[part].items()
            if _slot(machine, (kind, str(name))) is not None
        }
    return _build(machine, fields)


def read_fields(data: object) -> dict[str, Any]:
    """What a stored conversation holds, as far as its form goes; raises SnapshotDamaged."""
    if not isinstance(data, dict):
        raise SnapshotDamaged("This is not a saved conversation: it is not a JSON object.")
    if data.get("heartline_snapshot") != FORMAT:
        raise SnapshotDamaged(
            "This is not a saved conversation that this version of Heartline can read: "
            f"heartline_snapshot is {str(data.get('heartline_snapshot'))[:20]}, not {FORMAT}."
        )
    for name, kind in _FIELDS.items():
        if name not in data:
            raise SnapshotDamaged(f"The saved conversation is not whole: {name!r} is missing.")
        if not isinstance(data[name], kind) or (kind is int and isinstance(data[name], bool)):
            raise SnapshotDamaged(
                f"The saved conversation is damaged: {name!r} is no {kind.__name__}."
            )
    return {name: data[name] for name in _FIELDS}


def _differences(machine: Machine, fields: Mapping[str, Any]) -> list[str]:
    """In what a saved conversation and a machine differ, as far as the one shows it."""
    found = []
    if fields["state"] not in machine.leaves:
        hint = did_you_mean(fields["state"], machine.leaves)
        found.append(
            f"there is no state {fields['state'][:60]!r} any more" + (f" ({hint})" if hint else "")
        )
    for name, value in fields["context"].items():
        slot = _slot(machine, ("var", name))
        if slot is None:
            found.append(f"there is no variable {str(name)[:60]!r} any more")
        elif _read_value(slot, value) is None:
            found.append(f"{name} cannot be {shown(value, 40)} any more")
    found += [
        f"there is no timer {str(name)[:60]!r} any more"
        for name, timer in fields["timers"].items()
        if _slot(machine, ("timer", str(name))) is None and timer != {"is": "handled"}
    ]
    found += [
        f"there is no state {str(value)[:60]!r} any more to come back to"
        for name, value in fields["history"].items()
        if _slot(machine, ("history", str(name))) is not None
        and not can_remember(machine, str(name), value)
    ]
    found += [
        f"there is no role {str(role)[:60]!r} any more"
        for role in fields["persons"]
        if not isinstance(role, str) or role not in machine.roles
    ]
    return found


def _build(machine: Machine, fields: Mapping[str, Any]) -> Snapshot:
    frame = list(machine.initial_frame())
    leaf = fields["state"]
    if leaf not in machine.leaves:
        raise SnapshotDamaged(
            f"The saved conversation is damaged: no state is called {leaf[:60]!r}."
        )
    frame[0] = leaf
    for name, value in fields["context"].items():
        slot = _slot(machine, ("var", name))
        read = None if slot is None else _read_value(slot, value)
        if slot is None or read is None:
            raise SnapshotDamaged(
                f"The saved conversation is damaged: {str(name)[:60]} is {shown(value, 40)}."
            )
        frame[machine.layout["var", name]] = read
    deadlines = _timers(machine, fields, frame)
    for name, value in fields["counts"].items():
        symbol = tuple(str(name).split(" ", 1))
        slot = _slot(machine, symbol) if symbol[0] in ("visits", "taken") else None
        if slot is None or type(value) is not int or not 0 <= value <= slot.cap:
            raise SnapshotDamaged(
                f"The saved conversation is damaged in its count {str(name)[:60]!r}."
            )
        frame[machine.layout[symbol]] = value
    for name, value in fields["history"].items():
        slot = _slot(machine, ("history", str(name)))
        if slot is None or not can_remember(machine, str(name), value):
            raise SnapshotDamaged(
                f"The saved conversation is damaged in its history {str(name)[:60]!r}."
            )
        frame[machine.layout["history", str(name)]] = value
    for role in fields["persons"]:
        if not isinstance(role, str) or role not in machine.roles:
            raise SnapshotDamaged(f"The saved conversation is damaged: no role {str(role)[:60]!r}.")
    for name in ("seed", "draws", "starts", "turn"):
        if not 0 <= fields[name] < 1 << 64:
            raise SnapshotDamaged(f"The saved conversation is damaged: {name} is out of range.")
    return Snapshot(
        machine.id, machine.version, machine.fingerprint, tuple(frame), deadlines,
        tuple(fields["pending"]), tuple(fields["persons"]), fields["seed"], fields["draws"],
        fields["starts"], fields["turn"], _read(fields["time"]),
    )  # fmt: skip


def _timers(machine: Machine, fields: Mapping[str, Any], frame: list[Any]) -> tuple[Due, ...]:
    deadlines = []
    pending = []
    for name, timer in fields["timers"].items():
        status = _STATUS.get(str(timer.get("is"))) if isinstance(timer, dict) else None
        if _slot(machine, ("timer", str(name))) is None or status is None:
            raise SnapshotDamaged(
                f"The saved conversation is damaged in its timer {str(name)[:60]!r}."
            )
        frame[machine.layout["timer", str(name)]] = status
        if status == PENDING:
            pending.append(name)
        if status == RUNNING:
            generation = timer.get("generation")
            if type(generation) is not int or not 0 < generation <= fields["starts"]:
                raise SnapshotDamaged(
                    f"The saved conversation is damaged in its timer {name[:60]!r}."
                )
            deadlines.append(Due(_read(timer.get("due")), generation, name))
    if sorted(pending) != sorted(map(str, fields["pending"])):
        raise SnapshotDamaged("The saved conversation is damaged: its expired timers do not agree.")
    return tuple(sorted(deadlines))


def can_remember(machine: Machine, name: str, value: object) -> bool:
    """Whether a way leads from this history to that state, so that it can be come back to."""
    if not isinstance(value, str) or value not in machine.states:
        return False
    slot = machine.layout["history", name]
    ways = {wiring.history for wiring in machine.wirings if wiring.history is not None}
    return (slot, value) in ways or all(at != slot for at, _ in ways)


def _slot(machine: Machine, symbol: Symbol) -> Slot | None:
    index = machine.layout.get(symbol)
    return None if index is None else machine.slots[index]


def _read_value(slot: Slot, value: object) -> object | None:
    """The value as the frame holds it, or None where the slot cannot hold it."""
    kind = slot.type
    if isinstance(kind, BoolType):
        return value if isinstance(value, bool) else None
    if isinstance(kind, IntType):
        return value if type(value) is int and kind.low <= value <= kind.high else None
    if isinstance(kind, EnumType):
        return value if isinstance(value, str) and value in kind.values else None
    if isinstance(kind, DurationType) and isinstance(value, str):
        try:
            length = parse_duration(value)
        except ValueError:
            return None
        return length if length in (kind.values or ()) else None
    if isinstance(kind, TextType) and isinstance(value, str):
        try:  # as strictly as when it was typed: it will be shown on a terminal
            return value if clean_text(value, slot.cap) == value else None
        except InputError:
            return None
    return None


def write_moment(moment: datetime) -> str:
    """A moment (aware, UTC) as it is stored."""
    return moment.isoformat().replace("+00:00", "Z")


def _read(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # an hour that lies before the year 1 in UTC
        pass
    raise SnapshotDamaged(f"The saved conversation is damaged: {shown(text, 40)} is no moment.")
