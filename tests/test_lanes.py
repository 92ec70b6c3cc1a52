"""Lanes: in order within one, beside each other between them, and bounded."""

from __future__ import annotations

import asyncio

from heartline.frontends.lanes import Lanes


def test_a_lane_keeps_its_order_and_holds_up_no_other() -> None:
    async def main() -> None:
        done: list[str] = []
        gate = asyncio.Event()

        async def do(thing: str) -> None:
            if thing == "slow":
                await gate.wait()
            done.append(thing)

        lanes = Lanes(do)
        for lane, thing in [("a", "slow"), ("a", "after it"), ("b", "quick"), ("b", "next")]:
            assert lanes.add(lane, thing)
        await lanes.settled(0.05)
        assert done == ["quick", "next"]
        assert lanes.add("b", "later")
        gate.set()
        await lanes.settled(5)
        assert sorted(done[2:]) == ["after it", "later", "slow"]
        assert done.index("slow") < done.index("after it")
        await lanes.settled(5)  # nothing is left

    asyncio.run(main())


def test_what_waits_and_what_goes_on_is_bounded() -> None:
    async def main() -> None:
        going = most = 0

        async def do(_: int) -> None:
            nonlocal going, most
            going += 1
            most = max(most, going)
            await asyncio.sleep(0)
            going -= 1

        lanes = Lanes(do, at_once=3, waiting=2)
        taken = [lanes.add(number % 10, number) for number in range(30)]
        assert taken == [True] * 20 + [False] * 10
        await lanes.settled(5)
        assert most == 3
        assert lanes.add(0, 0)
        await lanes.close()

    asyncio.run(main())
