"""What is still to be delivered goes with an export, and keeps its ids."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from heartline import Choose, ManualClock
from heartline.host import Filter, Host, Parcel, Store, carrying, importing, open_store
from heartline.host.exported import FORMAT
from heartline.host.importing import Checked
from heartline.host.stores.memory import MemoryStore
from hosting import STORES, inn, url_of
from operated import Inn, Typed, other, place, typed

__all__ = ["place", "typed"]

CLOCK = ManualClock()  # what is due is due from where it stands, so that all may share it


async def nobody(reference: str, parcel: Parcel) -> None:
    """Never called: these hosts do not run."""
    raise AssertionError(reference)


def opener(kind: str, folder: Path) -> Callable[[], Store]:
    """Opens one and the same store each time."""
    folder.mkdir()
    if kind == "memory":
        store = MemoryStore()
        return lambda: store
    url = url_of(kind, folder)
    return lambda: open_store(url)


def host_on(store: Store, deliver: Any = nobody) -> Host:
    return Host(store, [inn()], clock=CLOCK, deliver=deliver)


async def filled(store: Store) -> str:
    """A conversation that two are told of: one parcel was tried in vain, one is tried no more.
    Gives its id."""
    async with host_on(store) as host:
        tell = {"guest": "phone", "mo": "desk-1"}
        answer = await host.open("chat", "inn", {"nick": "Kim"}, seed=1, tell=tell)
        await host.submit("chat", Choose("take"))
        phone, desk = await host.store.parcels(CLOCK.now(), 9, 0)
        later = CLOCK.now() + timedelta(hours=1)
        await host.store.again(replace(phone, due=later, tries=3))
        await host.store.again(replace(desk, tries=12, parked="OSError: it is out of paper"))
    return answer.conversation


async def exported(store: Store) -> bytes:
    async with store:
        told = carrying.export(store, Filter(), CLOCK.now(), no_progress, fails)
        return "".join([f"{line}\n" async for line in told]).encode()


def no_progress(*_: object) -> None:
    """Nobody looks."""


def fails(_: object, why: str) -> None:
    raise AssertionError(why)


async def imported(store: Store, file: bytes, *, parcels: bool = True) -> Checked:
    async with store:
        lines = io.BytesIO(file)
        checked = await importing.check(store, lines, "x", no_progress)
        assert not await importing.bring_in(store, lines, checked, no_progress, parcels=parcels)
        return checked


async def left(store: Store, conversation: str) -> Sequence[Parcel]:
    async with store:
        return await store.outgoing(conversation)


@pytest.mark.parametrize("to", STORES)
@pytest.mark.parametrize("of", STORES)
def test_what_has_not_arrived_is_carried_as_it_is_and_arrives_once(
    tmp_path: Path, of: str, to: str
) -> None:
    here, there = opener(of, tmp_path / "here"), opener(to, tmp_path / "there")

    async def main() -> None:
        conversation = await filled(here())
        before = await left(here(), conversation)
        assert [(each.id[-3:], each.tries, each.parked) for each in before] == [
            ("1:0", 3, None), ("1:1", 12, "OSError: it is out of paper"), ("2:0", 0, None),
            ("2:1", 0, None),
        ]  # fmt: skip
        file = await exported(here())
        checked = await imported(there(), file)
        assert (checked.new, checked.parcels, checked.parked) == (1, 3, 1)
        assert await left(there(), conversation) == before
        assert (await exported(there())).splitlines() == file.splitlines()

        came: list[str] = []

        async def deliver(reference: str, parcel: Parcel) -> None:
            came.append(f"{reference} {parcel.id}")

        CLOCK.advance(timedelta(hours=2))
        async with host_on(there(), deliver) as host:
            running = asyncio.create_task(host.run())
            # The kettle boils as well, and both are told.
            while len(came) < 5 or (await host.store.counts()).parcels:
                await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.wait([running])
        ids = [f"{each.reference} {each.id}" for each in before if each.parked is None]
        assert sorted(each for each in came if ":3:" not in each) == sorted(ids)
        assert await left(there(), conversation) == [before[1]]
        # Whoever imports once more brings nothing back that has arrived.
        assert (await imported(there(), file)).known == 1
        assert await left(there(), conversation) == [before[1]]

    asyncio.run(main())


@pytest.mark.parametrize("kind", STORES)
def test_a_later_export_brings_only_what_tells_of_later_turns(tmp_path: Path, kind: str) -> None:
    here, there = opener(kind, tmp_path / "here"), opener(kind, tmp_path / "there")

    async def main() -> None:
        conversation = await filled(here())
        await imported(there(), await exported(here()))
        async with there() as store:  # these arrive there
            await store.delivered(list(await store.outgoing(conversation)))
        async with host_on(here()) as host:
            await host.submit("chat", Choose("rest"))
        checked = await imported(there(), await exported(here()))
        assert (checked.longer, checked.parcels, checked.parked) == (1, 2, 0)
        assert [each.sequence for each in await left(there(), conversation)] == [3, 3]

    asyncio.run(main())


@pytest.mark.parametrize("kind", STORES)
def test_they_are_left_out_where_that_is_asked_for(tmp_path: Path, kind: str) -> None:
    here, there = opener(kind, tmp_path / "here"), opener(kind, tmp_path / "there")

    async def main() -> None:
        conversation = await filled(here())
        await imported(there(), await exported(here()), parcels=False)
        assert list(await left(there(), conversation)) == []
        async with there() as store:
            assert (await store.counts()).conversations == 1

    asyncio.run(main())


def of_room(place: Inn) -> tuple[Path, list[dict[str, Any]]]:
    """An export with parcels, as a file and as the objects of its lines."""
    store = open_store(place.url)
    asyncio.run(filled(store))
    path = place.folder / "parcels.jsonl"
    path.write_bytes(asyncio.run(exported(open_store(place.url))))
    return path, [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def written(path: Path, lines: list[dict[str, Any]]) -> str:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return str(path)


def test_an_export_of_format_1_had_none_and_is_still_read(place: Inn, typed: Typed) -> None:
    path, lines = of_room(place)
    assert lines[0]["format"] == FORMAT == 3
    lines[0]["format"] = 1
    for line in lines:
        line.pop("parcels", None)
    code, out, _ = typed("import", written(path, lines), "--store", other(place))
    assert (code, out) == (0, "Imported 5 conversations.\n")


def test_an_import_says_what_will_be_delivered(place: Inn, typed: Typed) -> None:
    path, _ = of_room(place)
    assert place.everything(other(place)) == []  # which makes the file
    for options, first in ((["--dry-run"], "Would import"), ([], "Imported")):
        code, out, _ = typed("import", str(path), "--store", other(place), *options)
        assert code == 0
        assert out.splitlines() == [
            f"{first} 5 conversations.",
            "Parcels in them: 3 still to be delivered, 1 parked.",
        ]
    third = other(place, "third.db")
    code, out, _ = typed("import", str(path), "--store", third, "--no-parcels", "--format", "json")
    assert [json.loads(out)[name] for name in ("new", "parcels", "parked")] == [5, 0, 0]
    assert not any(parcels for _, _, _, parcels, _ in place.everything(third))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda parcels: parcels.reverse(), "do not follow its log"),
        (lambda parcels: parcels[3].update(sequence=9), "do not follow its log"),
        (lambda parcels: parcels.insert(1, parcels[0]), "do not follow its log"),
        (lambda parcels: parcels[0].update(reference="x"), "to somebody whom the conversation"),
        (lambda parcels: parcels[0].update(reference="desk-1"), "to somebody whom the conv"),
        (lambda parcels: parcels[0]["payload"].update(state="room"), "tells of something else"),
        (lambda parcels: parcels[0]["payload"].pop("said"), "tells of something else"),
        (lambda parcels: parcels[0].update(payload=[]), "parcel 1: 'payload' what is not an obj"),
        (lambda parcels: parcels[0].update(index=2**31), "is not a number that can be stored"),
        (lambda parcels: parcels.append(5), "has for parcel 5 what is not an object"),
    ],
)
def test_a_parcel_that_does_not_follow_from_the_log_is_refused(
    place: Inn, typed: Typed, change: Callable[[list[Any]], None], why: str
) -> None:
    path, lines = of_room(place)
    change(next(line["parcels"] for line in lines if line.get("parcels")))
    code, _, err = typed("import", written(path, lines), "--store", other(place))
    assert code == 1
    assert why in err
    assert place.everything(other(place)) == []
