"""One conversation is stored, read, found by its reference, and waited for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from heartline.host.store import Store
from heartline.host.values import (
    CLOSED,
    CONFLICT,
    LIVE,
    OVER,
    REPEATED,
    STORED,
    TAKEN,
    Change,
    Counts,
    Entry,
    Timer,
)
from store_contract.samples import (
    LONG,
    ODD,
    Make,
    at,
    change,
    entry,
    everyone,
    parcel,
    record,
    timer,
    told,
)


class OneConversation:
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
