"""Many changes are stored at once, and much is deleted."""

from __future__ import annotations

import asyncio

import pytest

from heartline.host.store import Store
from heartline.host.values import CONFLICT, OVER, REPEATED, STORED, TAKEN, Change, Counts
from store_contract.samples import (
    LONG,
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


class Sets:
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
