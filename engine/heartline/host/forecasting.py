"""The dry run: what would happen to each live conversation if it were touched now.

It goes by the rules of `heartline.host.versions`, and by the numbers that the store has of its live
conversations. Only those that a declared migration might carry over are read one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import ScenarioUnavailable, SnapshotDamaged
from heartline.host.breathing import Breathing
from heartline.host.fitting import carried_over, leads, number
from heartline.host.values import LIVE, Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from heartline.host.store import Store
    from heartline.host.values import Record
    from heartline.host.versions import Versions

__all__ = ["GOES_ON", "MIGRATES", "STAYS", "WAITS", "Forecast", "forecast"]

GOES_ON, MIGRATES, STAYS, WAITS = "goes on", "migrates", "stays", "waits"
_FATES = (GOES_ON, MIGRATES, STAYS, WAITS)
_MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would happen to the live conversations in one state of one version.

    `fate` is GOES_ON, MIGRATES, STAYS or WAITS; `to` the version that they are in afterwards; `why`
    what keeps them from going on in the host's version, the most frequent first.
    """

    scenario: str
    version: str
    fingerprint: str
    state: str
    fate: str
    conversations: int
    to: str
    why: tuple[str, ...] = ()


class _Group(NamedTuple):
    """What conversations have in common that are counted together."""

    scenario: str
    version: str
    fingerprint: str
    state: str
    fate: str
    to: str


class _Counts:
    """How many conversations there are of each group, and why they are in it."""

    def __init__(self) -> None:
        self.many: Counter[_Group] = Counter()
        self.whys: dict[_Group, Counter[str]] = {}

    def add(self, group: _Group, many: int, whys: Iterable[str]) -> None:
        self.many[group] += many
        self.whys.setdefault(group, Counter()).update(dict.fromkeys(whys, many))

    def forecasts(self) -> list[Forecast]:
        found = []
        for group in sorted(self.many, key=_place):
            whys = tuple(why for why, _ in self.whys[group].most_common(_MOST_REASONS))
            found.append(Forecast(*group[:5], self.many[group], group.to, whys))
        return found


async def forecast(
    versions: Versions, store: Store, progress: Callable[[int], None] | None
) -> Sequence[Forecast]:
    """What would happen, counted by scenario, version and state. See Versions.forecast."""
    counts = _Counts()
    tally = await store.tally()
    to_read: set[tuple[str, str]] = set()
    for name, version, fingerprint, _, _ in tally:
        own = versions.own.get(name)
        if own is not None and own.machine.fingerprint != fingerprint:
            names = {version, await _stored_version(versions, store, name, version, fingerprint)}
            if any(leads(own, each) for each in names):
                to_read.add((name, fingerprint))
    for name, version, fingerprint, state, many in tally:
        if (name, fingerprint) not in to_read:
            fate, to, whys = await _without_migration(versions, store, name, version, fingerprint)
            counts.add(_Group(name, version, fingerprint, state, fate, to), many, whys)
    read = 0
    breathing = Breathing()
    for name, fingerprint in sorted(to_read):
        which = Filter(scenario=name, fingerprint=fingerprint, status=LIVE)
        async for record in store.records(which):
            await breathing.breathe()
            fate, to, whys = await _of_one(versions, store, record)
            group = _Group(name, record.version, fingerprint, record.state, fate, to)
            counts.add(group, 1, whys)
            read += 1
            if progress is not None:
                progress(read)
    return counts.forecasts()


async def _stored_version(
    versions: Versions, store: Store, name: str, version: str, fingerprint: str
) -> str:
    """The number under which the store has a structure, which may be later than the number that a
    conversation had when it was last touched."""
    try:
        return (await versions.find(store, name, version, fingerprint)).version
    except ScenarioUnavailable:
        return version


async def _without_migration(
    versions: Versions, store: Store, name: str, version: str, fingerprint: str
) -> tuple[str, str, Sequence[str]]:
    """What happens to conversations that nothing carries over, the version they are in, and why."""
    own = versions.own.get(name)
    if own is not None and own.machine.fingerprint == fingerprint:
        return GOES_ON, own.version, ()
    try:
        stored = await versions.find(store, name, version, fingerprint)
    except ScenarioUnavailable as error:
        return WAITS, version, (str(error),)
    return STAYS, stored.version, (versions.what_keeps(name, version),)


async def _of_one(
    versions: Versions, store: Store, record: Record
) -> tuple[str, str, Sequence[str]]:
    """What happens to a conversation that a migration may carry over."""
    name, version, fingerprint = record.scenario, record.version, record.fingerprint
    own = versions.own[name]
    if not leads(own, version):
        version = await _stored_version(versions, store, name, version, fingerprint)
    fate, to, whys = await _without_migration(versions, store, name, record.version, fingerprint)
    if not leads(own, version):
        return fate, to, whys
    try:
        carried, differences = carried_over(own, record, version, record.touched)
    except SnapshotDamaged as error:
        return WAITS, record.version, (str(error),)
    if carried is not None:
        return MIGRATES, own.version, ()
    return fate, to, differences if fate == STAYS else (*differences, *whys)


def _place(group: _Group) -> tuple[object, ...]:
    version = number(group.version)
    return group.scenario, version, group.fingerprint, group.state, _FATES.index(group.fate)
