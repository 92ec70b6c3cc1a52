"""Parcels: each comes to its reference, in order, once or more often, and stops nobody else's."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta

import pytest

from heartline import Choose, ManualClock
from heartline.clock import FastClock
from heartline.host import Host, Parcel, delivering
from heartline.host.stores import pgpool, sqlfile
from living import awaited, stores
from timing import Failing, Noting, Running, Stores, kettle, until

__all__ = ["stores"]


class Post:
    """Delivers, and keeps what came; what is to fail or hang is named by its reference."""

    def __init__(self) -> None:
        self.came: dict[str, list[int]] = defaultdict(list)
        self.ids: list[str] = []
        self.under_way: set[str] = set()
        self.most = 0
        self.fails: dict[str, int] = {}  # how often it is still to fail
        self.hangs: set[str] = set()
        self.slow = 0.0

    async def __call__(self, reference: str, parcel: Parcel) -> None:
        assert reference not in self.under_way, "one at a time"
        self.under_way.add(reference)
        self.most = max(self.most, len(self.under_way))
        try:
            await asyncio.sleep(3600 if reference in self.hangs else self.slow)
            if self.fails.get(reference, 0) > 0:
                self.fails[reference] -= 1
                raise OSError("The line is dead.")
            self.came[reference].append(parcel.sequence)
            self.ids.append(parcel.id)
        finally:
            self.under_way.remove(reference)


def posting(
    stores: Stores, post: Post, clock: ManualClock | FastClock, noted: Noting | None = None
) -> Host:
    """A host with a quick outbox."""
    host = Host(stores(), [kettle()], clock=clock, deliver=post, observer=noted)
    host.running.look = 0.01
    return host


async def told(host: Host, *names: str, turns: int = 1) -> None:
    """Conversations of which `to-NAME` hears of each turn."""
    for name in names:
        await host.open(name, "story", seed=1, tell={"you": f"to-{name}"})
    for _ in range(turns):
        for name in names:
            state = (await host.read(name)).turn.state
            await host.submit(name, Choose("brew" if state == "home" else "stir"))


@awaited
async def test_parcels_come_to_each_in_order_and_to_many_at_once(stores: Stores) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    post.slow = 0.005
    async with posting(stores, post, clock, noted) as host:
        await told(host, "a", "b", "c", turns=4)
        async with Running(host):
            await until(lambda: noted.counts["delivered"] == 15)
        # What opens a conversation is told too, since nobody with that reference has asked.
        assert post.came == {f"to-{name}": [1, 2, 3, 4, 5] for name in "abc"}
        assert post.most == 3
        assert len(set(post.ids)) == 15
        counts = await host.store.counts()
        assert (counts.parcels, counts.parked) == (0, 0)


@awaited
async def test_a_timer_that_fires_is_told_at_once(stores: Stores) -> None:
    post, clock = Post(), FastClock(36_000)
    async with posting(stores, post, clock) as host:
        host.running.look = 60
        async with Running(host):
            await asyncio.sleep(0.02)
            await told(host, "a")
            await until(lambda: post.came["to-a"] == [1, 2, 3])


@awaited
async def test_who_asks_is_not_told_and_a_host_that_delivers_nothing_posts_nothing(
    stores: Stores,
) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    async with posting(stores, post, clock, noted) as host:
        await host.open("a", "story", tell={"you": "a", "other": "kim"})
        await host.submit("a", Choose("brew"), sender="a")
        async with Running(host):
            await until(lambda: noted.counts["delivered"] == 2)
        assert post.came == {"kim": [1, 2]}
    async with Host(stores(), [kettle()], clock=clock) as host:
        await host.submit("a", Choose("stir"))
        async with Running(host):
            await asyncio.sleep(0.02)
        assert (await host.store.counts()).parcels == 0


@awaited
async def test_nothing_is_posted_for_those_who_look_for_themselves(stores: Stores) -> None:
    post, clock = Post(), ManualClock()
    options = {"clock": clock, "deliver": post, "brings": lambda name: name == "to-a"}
    async with Host(stores(), [kettle()], **options) as host:
        await told(host, "a", "b")
        assert (await host.store.counts()).parcels == 2


@awaited
async def test_what_does_not_arrive_comes_again_before_what_follows_it(stores: Stores) -> None:
    post, noted, clock = Post(), Noting(), FastClock(1000)
    post.fails = {"to-a": 3}
    async with posting(stores, post, clock, noted) as host:
        assert host.running.delivering is not None
        host.running.delivering.first_pause = 0.02
        await told(host, "a", "b", turns=2)
        async with Running(host):
            await until(lambda: noted.counts["delivered"] == 6)
        assert post.came == {"to-a": [1, 2, 3], "to-b": [1, 2, 3]}
        assert noted.counts["undelivered"] == 3
        assert post.ids.index(next(each for each in post.ids if each.endswith(":3:0"))) > 1


@awaited
async def test_pauses_double_up_to_ten_minutes_and_the_twelfth_try_is_the_last(
    stores: Stores,
) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    post.fails = {"to-a": 12}
    async with posting(stores, post, clock, noted) as host:
        await told(host, "a", "b")
        async with Running(host):
            for tries in range(1, 12):
                await until(lambda tries=tries: noted.counts["undelivered"] == tries)  # type: ignore[misc]
                clock.advance(timedelta(seconds=min(2 ** (tries - 1), 600) - 0.001))
                await asyncio.sleep(0.03)
                assert noted.counts["undelivered"] == tries, "not before its time"
                clock.advance(timedelta(seconds=0.001))
            await until(lambda: noted.counts["parked"] == 1)
            await until(lambda: post.came["to-a"] == [2])  # it makes room for the next
            await until(lambda: noted.counts["delivered"] == 3)
        assert noted.counts["undelivered"] == 11
        (parcel,) = await host.store.parked()
        assert (parcel.sequence, parcel.tries) == (1, 12)
        assert parcel.parked == "OSError: The line is dead."
        assert (await host.store.counts()).parked == 1


@awaited
async def test_an_error_of_which_no_text_can_be_kept_parks_its_parcel(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heartline.host.delivering.MOST_TRIES", 1)

    async def fails(reference: str, parcel: Parcel) -> None:
        raise OSError("a\0b\ud800c")

    clock, noted = FastClock(600), Noting()
    async with (
        Host(stores(), [kettle()], clock=clock, deliver=fails, observer=noted) as host,
        Running(host),
    ):
        await told(host, "a")
        await until(lambda: noted.counts["parked"] == 2)
        whys = {parcel.parked for parcel in await host.store.parked()}
        assert whys == {"OSError: a\ufffdb\ufffdc"}


@awaited
async def test_a_deliverer_that_hangs_is_given_up_and_stops_nobody(stores: Stores) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    post.hangs = {"to-a"}
    async with posting(stores, post, clock, noted) as host:
        assert host.running.delivering is not None
        assert host.running.delivering.patience == 30
        host.running.delivering.patience = 0.3
        await told(host, "a", "b")
        async with Running(host):
            await until(lambda: noted.counts["undelivered"] == 1)
            await until(lambda: post.came == {"to-b": [1, 2]})
            post.hangs.clear()
            clock.advance(timedelta(seconds=2))
            await until(lambda: post.came == {"to-a": [1, 2], "to-b": [1, 2]})


@awaited
async def test_a_deliverer_that_does_not_let_itself_be_stopped_is_left_behind() -> None:
    clock, noted = ManualClock(), Noting()
    let_go = asyncio.Event()
    came = []

    async def stubborn(reference: str, parcel: Parcel) -> None:
        came.append(parcel.sequence)
        if len(came) == 1:
            while not let_go.is_set():
                try:
                    await let_go.wait()
                except asyncio.CancelledError:
                    continue
            raise OSError("too late")
        if len(came) == 2:
            raise asyncio.CancelledError

    host = Host("memory:", [kettle()], clock=clock, deliver=stubborn, observer=noted)
    host.running.look = 0.01
    async with host:
        assert host.running.delivering is not None
        host.running.delivering.patience = 0.05
        await host.open("a", "story", tell={"you": "to-a"})
        async with Running(host):
            await until(lambda: noted.counts["undelivered"] == 1)
            let_go.set()
            clock.advance(timedelta(seconds=1))
            await until(lambda: noted.counts["undelivered"] == 2)
            clock.advance(timedelta(seconds=2))
            await until(lambda: noted.counts["delivered"] == 1)
        assert came == [1, 1, 1]


@awaited
async def test_parcels_of_two_hosts_come_once_where_nothing_fails(stores: Stores) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    one, two = posting(stores, post, clock, noted), posting(stores, post, clock, noted)
    names = [f"n{number}" for number in range(12)]
    async with one, two:
        await told(one, *names, turns=2)
        async with Running(one, two):
            await until(lambda: noted.counts["delivered"] == 36)
            await asyncio.sleep(0.05)
        assert post.came == {f"to-{name}": [1, 2, 3] for name in names}


@awaited
async def test_a_host_that_is_stopped_gives_back_what_is_under_way(stores: Stores) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    post.hangs = {"to-a"}
    async with posting(stores, post, clock, noted) as host:
        await told(host, "a", turns=0)
        async with Running(host):
            await until(lambda: post.under_way)
        assert not post.under_way
    post.hangs.clear()
    async with posting(stores, post, clock, noted) as host:
        async with Running(host):
            await until(lambda: noted.counts["delivered"] == 1)
        assert post.came == {"to-a": [1]}
        assert noted.counts["undelivered"] == 0


@awaited
async def test_what_arrives_while_a_host_stops_is_kept_as_delivered() -> None:
    clock = ManualClock()
    begun = asyncio.Event()

    async def late(reference: str, parcel: Parcel) -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return  # just done

    async with Host("memory:", [kettle()], clock=clock, deliver=late) as host:
        await host.open("a", "story", tell={"you": "to-a"})
        async with Running(host):
            await begun.wait()
        assert (await host.store.counts()).parcels == 0


@awaited
async def test_a_clock_that_is_set_back_delays_no_parcel(stores: Stores) -> None:
    post, noted, clock = Post(), Noting(), ManualClock()
    async with posting(stores, post, clock, noted) as host, Running(host):
        await told(host, "a", turns=0)
        await until(lambda: noted.counts["delivered"] == 1)
        clock.set(clock.now() - timedelta(days=3))
        await host.submit("a", Choose("brew"))
        await until(lambda: noted.counts["delivered"] == 2)


@awaited
async def test_delivery_survives_a_store_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.host.delivering._STORE_PAUSES", (0.01, 0.02))
    store, post, noted, clock = Failing(), Post(), Noting(), ManualClock()
    async with posting(lambda: store, post, clock, noted) as host:
        await told(host, "a", "b")
        store.down = {"parcels": 2, "delivered": 3, "again": 1}
        post.fails = {"to-b": 1}
        async with Running(host):
            await until(lambda: noted.counts["undelivered"] == 1)
            clock.advance(timedelta(seconds=1))
            await until(lambda: noted.counts["delivered"] == 4)
        assert noted.counts["unavailable"] == 6
        assert 1 <= noted.counts["back"] <= 3
        assert post.came == {"to-a": [1, 2], "to-b": [1, 2]}  # none came twice


@awaited
async def test_no_more_are_under_way_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.host.delivering.MOST_AT_ONCE", 3)
    post, noted, clock = Post(), Noting(), ManualClock()
    post.slow = 0.01
    names = [f"n{number}" for number in range(10)]
    async with posting(lambda: Failing(), post, clock, noted) as host:
        await told(host, *names, turns=0)
        async with Running(host):
            await until(lambda: noted.counts["delivered"] == 10)
        assert post.most == 3


@awaited
async def test_a_claim_that_ran_out_does_not_send_a_parcel_beside_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.host.delivering._LEASE", 0.0)
    post, noted, clock = Post(), Noting(), ManualClock()
    post.slow = 0.1
    async with posting(lambda: Failing(), post, clock, noted) as host:
        await told(host, "a", turns=0)
        async with Running(host):
            await until(lambda: noted.counts["delivered"])
            await asyncio.sleep(0.05)
        assert post.came == {"to-a": [1]}


def test_a_claim_lasts_until_the_store_has_heard_what_became_of_a_parcel() -> None:
    for store in (sqlfile, pgpool):
        assert delivering._LEASE > delivering._PATIENCE + store.PATIENCE + 1  # which it looks late
