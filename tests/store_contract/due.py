"""What is due is given out, once, for as long as it was claimed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from heartline.host.store import Store
from heartline.host.values import Counts
from store_contract.samples import LONG, ODD, SHORT, Make, at, change, parcel, record, timer, told


class Due:
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
