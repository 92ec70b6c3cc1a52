"""Any store beside a plain model: whatever hypothesis thinks of, both say the same.

What is stored is read again at each step. Conversations, references and keys are few, so that they
get into each other's way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import postgres
from heartline.host.store import Store, open_store
from heartline.host.stores.memory import MemoryStore
from heartline.host.values import (
    CHOSE,
    CLOSED,
    CONFLICT,
    LIVE,
    OVER,
    REPEATED,
    SEATED,
    STORED,
    TAKEN,
    UNDONE,
    Change,
    Counts,
    Entry,
    Filter,
    Parcel,
    Record,
    StoredScenario,
    Timer,
)
from store_contract import ODD, at

Result = TypeVar("Result")

IDS = ("a1", "a2", "b1", "b2")  # the letter is the reference, which two of them share
TOLD = ("ana", "bo")
ROLES = ("mo", ODD)
KEYS = (None, None, "k1", "k2", ODD)
STATES = ("talk", "wait")
PRINTS = ("f1", "f2")
LONG = 3600.0  # a claim that outlasts the test


@dataclass
class Kept:
    """A conversation as the model keeps it."""

    record: Record
    log: list[Entry] = field(default_factory=list)
    timers: tuple[Timer, ...] = ()
    claimed: bool = False
    settled: bool = False  # it was claimed, and has gone on since
    given: dict[str, int] = field(default_factory=dict)  # when each seat was, among all


Place = tuple[str, int, int]


def place(parcel: Parcel) -> Place:
    return parcel.conversation, parcel.sequence, parcel.index


changes = st.fixed_dictionaries(
    {
        "id": st.sampled_from(IDS),
        "follows": st.sampled_from((0, 0, 0, 0, 1, -1)),
        "keys": st.lists(st.sampled_from(KEYS), min_size=1, max_size=2),
        "status": st.sampled_from((LIVE, LIVE, LIVE, OVER, CLOSED)),
        "state": st.sampled_from(STATES),
        "print": st.sampled_from(PRINTS),
        "timers": st.none() | st.dictionaries(st.sampled_from("xyz"), st.integers(1, 9)),
        "seats": st.none() | st.dictionaries(st.sampled_from(ROLES), st.sampled_from((*TOLD, ODD))),
        "told": st.lists(st.tuples(st.sampled_from(TOLD), st.integers(0, 3)), max_size=3),
    }
)


class StoreMachine(RuleBasedStateMachine):
    """A store, and what it should hold. `make` gives the store, closed, as often as it is asked."""

    make: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = self.make()
        self.begun = self.seats = 0
        self.kept: dict[str, Kept] = {}
        self.order: dict[str, int] = {}  # when a conversation began, among the others
        self.parcels: dict[Place, Parcel] = {}  # as they were sent
        self.claimed: set[Place] = set()
        self.given: list[Parcel] = []  # to whoever delivers
        self.scenarios: dict[str, StoredScenario] = {}

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @initialize()
    def opens(self) -> None:
        async def clear() -> None:
            await self.store.__aenter__()
            for each in [each.id async for each in self.store.records(Filter())]:
                await self.store.delete(each)
            await self.store.forget_scenarios(())

        self.run(clear())

    def teardown(self) -> None:
        self.run(self.store.__aexit__(None, None, None))
        self.runner.close()

    # Changes --------------------------------------------------------------------------------------

    def change(self, given: dict[str, Any]) -> Change:
        name, keys = given["id"], given["keys"]
        kept = self.kept.get(name)
        before = max((kept.record.sequence if kept else 0) + given["follows"], 0)
        sequence = before + len(keys)
        timers = None
        due = kept.record.due if kept else None
        if given["status"] != LIVE:
            timers, due = (), None
        elif given["timers"] is not None:
            timers = tuple(
                Timer(name, label, sequence, at(days)) for label, days in given["timers"].items()
            )
            due = min((each.due for each in timers), default=None)
        elif kept is None:
            due = None
        seats = given["seats"]
        if seats is None:
            seats = kept.record.seats if kept else {}
        record = Record(
            name, name[0], "tea", "1.0.0", given["print"], given["status"], given["state"],
            None if given["status"] == LIVE else ODD, sequence, sequence, f'{{"at":{sequence}}}',
            at(), at(sequence), due, None, seats,
        )  # fmt: skip
        used: set[str | None] = set()
        entries = []
        kind = CHOSE
        if kept and kept.record.status != LIVE and record.status == LIVE:
            kind = UNDONE
        elif kept and kept.record.seats != seats:
            kind = SEATED
        for number, key in enumerate(keys, before + 1):
            entries.append(
                Entry(number, kind, None if key in used else key, at(number), {"say": ODD})
            )
            kind = CHOSE
            used.add(key)
        parcels = tuple(
            Parcel(name, sequence, index, to, {"said": [ODD, index]}, at(days))
            for index, (to, days) in enumerate(given["told"])
        )
        return Change(record, before, tuple(entries), timers, parcels)

    def verdict(self, change: Change) -> str:
        """What becomes of a change; and where it is stored, store it."""
        record = change.record
        kept = self.kept.get(record.id)
        keys = {entry.key for entry in kept.log} - {None} if kept else set()
        if any(entry.key in keys for entry in change.entries):
            return REPEATED
        if change.before != (kept.record.sequence if kept else 0):
            return CONFLICT
        if record.status == LIVE and any(
            each.record.status == LIVE and each.record.reference == record.reference
            for name, each in self.kept.items()
            if name != record.id
        ):
            return TAKEN
        if kept is None:
            kept = self.kept[record.id] = Kept(record)
            self.order[record.id] = self.begun = self.begun + 1
        self.seat(kept, record)
        kept.record = record
        kept.log += change.entries
        kept.settled, kept.claimed = kept.settled or kept.claimed, False
        if change.timers is not None:
            kept.timers = change.timers
        self.parcels |= {place(each): each for each in change.parcels}
        return STORED

    def seat(self, kept: Kept, record: Record) -> None:
        """Seats are given, or begin and end with their conversation; and who has none any more is
        not told."""
        old, begins = kept.record, not kept.log
        if (old.status == LIVE) != (record.status == LIVE):
            kept.given.clear()
        for role, reference in record.seats.items():
            if begins or role not in kept.given or old.seats.get(role) != reference:
                kept.given[role] = self.seats = self.seats + 1
        for role in kept.given.keys() - record.seats.keys():
            del kept.given[role]
        lost = set(old.seats.values()) - set(record.seats.values())
        for each in [each for each in self.parcels.values() if each.conversation == record.id]:
            if each.reference in lost:
                del self.parcels[place(each)]
                self.claimed.discard(place(each))

    @rule(given=changes)
    def commits(self, given: dict[str, Any]) -> None:
        change = self.change(given)
        assert self.run(self.store.commit(change)) == self.verdict(change)

    @rule(given=st.lists(changes, min_size=2, max_size=4, unique_by=lambda each: each["id"][0]))
    def commits_some(self, given: list[dict[str, Any]]) -> None:
        # In the order of their ids: in which other seats are given at once is a store's own affair.
        every = [self.change(each) for each in sorted(given, key=lambda each: str(each["id"]))]
        told = self.run(self.store.commit_all(every))
        assert list(told) == [self.verdict(each) for each in every]

    @rule(name=st.sampled_from(IDS))
    def deletes(self, name: str) -> None:
        assert self.run(self.store.delete(name)) == (name in self.kept)
        self.kept.pop(name, None)
        for each in [each for each in self.parcels if each[0] == name]:
            del self.parcels[each]
            self.claimed.discard(each)

    # What a program had claimed is free when it has ended, as soon as the store sees that.
    @precondition(lambda self: not any(each.claimed for each in self.kept.values()))
    @rule()
    def is_closed_and_opened(self) -> None:
        self.run(self.store.__aexit__(None, None, None))
        self.store = self.make()
        self.run(self.store.__aenter__())

    # What is due ----------------------------------------------------------------------------------

    @rule(days=st.integers(0, 9), most=st.sampled_from((1, 100)), long=st.booleans())
    def claims(self, days: int, most: int, long: bool) -> None:
        ready = {
            name: each.record
            for name, each in self.kept.items()
            if each.record.due and each.record.due <= at(days) and not each.claimed
        }
        found = self.run(self.store.claim(at(days), most, LONG if long else 0.0))
        assert [ready[each.id] for each in found] == list(found)
        assert len({each.id for each in found}) == min(most, len(ready))
        for each in self.kept.values():
            each.settled = False
        dues = [each.due for each in ready.values() if each.due]
        assert [each.due for each in found] == sorted(dues)[:most]
        for each in found:
            self.kept[each.id].claimed = long

    # What is to be delivered ----------------------------------------------------------------------

    @rule(days=st.integers(0, 9), long=st.booleans())
    def takes_parcels(self, days: int, long: bool) -> None:
        first: dict[str, Parcel] = {}
        for each in self.parcels.values():
            if each.parked is None:
                first.setdefault(each.reference, each)
        ready = {
            place(each): each
            for each in first.values()
            if each.due <= at(days) and place(each) not in self.claimed
        }
        found = self.run(self.store.parcels(at(days), 100, LONG if long else 0.0))
        assert {place(each): each for each in found} == ready
        assert [each.due for each in found] == sorted(each.due for each in found)
        if long:
            self.claimed |= ready.keys()
        self.given += found

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def brings_some(self, data: st.DataObject) -> None:
        some = data.draw(st.lists(st.sampled_from(self.given), min_size=1, max_size=3))
        self.run(self.store.delivered(some))
        for each in map(place, some):
            self.parcels.pop(each, None)
            self.claimed.discard(each)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), days=st.integers(0, 9), park=st.booleans())
    def tries_again(self, data: st.DataObject, days: int, park: bool) -> None:
        each = data.draw(st.sampled_from(self.given))
        new = replace(each, due=at(days), tries=each.tries + 1, parked=ODD if park else None)
        self.run(self.store.again(new))
        if place(each) in self.parcels:
            self.parcels[place(each)] = new
            self.claimed.discard(place(each))

    # Scenarios ------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(PRINTS), text=st.text("abc", max_size=3))
    def keeps_a_scenario(self, name: str, text: str) -> None:
        self.scenarios[name] = StoredScenario(name, "tea", "1.0.0", "a.yaml", {"a.yaml": text})
        self.run(self.store.keep_scenario(self.scenarios[name]))

    @rule(but=st.lists(st.sampled_from(PRINTS), max_size=1))
    def forgets_scenarios(self, but: Sequence[str]) -> None:
        used = {each.record.fingerprint for each in self.kept.values()} | set(but)
        gone = [name for name in self.scenarios if name not in used]
        assert self.run(self.store.forget_scenarios(but)) == len(gone)
        for name in gone:
            del self.scenarios[name]

    # What is read ---------------------------------------------------------------------------------

    @rule(name=st.sampled_from(IDS), after=st.integers(0, 3), most=st.integers(1, 3))
    def reads_a_log(self, name: str, after: int, most: int) -> None:
        kept = self.kept.get(name)
        log = kept.log if kept else []
        assert list(self.run(self.store.log(name, after, most))) == log[after : after + most]
        for key in set(KEYS) - {None}:
            entry = next((each for each in log if each.key == key), None)
            assert self.run(self.store.keyed(name, str(key))) == entry

    @rule(
        state=st.none() | st.sampled_from(STATES),
        status=st.none() | st.sampled_from((LIVE, OVER)),
        waiting=st.none() | st.integers(0, 4),
        ended=st.none() | st.integers(0, 4),
        after=st.sampled_from(("", "a1", "b1")),
    )
    def reads_some(
        self, state: str | None, status: str | None, waiting: int | None, ended: int | None,
        after: str,
    ) -> None:  # fmt: skip
        which = Filter(
            state=state, status=status,
            waiting_since=None if waiting is None else at(waiting),
            ended_before=None if ended is None else at(ended),
        )  # fmt: skip

        def fits(each: Record) -> bool:
            return (
                each.id > after
                and state in (None, each.state)
                and status in (None, each.status)
                and (waiting is None or each.touched <= at(waiting))
                and (ended is None or (each.status != LIVE and each.touched < at(ended)))
            )

        async def read() -> list[Record]:
            return [each async for each in self.store.records(which, after)]

        records = [self.kept[name].record for name in sorted(self.kept)]
        assert self.run(read()) == [each for each in records if fits(each)]

    @invariant()
    def holds_what_the_model_does(self) -> None:
        self.run(self.compare())

    async def compare(self) -> None:
        store, records = self.store, [each.record for each in self.kept.values()]
        for name in IDS:
            kept = self.kept.get(name)
            assert await store.get(name) == (kept.record if kept else None)
            timers = sorted(kept.timers, key=lambda each: (each.due, each.name)) if kept else []
            assert list(await store.timers(name)) == timers
        for reference in "ab":
            mine = [each for each in records if each.reference == reference]
            mine.sort(key=lambda each: (each.status == LIVE, self.order[each.id]))
            assert await store.find(reference) == (mine[-1] if mine else None)
        for reference in (*TOLD, ODD):
            seats = [
                (kept.record.status == LIVE, kept.given[role], kept.record)
                for kept in self.kept.values()
                for role, holder in kept.record.seats.items()
                if holder == reference
            ]
            assert await store.seated(reference) == (max(seats)[2] if seats else None)
        live = [each for each in records if each.status == LIVE]
        parked = [each for each in self.parcels.values() if each.parked is not None]
        assert await store.counts() == Counts(
            len(records), len(live), sum(len(each.timers) for each in self.kept.values()),
            len(self.parcels) - len(parked), len(parked),
        )  # fmt: skip
        assert list(await store.parked()) == parked
        states = Counter((each.fingerprint, each.state) for each in live)
        assert sorted(await store.tally()) == sorted(
            ("tea", "1.0.0", *which, many) for which, many in states.items()
        )
        prints = Counter(each.fingerprint for each in live)
        assert sorted(await store.versions()) == sorted(
            ("tea", "1.0.0", which, many) for which, many in prints.items()
        )
        free = [each for each in self.kept.values() if not each.claimed and each.record.due]
        # A store may hear with the next claim only that somebody has gone on with what they had.
        known = [each for each in free if not each.settled]
        assert await store.next_due() in [
            min((each.record.due for each in some if each.record.due), default=None)
            for some in (free, known)
        ]
        for name in PRINTS:
            assert await store.scenario(name) == self.scenarios.get(name)


# `make test-all` searches more than `make test`: see conftest.py.
FEW = settings(max_examples=max(10, settings.default.max_examples // 3), stateful_step_count=30)


def test_memory_is_as_the_model() -> None:
    store = MemoryStore()

    class Machine(StoreMachine):
        make = staticmethod(lambda: store)

    run_state_machine_as_test(Machine, settings=FEW)


def test_sqlite_is_as_the_model(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/machine.db?synchronous=OFF"

    class Machine(StoreMachine):
        make = staticmethod(lambda: open_store(url))

    run_state_machine_as_test(Machine, settings=FEW)


@pytest.mark.slow
def test_postgresql_is_as_the_model() -> None:
    url = postgres.server().url("pool=2")

    class Machine(StoreMachine):
        make = staticmethod(lambda: open_store(url))

    run_state_machine_as_test(Machine, settings=FEW)


class ForgetsATimer(MemoryStore):
    def _commit(self, change: Change) -> str:
        return super()._commit(change._replace(timers=change.timers and change.timers[:1]))


class KeepsASeat(MemoryStore):
    def _seat(self, record: Record, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        if new:
            super()._seat(record, old, new)


@pytest.mark.parametrize("store", [ForgetsATimer, KeepsASeat])
def test_a_store_that_forgets_something_is_found_out(store: type[MemoryStore]) -> None:
    class Machine(StoreMachine):
        make = staticmethod(lambda: store())

    found = settings(FEW, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=found)
