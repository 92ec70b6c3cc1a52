"""Changes as the functions of a PostgreSQL store take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.host.stores.rows import micros, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.host.values import Change, Entry, Parcel, Timer

__all__ = ["change_rows", "change_values", "entry_values"]

# A change that leaves the timers as they are, and one that sends nothing.
_NO_TIMERS = (None,) * 3
_NO_PARCELS = (None,) * 7


def _record_values(change: Change) -> tuple[Any, ...]:
    each = change.record
    return (
        each.id, change.before, each.reference, each.scenario, each.version, each.fingerprint,
        each.status, each.state, each.outcome, each.sequence, each.turn, each.snapshot,
        micros(each.created), micros(each.touched), None if each.due is None else micros(each.due),
        each.parent, text(each.seats),
    )  # fmt: skip


def entry_values(entry: Entry) -> tuple[Any, ...]:
    """What a row of ENTRY holds of it."""
    return entry.sequence, entry.kind, entry.key, micros(entry.at), text(entry.data)


def _timer_values(timer: Timer) -> tuple[Any, ...]:
    return timer.name, timer.generation, micros(timer.due)


def _parcel_values(parcel: Parcel) -> tuple[Any, ...]:
    return (
        parcel.sequence, parcel.index, parcel.reference, text(parcel.payload),
        micros(parcel.due), parcel.tries, parcel.parked,
    )  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]], many: int) -> Sequence[Any]:
    return list(zip(*rows, strict=True)) if rows else [()] * many


def change_values(change: Change) -> tuple[Any, ...]:
    """What heartline_commit takes, for a change that adds one entry."""
    (entry,) = change.entries
    timers, parcels = change.timers, change.parcels
    return (
        *_record_values(change),
        *entry_values(entry),
        *(_NO_TIMERS if timers is None else _columns([_timer_values(each) for each in timers], 3)),
        *(_columns([_parcel_values(each) for each in parcels], 7) if parcels else _NO_PARCELS),
    )


def change_rows(changes: Sequence[Change]) -> tuple[Any, ...]:
    """What heartline_commit_all takes."""
    entries, timers, parcels = [], [], []
    for number, change in enumerate(changes, 1):
        entries += [(number, *entry_values(each)) for each in change.entries]
        timers += [(number, *_timer_values(each)) for each in change.timers or ()]
        parcels += [(number, *_parcel_values(each)) for each in change.parcels]
    rows = [(*_record_values(each), each.timers is not None) for each in changes]
    return rows, entries, timers, parcels
