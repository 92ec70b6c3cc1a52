"""`heartline conversations` says what is wrong with those that it shows: versions that do not load,
timers that do not fire, parcels that do not arrive."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from heartline import Choose
from heartline.host import Filter, Host, Parcel, carrying
from living import PLACES, STORY, World, awaited, stores, version, world
from operated import Inn, Typed, changed, newer, place, typed
from timing import kettle

__all__ = ["place", "stores", "typed", "world"]


def nothing(*_: object) -> None:
    """Nobody looks."""


# What waits ---------------------------------------------------------------------------------------


def test_a_list_says_which_versions_do_not_load(place: Inn, typed: Typed) -> None:
    changed(place, "DELETE FROM scenarios")
    code, out, err = typed("list", "--state", "desk")
    assert (code, len(out.splitlines())) == (0, 3)  # the closed one was at the desk too
    assert err.startswith(
        "Of these, 1 conversation cannot go on. Version 1.0.0 of the scenario inn is not in the "
        "store, so that its conversations wait"
    )
    _, out, err = typed("list", "--status", "live", "--format", "json")
    waits, late = json.loads(out)["notes"]
    assert waits.startswith("Of these, 2 conversations cannot go on. Version 1.0.0")
    assert late.startswith("Of these, 1 conversation has a timer that should have fired")
    assert err == ""
    _, out, err = typed("list", "--status", "closed", "--format", "json")
    assert json.loads(out)["notes"] == []  # what has ended waits for nothing


def test_verify_says_once_what_keeps_them_waiting(place: Inn, typed: Typed) -> None:
    changed(place, "UPDATE conversations SET turn = 7 WHERE reference = 'over'")
    changed(place, "UPDATE scenarios SET files = replace(files, 'to: room}', 'to: rom}')")
    code, out, err = typed("verify")
    assert (code, out) == (1, "Verified 4 conversations: 4 wait, and were not played.\n")
    assert err.count("\n") == 1
    assert err.startswith("4 conversations: Version 1.0.0 of the scenario inn, as the store has it")
    assert "did you mean 'room'?" in err
    _, out, _ = typed("verify", "desk", "room", "--format", "json")
    assert [each["reference"] for each in json.loads(out)["findings"]] == ["desk", "room"]
    changed(place, "UPDATE scenarios SET files = replace(files, 'to: rom}', 'to: room}')")
    code, out, _ = typed("verify")
    assert (code, out) == (1, "Verified 4 conversations: 1 does not follow from its log.\n")


def test_migrate_tells_programs_too_what_does_not_load(place: Inn, typed: Typed) -> None:
    changed(place, "DELETE FROM scenarios")
    _, out, err = typed("migrate", "--scenario", newer(place), "--format", "json")
    (why,) = json.loads(out)["unavailable"]
    assert why.startswith("Live conversations of inn in its version 1.0.0: 2. Version 1.0.0")
    assert err == ""


# What does not fire -------------------------------------------------------------------------------


def test_a_list_says_which_timers_should_have_fired(place: Inn, typed: Typed) -> None:
    _, out, err = typed("list", "--overdue")
    assert out.split()[9] == place.id("room")
    assert len(out.splitlines()) == 2
    assert "no worker runs on this store" in err
    changed(place, "UPDATE conversations SET due = ?", int(time.time() * 1e6))
    assert typed("list", "--overdue")[1] == ""


@pytest.fixture
def dancer(place: Inn) -> str:
    """A conversation whose timer is due and sets off what never ends; gives its id."""

    async def main() -> str:
        async with Host(place.url, [kettle()], clock=place.clock) as host:
            answer = await host.open("dancer", "story", seed=1)
            await host.submit("dancer", Choose("dance"))
        return answer.conversation

    return asyncio.run(main())


def test_verify_and_show_say_why_a_timer_cannot_fire(place: Inn, typed: Typed, dancer: str) -> None:
    code, out, err = typed("verify")
    assert (code, out) == (1, "Verified 5 conversations: 1 has timers that cannot fire.\n")
    assert err.startswith(
        f"The timers of the conversation {dancer} are due and cannot fire: RunawayError: The "
        "scenario story loops at"
    )
    before = place.everything()
    code, _, told = typed("show", "dancer")
    assert (code, told) == (0, err)
    assert json.loads(typed("show", "dancer", "--format", "json")[1])["stuck"] in err
    assert json.loads(typed("show", "room", "--format", "json")[1])["stuck"] is None
    assert place.everything() == before


# What does not arrive -----------------------------------------------------------------------------


def test_show_has_what_is_still_to_be_delivered(place: Inn, typed: Typed) -> None:
    async def nobody(reference: str, parcel: Parcel) -> None:
        raise AssertionError

    async def main() -> None:
        clock = place.clock
        async with Host(place.url, [kettle()], clock=clock, deliver=nobody) as host:
            await host.open("chat", "story", seed=1, tell={"you": "phone", "other": "desk-1"})
            await host.submit("chat", Choose("brew"))
            phone, desk = await host.store.parcels(clock.now(), 9, 0)
            again = clock.now() + timedelta(hours=1)
            await host.store.again(replace(phone, due=again, tries=1))
            await host.store.again(replace(desk, tries=12, parked="OSError: no\x1b paper"))

    asyncio.run(main())
    _, out, _ = typed("show", "chat")
    assert [line for line in out.splitlines() if line.startswith("parcel")] == [
        "parcel    of entry 1 to you, tried 1 time",
        "parcel    of entry 1 to other, tried 12 times and parked: OSError: no\ufffd paper",
        "parcel    of entry 2 to you",
        "parcel    of entry 2 to other",
    ]
    assert "phone" not in out
    assert "desk-1" not in out
    _, out, _ = typed("show", "chat", "--format", "json")
    _, parked, _, _ = json.loads(out)["parcels"]
    assert (parked["id"][-4:], parked["role"], parked["tries"]) == (":1:1", "other", 12)


def test_what_was_parked_can_be_tried_again(place: Inn, typed: Typed) -> None:
    async def nobody(reference: str, parcel: Parcel) -> None:
        raise AssertionError

    async def main() -> None:
        clock = place.clock
        async with Host(place.url, [kettle()], clock=clock, deliver=nobody) as host:
            for name, why in (("chat", "OSError: no paper"), ("talk", "OSError: no\x1b ink")):
                await host.open(name, "story", seed=1, tell={"you": f"phone-{name}"})
                await host.submit(name, Choose("brew"))
                for each in await host.store.parcels(clock.now(), 9, 0):
                    if each.conversation == (await host.read(name)).conversation:
                        await host.store.again(replace(each, tries=12, parked=why))

    asyncio.run(main())
    assert typed("resend", "nobody")[0] == 1
    assert typed("resend", "room")[1] == "No parcel of these conversations is parked.\n"
    code, out, err = typed("resend", "--dry-run")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "parcels  parked since",
        "1        OSError: no paper",
        "1        OSError: no\ufffd ink",
        "2 parcels would be tried again.",
    ]
    _, out, _ = typed("resend", "chat", "--format", "json")
    assert json.loads(out) == {
        "format": 1, "dry_run": False, "parcels": 1,
        "by": [{"parked": "OSError: no paper", "parcels": 1}],
    }  # fmt: skip
    assert "to you\n" in typed("show", "chat")[1]  # with all its tries
    assert "and parked" in typed("show", "talk")[1]
    _, out, _ = typed("resend")
    assert out.splitlines()[-1] == "1 parcel will be tried again by the next worker."
    assert typed("resend", "chat", "talk")[1] == "No parcel of these conversations is parked.\n"
    assert typed("resend")[1] == "Nothing is parked.\n"


def test_a_conversation_is_closed_and_its_seats_are_told(place: Inn, typed: Typed) -> None:
    async def nobody(reference: str, parcel: Parcel) -> None:
        raise AssertionError

    async def main() -> None:
        async with Host(place.url, [kettle()], clock=place.clock, deliver=nobody) as host:
            for name in ("chat", "talk"):
                await host.open(name, "story", seed=1, tell={"you": f"irc:{name}"})
                await host.submit(name, Choose("brew"))

    asyncio.run(main())
    code, _, err = typed("close", "chat", "nobody")
    assert (code, err.splitlines()) == (1, [
        "There is no conversation 'nobody': it has never been here, or it was deleted.",
    ])  # fmt: skip
    assert "status    live" in typed("show", "chat")[1]  # all of them, or none
    assert typed("close", "chat", "chat")[:2] == (0, "Closed 1 conversation.\n")
    out = typed("show", "chat")[1]
    assert "status    closed" in out
    assert not [line for line in out.splitlines() if line.startswith("timer")]
    assert [line for line in out.splitlines() if line.startswith("parcel")][-1].endswith("to you")
    _, out, _ = typed("close", "chat", "talk")
    assert out == "Closed 1 conversation.\n1 conversation had ended already.\n"
    assert typed("close", "talk")[1] == "1 conversation has ended already.\n"
    _, out, _ = typed("close", "talk", "--format", "json")
    found = json.loads(out)
    assert (found["closed"], len(found["ended_before"])) == ([], 1)


# Versions that nothing needs ----------------------------------------------------------------------


@awaited
async def test_versions_go_that_no_conversation_is_in_nor_was_played_in(world: World) -> None:
    old = version()
    new = version("1.1.0", STORY.replace("asked", "listening"),
                  migrations="{from: 1.0.0, states: {asked: listening}}")  # fmt: skip
    unused = version("1.2.0", STORY.replace("cold", "frozen"))
    given = version("1.3.0", STORY.replace("cold", "icy"))
    async with world.host(old) as host:
        await host.open("chat", "story", seed=1)
        for choice in PLACES["asked"]:
            await host.submit("chat", Choose(choice), key="first")
    async with world.host(new) as host:
        await host.submit("chat", Choose("listen"))
        await host.open("other", "story", seed=1)
    for each in (unused, given):
        async with world.host(each):
            pass
    store = world.stores()
    names = [each.machine.fingerprint for each in (old, new, unused, given)]
    async with store:
        found = await carrying.to_purge_versions(store, [names[3]], nothing)
        assert found == [("story", "1.2.0", names[2])]
        assert await store.scenario(names[2]) is not None
        assert await carrying.purge_versions(store, found) == 1
        assert [await store.scenario(each) is not None for each in names] == [
            True, True, False, True,
        ]  # fmt: skip
        assert await carrying.to_purge_versions(store, [names[3]], nothing) == []
        assert await carrying.purge_versions(store, []) == 0
    async with world.host(new) as host:  # and so a repeat still has its answer
        assert (await host.submit("chat", Choose("ask"), key="first")).turn.state == "asked"
        assert await host.verify("chat") is None
    async with world.stores() as store:
        await store.delete_all([record.id async for record in store.records(Filter())])
        found = await carrying.to_purge_versions(store, [], nothing)
        assert await carrying.purge_versions(store, found) == 3


@awaited
async def test_a_version_that_somebody_begins_in_meanwhile_stays(world: World) -> None:
    old, new = version(), version("1.2.0", STORY.replace("cold", "frozen"))
    for each in (old, new):
        async with world.host(each):
            pass
    async with world.stores() as store:
        found = await carrying.to_purge_versions(store, [], nothing)
        assert [each[1] for each in found] == ["1.0.0", "1.2.0"]
    async with world.host(new) as host:
        await host.open("chat", "story", seed=1)
    async with world.stores() as store:
        assert await carrying.purge_versions(store, found) == 1
        assert [each[1] for each in await store.scenarios()] == ["1.2.0"]


def test_purging_versions_says_how_many_went(place: Inn, typed: Typed) -> None:
    assert typed("purge-versions")[0] == 2  # those that workers run with are to be named

    async def main() -> None:
        async with Host(place.url, [kettle()]):
            pass

    asyncio.run(main())
    path = newer(place)
    for options, told in (
        (["--dry-run"], "Would remove 1 version of scenarios that no conversation needs."),
        ([], "Removed 1 version of scenarios that no conversation needs."),
    ):
        code, out, err = typed("purge-versions", "--scenario", path, *options)
        assert (code, err) == (0, "")
        assert [line.split()[:2] for line in out.splitlines()[:2]] == [
            ["scenario", "version"], ["story", "1.0.0"],
        ]  # fmt: skip
        assert out.splitlines()[2:] == [told]
    _, out, _ = typed("purge-versions", "--scenario", path, "--format", "json")
    assert json.loads(out) == {"format": 1, "dry_run": False, "removed": 0, "versions": []}
    _, out, _ = typed("purge-versions", "--scenario", path)
    assert out == "Removed 0 versions of scenarios that no conversation needs.\n"
    assert typed("verify")[0] == 0
