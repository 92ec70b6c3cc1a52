"""A log that lacks an entry is said to, whoever reads it, and is never gone on with as if it were
whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from heartline import Choose, ManualClock
from heartline.errors import StoreDamaged, UnknownConversation
from heartline.host import Entry, Host
from hosting import host_on

LAST = 4


async def opened(host: Host) -> str:
    """A conversation with four entries; gives its id."""
    answer = await host.open("chat", "inn", {"nights": 3}, seed=1)
    await host.submit("chat", Choose("take"))
    await host.submit("chat", Choose("rest"))
    await host.submit("chat", Choose("go"))
    return answer.conversation


def lose(host: Host, lost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the store does not have an entry of the log."""
    log = host.store.log

    async def holed(conversation: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
        found = await log(conversation, after, most)
        return [entry for entry in found if entry.sequence != lost]

    monkeypatch.setattr(host.store, "log", holed)


async def events(host: Host) -> list[object]:
    return [entry async for entry in host.events("chat")]


async def fork(host: Host) -> object:
    return await host.fork("chat", "other")


async def undo(host: Host) -> object:
    return await host.undo("chat")


async def transcript(host: Host) -> object:
    return await host.transcript("chat")


@pytest.mark.parametrize("lost", [1, 2, LAST])
@pytest.mark.parametrize("read", [events, fork, undo, transcript])
def test_a_log_with_a_hole_is_read_by_nobody(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[Host], Awaitable[object]], lost: int
) -> None:
    async def main() -> None:
        async with host_on("memory:", clock=ManualClock()) as host:
            await opened(host)
            lose(host, lost, monkeypatch)
            async with asyncio.timeout(20):
                with pytest.raises(StoreDamaged, match=r"has a hole: .*\. Restore it from a back"):
                    await read(host)
            assert "has a hole" in (await host.verify("chat") or "")
            assert (await host.store.counts()).conversations == 1

    asyncio.run(main())


def test_what_is_deleted_while_it_is_read_has_no_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with host_on("memory:", clock=ManualClock()) as host:
            conversation = await opened(host)
            log = host.store.log

            async def gone(name: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
                await host.store.delete(conversation)
                return await log(name, after, most)

            monkeypatch.setattr(host.store, "log", gone)
            with pytest.raises(UnknownConversation):
                await host.transcript("chat")

    asyncio.run(main())


def test_what_is_deleted_while_somebody_follows_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with host_on("memory:", clock=ManualClock()) as host:
            conversation = await opened(host)
            found = host.events("chat")
            for _ in range(LAST):
                await anext(found)
            await host.undo("chat")
            await host.store.delete(conversation)
            async with asyncio.timeout(20):
                assert [entry async for entry in found] == []

    asyncio.run(main())


def test_what_happens_between_two_looks_is_no_hole() -> None:
    async def main() -> None:
        async with host_on("memory:", clock=ManualClock()) as host:
            await host.open("chat", "inn", {"nights": 3}, seed=1)
            found = host.events("chat")
            assert (await anext(found)).kind == "opened"
            get = host.store.get

            async def went_on(conversation: str) -> object:
                host.store.get = get  # type: ignore[method-assign]  # once
                await host.submit("chat", Choose("leave"))
                return await get(conversation)

            host.store.get = went_on  # type: ignore[method-assign, assignment]  # as above
            async with asyncio.timeout(20):
                assert [entry.kind async for entry in found] == ["chose"]
            assert (await host.read("chat")).status == "over"

    asyncio.run(main())
