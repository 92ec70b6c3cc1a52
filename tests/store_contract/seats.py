"""Whoever has a seat is brought to their conversation, and told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from heartline.host.store import Store
from heartline.host.values import CLOSED, LIVE, OVER, UNDONE
from store_contract.samples import LONG, ODD, at, change, parcel, seated, seating, told


class Seats:
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
