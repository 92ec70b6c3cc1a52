"""What every store does: a suite that any of them runs.

    class TestMine(StoreContract):
        @pytest.fixture
        def make(self, tmp_path):
            return lambda: MyStore(f"mine:{tmp_path}")

`make` gives a store at each call, closed, and all that it gives keep the same conversations. A
store that lives in one program may give the same object again.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heartline.host.store import Store
from heartline.host.values import (
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

NOON = datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=UTC)
DAY = timedelta(days=1)
SHORT, LONG = 0.05, 60.0  # leases, in seconds: one that a test waits for, one that it does not

ODD = "Zoë 🙂 'quoted\" \\n\n\t%s $1 ?1 שלום"  # nothing of it means anything to a store

Make = Callable[[], Store]


def at(days: float = 0) -> datetime:
    return NOON + days * DAY


def record(name: str, sequence: int = 1, **others: Any) -> Record:
    """A conversation after so many entries."""
    values: dict[str, Any] = {
        "reference": f"chat-{name}", "scenario": "tea", "version": "1.0", "fingerprint": "f1",
        "status": LIVE, "state": "talk", "outcome": None, "turn": sequence,
        "snapshot": f'{{"turn":{sequence}}}', "created": at(), "touched": at(sequence / 24),
    }  # fmt: skip
    return Record(id=name, sequence=sequence, **(values | others))


def entry(sequence: int, key: str | None = None, **data: Any) -> Entry:
    return Entry(sequence, "chose" if sequence > 1 else "opened", key, at(sequence / 24), data)


def change(
    name: str,
    sequence: int = 1,
    *,
    key: str | None = None,
    kind: str | None = None,
    timers: Any = None,
    parcels: tuple[Parcel, ...] = (),
    **others: Any,
) -> Change:
    """The change that adds one entry, of this number."""
    due = min((timer.due for timer in timers or ()), default=others.pop("due", None))
    added = entry(sequence, key)
    return Change(
        record(name, sequence, due=due, **others), sequence - 1,
        (added._replace(kind=kind or added.kind),), timers, parcels,
    )  # fmt: skip


def seating(name: str, sequence: int, **others: Any) -> Change:
    """The change by which seats change hands."""
    return change(name, sequence, kind=SEATED, **others)


def timer(name: str, days: float, label: str = "break", generation: int = 1) -> Timer:
    return Timer(name, label, generation, at(days))


def parcel(name: str, index: int = 0, to: str = "ana", *, sequence: int = 1, days: float = 0,
           **others: Any) -> Parcel:  # fmt: skip
    return Parcel(name, sequence, index, to, {"said": [["you", f"{index}"]]}, at(days), **others)


def told(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that plays in an event loop. `store` is one that is open; `make` gives others."""
    wants = list(inspect.signature(story).parameters)[1:]

    def test(self: StoreContract, make: Make) -> None:
        async def play() -> None:
            async with make() as store:
                await story(self, *[{"store": store, "make": make}[name] for name in wants])

        asyncio.run(play())

    test.__name__, test.__doc__ = story.__name__, story.__doc__
    return test


async def everyone(store: Store, which: Filter | None = None, after: str = "") -> list[str]:
    return [each.id async for each in store.records(which or Filter(), after)]


async def seated(store: Store, reference: str) -> str | None:
    """The id of the conversation to which this reference is brought."""
    found = await store.seated(reference)
    return None if found is None else found.id


class StoreContract:
    """The suite. Each test begins with an empty store."""

    @pytest.fixture
    def make(self) -> Make:
        raise NotImplementedError

    # One conversation -----------------------------------------------------------------------------

    @told
    async def test_what_is_stored_is_read_again(self, store: Store) -> None:
        new = record(
            "a", reference=ODD, scenario=ODD, version=ODD, state=ODD, outcome=ODD, parent="z",
            snapshot=f'{{"heard":"{"ä" * 5000}"}}', due=at(1), seats={"you": ODD, "sam": "s"},
        )  # fmt: skip
        first = Entry(1, "opened", ODD, at(), {"inputs": {"name": ODD}, "deep": [1, None, {}]})
        assert await store.commit(Change(new, 0, (first,), (timer("a", 1),))) == STORED
        assert await store.get("a") == new
        assert await store.find(ODD) == new
        assert await store.log("a") == [first]
        assert await store.keyed("a", ODD) == first

    @told
    async def test_no_character_is_lost_in_what_a_conversation_holds(self, store: Store) -> None:
        """Of names and texts that come from outside a host refuses what not every store can keep;
        in data, which is kept as JSON, a store takes each character."""
        text = "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0x2028, 0xFEFF, 0xFFFF, 0x10FFFF]))
        first = Entry(1, "opened", None, at(), {"said": [["you", text]], text: text})
        sent = replace(parcel("a"), payload={"said": [text]})
        new = record("a", seats={text[1:]: "sam"})
        assert await store.commit(Change(new, 0, (first,), None, (sent,))) == STORED
        later = Change(new._replace(sequence=2), 1, (first._replace(sequence=2),))
        assert list(await store.commit_all([later])) == [STORED]
        assert await store.get("a") == await store.seated("sam") == later.record
        assert await store.log("a") == [first, *later.entries]
        assert list(await store.parcels(at(), 10, LONG)) == [sent]

    @told
    async def test_what_is_not_there_is_not_found(self, store: Store) -> None:
        assert await store.get("a") is None
        assert await store.find("chat-a") is None
        assert list(await store.log("a")) == []
        assert await store.keyed("a", "k") is None
        assert list(await store.timers("a")) == []
        assert await store.scenario("f1") is None
        assert await store.delete("a") is False
        assert await store.next_due() is None
        assert await everyone(store) == []
        assert await store.counts() == Counts(0, 0, 0, 0, 0)
        assert list(await store.tally()) == []

    @told
    async def test_times_keep_their_microseconds(self, store: Store) -> None:
        moments = [
            datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
            datetime(2024, 2, 29, 1, 2, 3, 4, UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
        ]
        for number, moment in enumerate(moments):
            new = record(f"a{number}", created=moment, touched=moment, due=moment)
            timers = (Timer(new.id, "break", 1, moment),)
            await store.commit(Change(new, 0, (Entry(1, "opened", None, moment, {}),), timers))
            found = await store.get(new.id)
            assert found is not None
            assert (found.created, found.touched, found.due) == (moment, moment, moment)
            assert found.created.utcoffset() == timedelta(0)
            assert (await store.log(new.id))[0].at == moment
            assert (await store.timers(new.id))[0].due == moment

    @told
    async def test_a_change_replaces_the_whole_record(self, store: Store) -> None:
        await store.commit(change("a", due=at(3)))
        later = record(
            "a", 2, scenario="tea2", version="2.0", fingerprint="f2", status=OVER, state="end",
            outcome="left", due=None, seats={"you": "u"},
        )  # fmt: skip
        assert await store.commit(Change(later, 1, (entry(2),))) == STORED
        assert await store.get("a") == later
        again = later._replace(status=LIVE, outcome=None, due=at(9), sequence=3, seats={})
        assert await store.commit(Change(again, 2, (entry(3),))) == STORED
        assert await store.get("a") == again

    @told
    async def test_a_change_that_follows_another_entry_is_refused(self, store: Store) -> None:
        await store.commit(change("a"))
        assert await store.commit(change("a", 2)) == STORED
        before = await store.get("a")
        for sequence in (1, 2, 4):
            late = change(
                "a", sequence, state="other", timers=(timer("a", 1),), parcels=(parcel("a"),)
            )
            assert await store.commit(late) == CONFLICT
        assert await store.get("a") == before
        assert [each.sequence for each in await store.log("a")] == [1, 2]
        assert list(await store.timers("a")) == []
        assert await store.counts() == Counts(1, 1, 0, 0, 0)

    @told
    async def test_nothing_follows_in_a_conversation_that_is_not_there(self, store: Store) -> None:
        assert await store.commit(change("a", 2)) == CONFLICT
        assert await store.get("a") is None

    @told
    async def test_a_key_is_used_once_in_a_conversation(self, store: Store) -> None:
        await store.commit(change("a", key="k1"))
        assert await store.commit(change("b", key="k1")) == STORED  # another conversation
        assert await store.commit(change("a", 2, key="k2")) == STORED
        assert await store.commit(change("a", 3, key="k1")) == REPEATED
        assert await store.commit(change("a", 2, key="k2")) == REPEATED  # sent again: not CONFLICT
        assert await store.commit(change("a", 1, key="k1")) == REPEATED
        assert await store.commit(change("a", 3)) == STORED
        assert await store.commit(change("a", 4)) == STORED  # none is not a key
        found = await store.keyed("a", "k2")
        assert found is not None
        assert found.sequence == 2
        assert await store.keyed("b", "k2") is None

    @told
    async def test_of_many_that_change_one_conversation_one_does(self, make: Make) -> None:
        async with make() as one, make() as other:
            await one.commit(change("a"))
            tries = [(one, other)[n % 2].commit(change("a", 2, key=f"k{n}")) for n in range(10)]
            outcomes = await asyncio.gather(*tries)
            assert sorted(outcomes) == [CONFLICT] * 9 + [STORED]
            assert len(await other.log("a")) == 2

    @told
    async def test_of_many_with_one_key_one_is_stored(self, make: Make) -> None:
        async with make() as one, make() as other:
            await one.commit(change("a"))
            tries = [(one, other)[n % 2].commit(change("a", 2, key="k")) for n in range(10)]
            assert sorted(await asyncio.gather(*tries)) == [REPEATED] * 9 + [STORED]

    @told
    async def test_a_change_brings_several_entries(self, store: Store) -> None:
        entries = (entry(1, "k1"), entry(2), entry(3, "k3"))
        assert await store.commit(Change(record("a", 3), 0, entries)) == STORED
        assert await store.log("a") == list(entries)
        more = (entry(4), entry(5, "k3"))
        assert await store.commit(Change(record("a", 5), 3, more)) == REPEATED
        assert await store.log("a") == list(entries)

    @told
    async def test_the_log_is_read_from_a_number(self, store: Store) -> None:
        for sequence in range(1, 8):
            await store.commit(change("a", sequence))
            await store.commit(change("b", sequence))
        assert [each.sequence for each in await store.log("a", 2, 3)] == [3, 4, 5]
        assert [each.sequence for each in await store.log("a", 5)] == [6, 7]
        assert list(await store.log("a", 7)) == []

    @told
    async def test_what_is_closed_and_opened_again_is_all_there(self, make: Make) -> None:
        async with make() as store:
            await store.commit(change("a", timers=(timer("a", 1),), parcels=(parcel("a"),)))
        async with make() as store:
            assert await store.get("a") == record("a", due=at(1))
            assert await store.counts() == Counts(1, 1, 1, 1, 0)

    @told
    async def test_another_program_sees_what_was_stored(self, make: Make) -> None:
        async with make() as one, make() as other:
            await one.commit(change("a"))
            assert await other.commit(change("a", 2)) == STORED
            assert await one.commit(change("a", 2)) == CONFLICT
            assert await one.get("a") == record("a", 2)

    # References -----------------------------------------------------------------------------------

    @told
    async def test_a_reference_has_one_live_conversation(self, store: Store) -> None:
        await store.commit(change("a", reference="chat"))
        assert await store.commit(change("b", reference="chat")) == TAKEN
        assert await store.get("b") is None
        await store.commit(change("a", 2, reference="chat", status=OVER))
        assert await store.commit(change("b", reference="chat")) == STORED
        found = await store.find("chat")
        assert found is not None
        assert found.id == "b"

    @told
    async def test_what_comes_alive_again_needs_its_reference(self, store: Store) -> None:
        await store.commit(change("a", reference="chat"))
        await store.commit(change("a", 2, reference="chat", status=OVER))
        await store.commit(change("b", reference="chat"))
        assert await store.commit(change("a", 3, reference="chat", key="k")) == TAKEN
        assert await store.get("a") == record("a", 2, reference="chat", status=OVER)
        assert await store.keyed("a", "k") is None
        await store.delete("b")
        assert await store.commit(change("a", 3, reference="chat", key="k")) == STORED

    @told
    async def test_a_past_conversation_is_stored_beside_a_live_one(self, store: Store) -> None:
        """As when conversations are carried over from another store, in any order."""
        await store.commit(change("a", reference="chat"))
        assert await store.commit(change("b", reference="chat", status=CLOSED)) == STORED
        found = await store.find("chat")
        assert found is not None
        assert found.id == "a"

    @told
    async def test_a_reference_finds_the_live_one_else_the_last(self, store: Store) -> None:
        for name in ("z", "m", "c"):
            await store.commit(change(name, reference="chat"))
            await store.commit(change(name, 2, reference="chat", status=CLOSED))
        await store.commit(change("m", 3, reference="chat", status=CLOSED))  # touched last
        for name in ("c", "m", "z"):
            found = await store.find("chat")
            assert found is not None
            assert found.id == name
            await store.delete(name)
        assert await store.find("chat") is None

    # Many changes at once -------------------------------------------------------------------------

    @told
    async def test_changes_of_a_set_do_not_depend_on_each_other(self, store: Store) -> None:
        for name in "abcd":
            await store.commit(change(name, key="open", reference=f"r-{name}"))
        await store.commit(change("d", 2, reference="r-d"))
        outcomes = await store.commit_all([
            change("d", 2, reference="r-d", timers=(timer("d", 1),)),
            change("a", 2, reference="r-a", timers=(timer("a", 1),), parcels=(parcel("a"),)),
            change("b", 2, reference="r-b", key="open", timers=(timer("b", 1),)),
            change("e", reference="r-a"),
            change("c", 2, reference="r-c", key="k", status=OVER),
            change("f", reference="r-f"),
        ])  # fmt: skip
        assert list(outcomes) == [CONFLICT, STORED, REPEATED, TAKEN, STORED, STORED]
        assert await store.get("b") == record("b", reference="r-b")
        assert await store.get("c") == record("c", 2, reference="r-c", status=OVER)
        assert await store.counts() == Counts(5, 4, 1, 1, 0)
        assert await everyone(store) == list("abcdf")
        assert list(await store.commit_all([])) == []

    @told
    async def test_a_set_may_be_large(self, store: Store) -> None:
        changes = [change(f"n{n:04}", timers=(timer(f"n{n:04}", n),)) for n in range(1500)]
        assert set(await store.commit_all(changes)) == {STORED}
        assert await store.counts() == Counts(1500, 1500, 1500, 0, 0)

    @told
    async def test_a_large_set_goes_on_as_one_change_does(self, store: Store) -> None:
        names = [f"n{number:02}" for number in range(20)]
        await store.commit_all([change(name, key="k1", timers=(timer(name, 1),)) for name in names])
        await store.claim(at(2), 100, LONG)

        def second(number: int) -> Change:
            name = names[number]
            if number % 4 == 0:
                return change(name, 2, status=OVER, outcome="left", timers=())
            if number % 4 == 1:
                return change(name, 2, state="listen", timers=(timer(name, 5, "z", 2),))
            if number % 4 == 2:
                return change(name, 2, key=f"k{number}", due=at(1))
            migrated = {"fingerprint": "f2", "version": "2.0"} if number == 7 else {}
            entries = (entry(2, "k2"), entry(3, "k3"))
            return Change(record(name, 3, due=at(1), **migrated), 1, entries)

        for some in ([number for number in range(20) if number != 7], [7]):
            changes = [second(number) for number in some]
            assert set(await store.commit_all(changes)) == {STORED}
            for each in changes:
                assert await store.get(each.record.id) == each.record
                assert list(await store.log(each.record.id, 1)) == list(each.entries)
                timers = (timer(each.record.id, 1),) if each.timers is None else each.timers
                assert tuple(await store.timers(each.record.id)) == timers
        assert await store.counts() == Counts(20, 15, 15, 0, 0)
        assert sorted(await store.versions()) == [("tea", "1.0", "f1", 14), ("tea", "2.0", "f2", 1)]
        # The commit has ended each claim.
        due = [n for n in names if int(n[1:]) % 4 > 1]
        assert sorted([each.id for each in await store.claim(at(2), 100, LONG)]) == due

    @pytest.mark.parametrize("fault", [CONFLICT, REPEATED, "unknown", "over", "migrated", "seats"])
    def test_one_of_a_large_set_that_is_other_changes_nothing_for_the_rest(
        self, make: Make, fault: str
    ) -> None:
        async def play() -> None:
            async with make() as store:
                names = [f"n{number:02}" for number in range(20)]
                await store.commit_all([change(name, key="k1") for name in names])
                if fault == "over":
                    await store.commit(change("n13", 2, status=OVER))
                changes = [change(name, 2, key="k2", timers=(timer(name, 1),)) for name in names]
                changes[13] = {
                    CONFLICT: change("n13", 5, timers=(timer("n13", 1),)),
                    REPEATED: change("n13", 2, key="k1", timers=(timer("n13", 1),)),
                    "unknown": change("nobody", 2, timers=(timer("nobody", 1),)),
                    "over": change("n13", 3, key="k2", timers=(timer("n13", 1),)),
                    "migrated": change("n13", 2, fingerprint="f2", timers=(timer("n13", 1),)),
                    "seats": change("n13", 2, seats={"you": "u"}, timers=(timer("n13", 1),)),
                }[fault]
                expected = {"unknown": CONFLICT} | dict.fromkeys(
                    ("over", "migrated", "seats"), STORED
                )
                outcomes = await store.commit_all(changes)
                assert list(outcomes) == (
                    [STORED] * 13 + [expected.get(fault, fault)] + [STORED] * 6
                )
                for name in names[:13] + names[14:]:
                    assert await store.get(name) == record(name, 2, due=at(1))
                    assert len(await store.log(name)) == 2
                stored = outcomes[13] == STORED
                if stored:
                    assert await store.get("n13") == changes[13].record
                assert len(await store.log("n13")) == 1 + stored + (fault == "over")
                assert len(await store.timers("n13")) == stored
                assert await store.counts() == Counts(20, 20, 19 + stored, 0, 0)

        asyncio.run(play())

    # Waiting --------------------------------------------------------------------------------------

    @told
    async def test_a_reader_is_woken_by_the_next_entry(self, make: Make) -> None:
        async with make() as one, make() as other:
            await one.commit(change("a"))
            for writer, sequence in ((one, 2), (other, 3)):
                waiting = asyncio.create_task(one.wait("a", sequence - 1, LONG))
                await asyncio.sleep(0.02)
                assert not waiting.done()
                await writer.commit(change("a", sequence))
                await asyncio.wait_for(waiting, LONG / 3)

    @told
    async def test_nobody_waits_for_what_is_there_or_for_ever(self, store: Store) -> None:
        await store.commit(change("a", 1))
        await store.commit(change("a", 2))
        await asyncio.wait_for(store.wait("a", 1, LONG), LONG / 3)
        await asyncio.wait_for(store.wait("a", 2, 0.02), LONG / 3)
        await asyncio.wait_for(store.wait("nobody", 0, LONG), LONG / 3)

    @told
    async def test_a_reader_is_woken_when_the_conversation_is_deleted(self, store: Store) -> None:
        await store.commit(change("a"))
        waiting = asyncio.create_task(store.wait("a", 1, LONG))
        await asyncio.sleep(0.02)
        await store.delete("a")
        await asyncio.wait_for(waiting, LONG / 3)

    @told
    async def test_many_readers_wait_and_some_leave(self, store: Store) -> None:
        await store.commit(change("a"))
        waiting = [asyncio.create_task(store.wait("a", 1, 10)) for _ in range(20)]
        await asyncio.sleep(0.02)
        for task in waiting[:10]:
            task.cancel()
        await store.commit(change("a", 2))
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(each, asyncio.CancelledError) for each in outcomes] == (
            [True] * 10 + [False] * 10
        )

    # Timers ---------------------------------------------------------------------------------------

    @told
    async def test_timers_are_kept_replaced_and_dropped(self, store: Store) -> None:
        first = (timer("a", 3, "z"), timer("a", 1, "b", 2), timer("a", 1, "a"))
        await store.commit(change("a", timers=first))
        assert list(await store.timers("a")) == [first[2], first[1], first[0]]
        await store.commit(change("a", 2, due=at(1)))  # None: the same as before
        assert len(await store.timers("a")) == 3
        second = (timer("a", 2, "z", 3),)
        await store.commit(change("a", 3, timers=second))
        assert list(await store.timers("a")) == list(second)
        await store.commit(change("a", 4, timers=()))
        assert list(await store.timers("a")) == []
        assert await store.next_due() is None

    @told
    async def test_what_is_due_is_claimed_in_order_and_once(self, make: Make) -> None:
        async with make() as one, make() as other:
            for name, days in (("a", 3), ("b", 1), ("c", 2), ("d", 5)):
                await one.commit(change(name, timers=(timer(name, days),)))
            assert await one.next_due() == at(1)
            assert list(await one.claim(at(0.5), 10, LONG)) == []
            first = await one.claim(at(3), 2, LONG)
            assert [each.id for each in first] == ["b", "c"]
            assert first[0] == record("b", due=at(1))
            assert await other.next_due() == at(3)
            assert [each.id for each in await other.claim(at(3), 10, LONG)] == ["a"]
            assert list(await one.claim(at(3), 10, LONG)) == []
            assert await one.next_due() == at(5)
            assert list(await one.claim(at(9), 0, LONG)) == []

    @told
    async def test_a_conversation_with_several_due_timers_is_claimed_once(
        self, store: Store
    ) -> None:
        await store.commit(change("a", timers=(timer("a", 1, "x"), timer("a", 2, "y"))))
        assert [each.id for each in await store.claim(at(3), 10, LONG)] == ["a"]

    @told
    async def test_a_claim_ends_with_its_time(self, store: Store) -> None:
        for name, days in (("a", 1), ("b", 2)):
            await store.commit(change(name, timers=(timer(name, days),)))
        assert [each.id for each in await store.claim(at(1), 10, LONG)] == ["a"]
        assert [each.id for each in await store.claim(at(2), 10, SHORT)] == ["b"]
        await asyncio.sleep(2 * SHORT)
        assert await store.next_due() == at(2)
        assert [each.id for each in await store.claim(at(2), 10, LONG)] == ["b"]
        assert await store.next_due() is None

    @told
    async def test_a_claim_ends_with_the_next_commit(self, store: Store) -> None:
        await store.commit(change("a", timers=(timer("a", 1),)))
        await store.claim(at(2), 10, LONG)
        await store.commit(change("a", 3))  # refused: the claim stays
        assert list(await store.claim(at(2), 10, LONG)) == []
        await store.commit(change("a", 2, due=at(1)))
        assert [each.id for each in await store.claim(at(2), 10, LONG)] == ["a"]
        await store.commit_all([change("a", 3, timers=(timer("a", 4, generation=2),))])
        assert await store.next_due() == at(4)
        assert [each.id for each in await store.claim(at(4), 10, LONG)] == ["a"]

    @told
    async def test_claims_of_two_programs_do_not_overlap(self, make: Make) -> None:
        async with make() as one, make() as other:
            names = [f"n{number:03}" for number in range(200)]
            await one.commit_all([change(name, timers=(timer(name, 1),)) for name in names])
            claimed: list[str] = []

            async def work(store: Store) -> None:
                while found := await store.claim(at(2), 7, LONG):
                    claimed.extend(each.id for each in found)
                    await asyncio.sleep(0)

            await asyncio.gather(work(one), work(other))
            assert sorted(claimed) == names

    # Parcels --------------------------------------------------------------------------------------

    @told
    async def test_parcels_are_given_out_until_they_have_arrived(self, store: Store) -> None:
        sent = replace(parcel("a", to=ODD), payload={"said": [ODD], "deep": [{"x": None}]})
        await store.commit(change("a", parcels=(sent,)))
        assert list(await store.parcels(at(-1), 10, LONG)) == []  # not due
        assert list(await store.parcels(at(), 10, SHORT)) == [sent]
        await asyncio.sleep(2 * SHORT)
        assert list(await store.parcels(at(), 10, LONG)) == [sent]  # it may come more than once
        await store.delivered([sent])
        assert list(await store.parcels(at(9), 10, LONG)) == []
        assert await store.counts() == Counts(1, 1, 0, 0, 0)
        await store.delivered([sent])  # once more does no harm
        await store.delivered([])
        await store.again(sent)
        assert await store.counts() == Counts(1, 1, 0, 0, 0)

    @told
    async def test_each_reference_gets_its_parcels_in_order(self, store: Store) -> None:
        for sequence in (1, 2, 3):
            sent = [parcel("a", n, f"r{n % 2}", sequence=sequence) for n in range(4)]
            await store.commit(change("a", sequence, parcels=tuple(sent)))
        await store.commit(change("b", parcels=(parcel("b", 0, "r0"),)))
        arrived: dict[str, list[str]] = {"r0": [], "r1": []}
        while found := await store.parcels(at(1), 3, LONG):
            for each in found:
                arrived[each.reference].append(each.id)
            await store.delivered(found)
        assert arrived == {
            "r0": ["a:1:0", "a:1:2", "a:2:0", "a:2:2", "a:3:0", "a:3:2", "b:1:0"],
            "r1": ["a:1:1", "a:1:3", "a:2:1", "a:2:3", "a:3:1", "a:3:3"],
        }

    @told
    async def test_a_parcel_that_waits_holds_back_the_later_ones(self, store: Store) -> None:
        sent = (parcel("a", 0), parcel("a", 1), parcel("a", 2, "bob"))
        await store.commit(change("a", parcels=sent))
        found = {each.id: each for each in await store.parcels(at(), 10, LONG)}
        assert {"a:1:0", "a:1:2"} <= set(found)
        await store.again(replace(found["a:1:0"], due=at(1), tries=3))
        await store.delivered([found["a:1:2"]])
        assert list(await store.parcels(at(0.5), 10, LONG)) == []
        await store.commit(change("a", 2, parcels=(parcel("a", 0, sequence=2),)))
        assert list(await store.parcels(at(0.5), 10, LONG)) == []
        first = (await store.parcels(at(1), 10, SHORT))[0]
        assert (first.id, first.tries, first.due) == ("a:1:0", 3, at(1))
        await store.delivered([first])
        await asyncio.sleep(2 * SHORT)
        assert (await store.parcels(at(1), 10, LONG))[0].id == "a:1:1"

    @told
    async def test_a_parcel_on_its_way_holds_back_the_later_ones(self, make: Make) -> None:
        async with make() as one, make() as other:
            await one.commit(change("a", parcels=(parcel("a", 0), parcel("a", 1))))
            found = list(await one.parcels(at(), 1, LONG))
            assert [each.id for each in found] == ["a:1:0"]
            for store in (one, other):
                assert list(await store.parcels(at(), 10, LONG)) == []
            await one.delivered(found)
            assert [each.id for each in await other.parcels(at(), 10, LONG)] == ["a:1:1"]

    @told
    async def test_a_parcel_that_is_parked_holds_back_none(self, store: Store) -> None:
        await store.commit(change("a", parcels=(parcel("a", 0), parcel("a", 1))))
        first = (await store.parcels(at(), 1, LONG))[0]
        parked = replace(first, tries=9, parked=ODD)
        await store.again(parked)
        assert list(await store.parked()) == [parked]
        assert list(await store.parked(0)) == []
        assert await store.counts() == Counts(1, 1, 0, 1, 1)
        assert [each.id for each in await store.parcels(at(), 10, SHORT)] == ["a:1:1"]
        await asyncio.sleep(2 * SHORT)
        await store.again(replace(parked, parked=None))  # the operator sends it after all
        assert list(await store.parked()) == []
        assert (await store.parcels(at(), 10, LONG))[0].id == "a:1:0"

    @told
    async def test_what_of_a_conversation_has_not_arrived(self, store: Store) -> None:
        told = (parcel("a", 0), parcel("a", 1, parked="gone"))
        await store.commit(change("a", parcels=told))
        await store.commit(change("b", parcels=(parcel("b", 0),)))
        later = parcel("a", 0, sequence=2, days=9)
        await store.commit(change("a", 2, parcels=(later,)))
        assert list(await store.outgoing("a")) == [*told, later]
        await store.delivered(told[:1])
        assert [each.id for each in await store.outgoing("a")] == ["a:1:1", "a:2:0"]
        assert list(await store.outgoing("nobody")) == []

    @told
    async def test_a_parked_parcel_can_be_forgotten(self, store: Store) -> None:
        await store.commit(change("a", parcels=(parcel("a", 0, parked="gone"), parcel("a", 1))))
        assert await store.counts() == Counts(1, 1, 0, 1, 1)
        assert [each.id for each in await store.parcels(at(), 10, LONG)] == ["a:1:1"]
        await store.delivered(await store.parked())
        assert await store.counts() == Counts(1, 1, 0, 1, 0)

    @told
    async def test_parcels_of_two_programs_do_not_overlap(self, make: Make) -> None:
        async with make() as one, make() as other:
            sent = tuple(parcel("a", n, f"r{n}") for n in range(60))
            await one.commit(change("a", parcels=sent))
            given: list[str] = []

            async def work(store: Store) -> None:
                while found := await store.parcels(at(), 7, LONG):
                    given.extend(each.id for each in found)
                    await asyncio.sleep(0)

            await asyncio.gather(work(one), work(other))
            assert sorted(given) == sorted(each.id for each in sent)

    # Seats ----------------------------------------------------------------------------------------

    @told
    async def test_who_has_a_seat_is_brought_to_its_conversation(self, store: Store) -> None:
        assert await store.seated("ana") is None
        await store.commit(change("a", seats={"you": "ana", ODD: ODD}))
        assert await store.seated("ana") == await store.seated(ODD) == await store.get("a")
        assert await store.seated("chat-a") is None  # that is its own name
        await store.commit(seating("a", 2, seats={"you": "ana", ODD: "bob"}))
        assert await store.seated(ODD) is None
        assert await store.seated("ana") == await store.seated("bob") == await store.get("a")
        await store.commit(seating("a", 3, seats={}))
        assert await store.seated("ana") is await store.seated("bob") is None

    @told
    async def test_a_turn_leaves_the_seats_as_they_are(self, store: Store) -> None:
        for name in "ab":
            await store.commit(change(name, seats={"you": "ana"}))
        await store.commit(change("a", 2, seats={"you": "ana"}))
        await store.commit_all([change("a", 3, seats={"you": "ana"})])
        assert await store.seated("ana") == await store.get("b")

    @told
    async def test_of_several_seats_the_last_that_was_given_counts(self, store: Store) -> None:
        for name in "abc":
            await store.commit(change(name, seats={"you": "ana"}))
        assert (await seated(store, "ana")) == "c"
        await store.commit(seating("a", 2, seats={"you": "ana", "mo": "ana"}))
        assert (await seated(store, "ana")) == "a"
        await store.commit(seating("a", 3, seats={"you": "ana"}))
        assert (await seated(store, "ana")) == "c"
        await store.commit(seating("b", 2, seats={"you": "bob"}))
        await store.commit(seating("b", 3, seats={"you": "ana"}))
        assert (await seated(store, "ana")) == "b"

    @told
    async def test_a_live_conversation_comes_before_one_that_has_ended(self, store: Store) -> None:
        for name in "abc":
            await store.commit(change(name, seats={"you": "ana"}))
        for name in "cba":
            await store.commit(change(name, 2, seats={"you": "ana"}, status=OVER))
            assert (await seated(store, "ana")) == {"c": "b", "b": "a", "a": "a"}[name]
        await store.commit(change("b", 3, kind=UNDONE, seats={"you": "ana"}))
        assert (await seated(store, "ana")) == "b"
        await store.commit(change("d", seats={"you": "ana"}))
        await store.commit(seating("d", 2, seats={}, status=CLOSED))
        assert (await seated(store, "ana")) == "b"
        await store.commit(change("b", 4, seats={"you": "ana"}, status=CLOSED))
        await store.commit(seating("c", 3, seats={"you": "bob"}, status=OVER))
        assert (await seated(store, "ana")) == "b"
        assert (await seated(store, "bob")) == "c"

    @told
    async def test_seats_of_many_changes_at_once(self, store: Store) -> None:
        names = [f"n{number:02}" for number in range(20)]
        seats: dict[str, Any] = {name: {"you": f"p-{name}"} for name in names}
        await store.commit_all([change(name, seats=seats[name]) for name in names])
        await store.commit_all([
            change(name, 2, seats=seats[name], status=OVER if name < "n10" else LIVE)
            for name in names
        ])  # fmt: skip
        await store.commit_all([
            seating("n00", 3, seats={"you": "p-n19"}, status=OVER),
            seating("n18", 3, seats={"you": "p-n19"}),
            seating("n19", 9, seats={}),  # is refused
        ])  # fmt: skip
        assert (await seated(store, "p-n19")) == "n18"
        assert await store.seated("p-n00") is await store.seated("p-n18") is None
        assert [await seated(store, f"p-{name}") for name in names[1:18]] == names[1:18]

    @told
    async def test_what_is_deleted_has_no_seats(self, store: Store) -> None:
        for name in "abc":
            await store.commit(change(name, seats={"you": "ana", "mo": f"mo-{name}"}))
        await store.delete("c")
        assert (await seated(store, "ana")) == "b"
        assert await store.seated("mo-c") is None
        assert await store.delete_all(["a", "b"]) == 2
        assert await store.seated("ana") is None
        await store.commit(change("c"))
        assert await store.seated("mo-c") is None

    @told
    async def test_who_has_lost_a_seat_is_sent_nothing_of_it_any_more(self, store: Store) -> None:
        both = {"you": "ana", "mo": "bob"}
        for name in "ab":
            sent = (parcel(name), parcel(name, 1), parcel(name, 2, "bob"), parcel(name, 3, "cy"))
            await store.commit(change(name, seats=both, parcels=sent))
        under_way = (await store.parcels(at(), 1, LONG))[0]
        await store.again(replace(parcel("a", 1), parked="gone"))
        later = (parcel("a", 0, "dee", sequence=2), parcel("a", 1, "bob", sequence=2))
        await store.commit(seating("a", 2, seats={"you": "dee", "mo": "bob"}, parcels=later))
        await store.again(under_way)  # it is known no more
        assert [each.id for each in await store.outgoing("a")] == [
            "a:1:2", "a:1:3", "a:2:0", "a:2:1",
        ]  # fmt: skip
        assert len(await store.outgoing("b")) == 4
        assert list(await store.parked()) == []
        found = {each.reference: each.id for each in await store.parcels(at(), 10, LONG)}
        assert found == {"ana": "b:1:0", "bob": "a:1:2", "cy": "a:1:3", "dee": "a:2:0"}
        # Who has another seat in it, or has ended with it, is still told.
        await store.commit(seating("b", 2, seats={"mo": "ana"}, status=OVER))
        assert [each.id for each in await store.outgoing("b")] == ["b:1:0", "b:1:1", "b:1:3"]

    # Deleting -------------------------------------------------------------------------------------

    @told
    async def test_deleting_leaves_nothing(self, make: Make) -> None:
        async with make() as store:
            for name in "ab":
                await store.commit(
                    change(name, key="k", timers=(timer(name, 1),), parcels=(
                        parcel(name, 0), parcel(name, 1), parcel(name, 2, parked="gone"),
                    ))
                )  # fmt: skip
            await store.claim(at(2), 1, LONG)
            await store.parcels(at(), 1, LONG)
            assert await store.delete("a") is True
            assert await store.delete("a") is False
            assert await store.get("a") is None
            assert await store.find("chat-a") is None
            assert list(await store.log("a")) == []
            assert await store.keyed("a", "k") is None
            assert list(await store.timers("a")) == []
            assert await store.counts() == Counts(1, 1, 1, 2, 1)
            assert list(await store.tally()) == [("tea", "1.0", "f1", "talk", 1)]
            # What stood behind its parcels comes next, and the name is free.
            assert (await store.parcels(at(), 10, LONG))[0].id == "b:1:0"
            assert await store.commit(change("a", 2)) == CONFLICT
            assert await store.commit(change("a", key="k")) == STORED
            assert list(await store.timers("a")) == []

    @told
    async def test_many_are_deleted_at_once(self, make: Make) -> None:
        async with make() as store:
            for name in "abcd":
                await store.commit(change(name, key="k", timers=(timer(name, 1),)))
            assert await store.delete_all(["d", "a", "unknown", "b"]) == 3
            assert await store.delete_all(["a", "b"]) == 0
            assert await store.delete_all([]) == 0
            assert await store.counts() == Counts(1, 1, 1, 0, 0)
            assert list(await store.log("a")) == list(await store.timers("b")) == []
            assert (await store.get("c")) is not None

    # Many conversations ---------------------------------------------------------------------------

    @told
    async def test_conversations_are_found_by_what_they_are(self, store: Store) -> None:
        each: dict[str, dict[str, Any]] = {
            "a": {"touched": at(1)},
            "b": {"touched": at(2), "scenario": "coffee", "fingerprint": "f2"},
            "c": {"touched": at(3), "status": OVER, "state": "end", "outcome": "left"},
            "d": {"touched": at(4), "status": CLOSED},
        }
        each["a"]["due"], each["d"]["due"] = at(4), at(4)
        for name, values in each.items():
            await store.commit(change(name, **values))
        assert await everyone(store) == list("abcd")
        assert await everyone(store, after="b") == ["c", "d"]
        assert [found async for found in store.records(Filter(), "c")] == [record("d", **each["d"])]
        for which, names in (
            (Filter(scenario="coffee"), "b"),
            (Filter(fingerprint="f1"), "acd"),
            (Filter(state="talk"), "abd"),
            (Filter(outcome="left"), "c"),
            (Filter(status=LIVE), "ab"),
            (Filter(status=CLOSED), "d"),
            (Filter(waiting_since=at(2.5)), "ab"),
            (Filter(waiting_since=at(2.5), status=LIVE, scenario="tea"), "a"),
            (Filter(ended_before=at(3.5)), "c"),
            (Filter(ended_before=at(1)), ""),
            (Filter(due_before=at(5)), "a"),
            (Filter(due_before=at(4)), ""),
            (Filter(state="talk", status=OVER), ""),
            (Filter(state=ODD), ""),
        ):
            assert await everyone(store, which) == list(names), which

    @told
    async def test_many_are_read_while_others_change(self, store: Store) -> None:
        names = [f"n{number:04}" for number in range(1300)]
        await store.commit_all([change(name) for name in names])
        found = []
        async for each in store.records(Filter(status=LIVE)):
            if not found:
                await store.delete("n1299")
                await store.commit(change("n1298", 2, status=OVER))
            found.append(each.id)
        assert found == names[:-2]

    @told
    async def test_the_latest_moment_is_found_in_whatever_order_it_came(self, store: Store) -> None:
        assert await store.latest() is None
        await store.commit(change("a", touched=at(-30_000)))  # in 1943
        assert await store.latest() == at(-30_000)
        await store.commit(change("b", touched=at(9)))
        await store.commit(change("c", touched=at(5)))  # brought in from elsewhere, say
        assert await store.latest() == at(9)
        await store.commit(change("b", 2, touched=at(7), status=OVER))  # the clock was set back
        assert await store.latest() == at(7)
        await store.commit_all([change(f"n{number:04}", touched=at(6)) for number in range(1000)])
        assert await store.latest() == at(7)
        await store.commit(change("n0700", 2, touched=at(8)))
        assert await store.latest() == at(8)
        await store.delete_all(["n0700", "b"])
        assert await store.latest() == at(6)

    @told
    async def test_the_tally_follows_every_change(self, store: Store) -> None:
        for name in "abc":
            await store.commit(change(name))
        await store.commit(change("d", version="2.0", fingerprint="f2", state="listen"))
        await store.commit(change("a", 2, state="listen"))
        await store.commit(change("a", 3, state="listen"))
        await store.commit(change("b", 2, status=CLOSED))
        await store.commit(change("c", 2, state=ODD))
        await store.commit(change("c", 9, state="refused"))
        assert sorted(await store.tally()) == [
            ("tea", "1.0", "f1", ODD, 1),
            ("tea", "1.0", "f1", "listen", 1),
            ("tea", "2.0", "f2", "listen", 1),
        ]
        assert sorted(await store.versions()) == [("tea", "1.0", "f1", 2), ("tea", "2.0", "f2", 1)]
        assert await store.counts() == Counts(4, 3, 0, 0, 0)
        await store.delete("a")
        await store.commit(change("b", 3))
        assert sorted(await store.tally()) == [
            ("tea", "1.0", "f1", ODD, 1),
            ("tea", "1.0", "f1", "talk", 1),
            ("tea", "2.0", "f2", "listen", 1),
        ]
        await store.commit(change("d", 2, version="1.0", fingerprint="f1", state="listen"))
        assert sorted(await store.versions()) == [("tea", "1.0", "f1", 3)]

    @told
    async def test_the_tally_follows_many_changes_at_once(self, store: Store) -> None:
        names = [f"n{number:02}" for number in range(40)]
        mixed: dict[str, dict[str, Any]] = {
            name: {
                "version": ("1.0", "1.1")[number % 2],
                "seats": ({}, {"you": f"p-{name}"})[number // 2 % 2],
            }
            for number, name in enumerate(names)
        }
        await store.commit_all([change(name, **mixed[name]) for name in names])
        live = await store.versions()
        assert sorted(live) == [("tea", "1.0", "f1", 20), ("tea", "1.1", "f1", 20)]
        # Half of them end, and whoever was in 1.0 is in 1.1 now, whether it ended or not.
        at_once = [
            change(
                name, 2, **mixed[name] | {"version": "1.1"}, status=OVER if name < "n20" else LIVE
            )
            for name in names
        ]
        assert set(await store.commit_all(at_once)) == {STORED}
        assert [each for each in await store.versions() if each[-1]] == [("tea", "1.1", "f1", 20)]
        assert await store.counts() == Counts(40, 20, 0, 0, 0)
        # Of those that are refused none is counted.
        later = [change(name, 3, version="1.1", status=CLOSED) for name in names[18:]]
        refused = [change(name, 9, version="2.0") for name in names[:18]]
        assert list(await store.commit_all([*refused, *later])) == [CONFLICT] * 18 + [STORED] * 22
        assert [each for each in await store.versions() if each[-1]] == []
        assert await store.counts() == Counts(40, 0, 0, 0, 0)

    # Scenarios ------------------------------------------------------------------------------------

    @told
    async def test_scenarios_are_kept_for_those_who_are_in_them(self, store: Store) -> None:
        kept = {
            name: StoredScenario(name, ODD, "1.0", "scenario.yaml", {"scenario.yaml": ODD, ODD: ""})
            for name in ("f1", "f2", "f3", "f4")
        }
        for each in kept.values():
            await store.keep_scenario(each)
        newer = replace(kept["f1"], version="1.0.1", files={"scenario.yaml": "other texts"})
        await store.keep_scenario(newer)
        assert await store.scenario("f1") == newer
        assert await store.scenario("f2") == kept["f2"]
        await store.commit(change("a", fingerprint="f2"))
        await store.commit(change("b", fingerprint="f3", status=OVER))
        assert await store.forget_scenarios(["f4", "unknown"]) == 1
        assert await store.scenario("f1") is None
        assert await store.scenario("f3") == kept["f3"]
        await store.delete("a")
        assert await store.forget_scenarios([]) == 2
        assert await store.scenario("f3") == kept["f3"]
