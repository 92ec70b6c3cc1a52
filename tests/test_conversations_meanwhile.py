"""`heartline conversations` while workers run: what each gives way to, and where it stops."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from heartline import Choose, loads
from heartline.host import Filter, Host, Store, carrying, importing, open_store
from heartline.host.exported import Carried, read_line
from hosting import inn
from operated import NEW, Inn, Typed, changed, newer, other, place, saved, typed

__all__ = ["place", "typed"]


def between(
    store: Store, name: str, act: Callable[[int], Awaitable[object]], monkeypatch: Any
) -> None:
    """Something happens before each call of one of a store's methods."""
    method = getattr(store, name)
    calls = itertools.count(1)

    async def call(*given: object) -> object:
        await act(next(calls))
        return await method(*given)

    monkeypatch.setattr(store, name, call)


def nothing(*_: object) -> None:
    """Nobody looks."""


def test_a_conversation_that_goes_on_is_exported_as_it_was_at_one_moment(
    place: Inn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(host: Host) -> None:
        room = (await host.read("room")).conversation

        async def act(call: int) -> None:
            if call == 1:
                await host.submit(room, Choose("rest"))
            elif call == 3:
                await host.delete("desk")

        async with open_store(place.url) as store:
            between(store, "timers", act, monkeypatch)
            problems: list[str] = []
            told = carrying.export(
                store, Filter(status="live"), place.clock.now(), nothing,
                lambda _, why: problems.append(why),
            )  # fmt: skip
            lines = [read_line(line.encode()) async for line in told]
        assert problems == []
        carried = [line for line in lines if isinstance(line, Carried)]
        assert room in {line.record.id for line in carried}
        for line in carried:
            assert len(line.entries) == line.record.sequence
            assert line.timers == tuple(await host.store.timers(line.record.id))

    place.played(play)


def test_a_migration_gives_way_to_whoever_is_faster(
    place: Inn, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = loads(NEW)

    async def play(host: Host) -> None:
        async with Host(place.url, [new], clock=place.clock) as later:

            async def act(call: int) -> None:
                if call == 1:
                    await host.submit("desk", Choose("ask"))
                    await host.submit("room", Choose("go"))

            between(later.store, "commit_all", act, monkeypatch)
            done = await carrying.migrate(later, nothing, nothing)
            assert done == (1, 0)  # the other has come to its end meanwhile
            for name in ("desk", "room"):
                assert await later.verify(name) is None
            record = await later.store.find("desk")
            assert record is not None
            assert record.version == "1.1.0"

    place.played(play)


def test_what_cannot_migrate_since_it_is_damaged_is_named(place: Inn, typed: Typed) -> None:
    changed(place, "UPDATE conversations SET snapshot = '{}' WHERE reference = 'desk'")
    code, out, err = typed("migrate", "--scenario", newer(place))
    assert code == 1
    assert out.startswith("Migrated 1 conversation.\n")
    assert place.id("desk") in err
    _, out, _ = typed("migrate", "--scenario", newer(place), "--format", "json")
    assert [each["reference"] for each in json.loads(out)["failed"]] == ["desk"]


def test_whoever_takes_a_turn_back_keeps_a_conversation_from_a_purge(
    place: Inn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(host: Host) -> None:
        over = (await host.read("over")).conversation

        async def act(call: int) -> None:
            if call == 1:
                await host.undo(over)

        async with open_store(place.url) as store:
            between(store, "get", act, monkeypatch)
            which = Filter(ended_before=place.clock.now() + timedelta(hours=1))
            gone: list[int] = []
            await carrying.purge(store, which, nothing, gone.append)
            assert gone == [1]
        assert (await host.read("over")).status == "live"

    place.played(play)


def test_what_somebody_opens_while_an_import_is_stored_stays(
    place: Inn, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(place)

    async def play(host: Host) -> None:
        async with open_store(other(place)) as store:

            async def act(call: int) -> None:
                if call == 1:
                    async with Host(other(place), [inn()], clock=place.clock) as there:
                        await there.open("desk", "inn", seed=9)

            with path.open("rb") as file:
                checked = await importing.check(store, file, "x", nothing)
                between(store, "commit_all", act, monkeypatch)
                (failed,) = await importing.bring_in(store, file, checked, nothing)
            assert "was not stored: somebody used its reference" in failed
            assert (await store.counts()).conversations == 4

    place.played(play)


def test_ctrl_c_stops_long_work_and_says_how_far_it_came(
    place: Inn, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(store: Store, which: object, progress: object, gone: Any) -> None:
        gone(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(carrying, "purge", stopped)
    code, out, err = typed("purge", "--older-than", "90d", "--yes")
    assert (code, out) == (130, "")
    assert "Deleted 1 conversation until then." in err
