"""Authors edit a story in which people are: never silently the wrong branch, on any store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from harness import enabled
from heartline import Choose, ManualClock, StaleTurn, Tick, UnknownChoice
from heartline.host import Host
from living import EDITS, PLACES, Edit, World, awaited, stores, version, version_of, world

__all__ = ["stores", "world"]

OLD = version()
TIME = "(time)"


def ways() -> Iterator[tuple[str, str, str, str]]:
    """All that can be done in each place of the old version: the place, its state, the choice, and
    the state that it leads to. Time is one of the choices, called TIME."""
    for place, choices in PLACES.items():
        for index in range(10):
            conversation = OLD.start(seed=1, clock=ManualClock())
            for choice in choices:
                conversation.choose(choice)
            state = conversation.turn.state
            offered = [*enabled(conversation), *[TIME] * (state == "apart")]
            if index == len(offered):
                break
            if offered[index] == TIME:
                conversation.wait("15d")
            else:
                conversation.choose(offered[index])
            yield place, state, offered[index], conversation.turn.state


WAYS = list(ways())


NAMES = [f"{place}-{choice}" for place, _, choice, _ in WAYS]
AFTER_THE_BREAK = timedelta(days=15)


async def live(host: Host) -> dict[str, int]:
    """A conversation for each thing that can be done in each place, and the turn it is at."""
    turns = {}
    for name, (place, _, _, _) in zip(NAMES, WAYS, strict=True):
        answer = await host.open(name, "story", seed=1)
        for taken in PLACES[place]:
            answer = await host.submit(name, Choose(taken))
        turns[name] = answer.turn.number
    return turns


async def each_way(
    world: World,
) -> AsyncIterator[tuple[str, str, str, str]]:
    """What is to be done in each conversation: its name, its state, the choice, and where that led
    in the old version. Those that wait for the break come last, when it is over."""
    for last in (False, True):
        if last:
            world.clock.advance(AFTER_THE_BREAK)
        for name, (_, state, choice, leads) in zip(NAMES, WAYS, strict=True):
            if (choice == TIME) == last:
                yield name, state, choice, leads


async def go_on(host: Host, name: str, choice: str, turn: int | None = None) -> str:
    """Where a choice leads; "" where there is none of that name, and nothing has happened."""
    taken = Tick() if choice == TIME else Choose(choice, turn)
    try:
        return (await host.submit(name, taken)).turn.state
    except UnknownChoice:
        return ""


def test_the_story_has_a_conversation_in_each_state_and_takes_each_choice() -> None:
    machine = OLD.machine
    assert {state for _, state, _, _ in WAYS} == set(machine.leaves) - {"gone", "review"}
    assert len(WAYS) == 12


@pytest.mark.parametrize("edit", EDITS, ids=[edit.what for edit in EDITS])
@awaited
async def test_without_a_migration_conversations_stay_in_their_version(
    world: World, edit: Edit
) -> None:
    new = version("1.1.0", edit.body)
    async with world.host(OLD) as before:
        turns = await live(before)
    async with world.host(new) as after:
        assert (await after.open("new", "story", seed=1)).turn.state == new.machine.initial
        assert await version_of(after, "new") == "1.1.0"
        async for name, _, choice, leads in each_way(world):
            assert await go_on(after, name, choice, turns[name]) == leads, name
            assert await version_of(after, name) == "1.0.0"


@pytest.mark.parametrize("edit", EDITS, ids=[edit.what for edit in EDITS])
@awaited
async def test_with_a_migration_each_choice_leads_to_what_has_become_of_its_state(
    world: World, edit: Edit
) -> None:
    new = version("1.1.0", edit.body, migrations=edit.migration)
    async with world.host(OLD) as before:
        turns = await live(before)
    async with world.host(new) as after:
        async for name, state, choice, leads in each_way(world):
            if state in edit.stays:
                assert await go_on(after, name, choice, turns[name]) == leads, name
                # Time was served first, in the old version; then it fitted, at the same touch.
                assert await version_of(after, name) == ("1.1.0" if choice == TIME else "1.0.0")
                continue
            if choice != TIME:  # what was answered is a turn of the old version
                with pytest.raises(StaleTurn) as caught:
                    await after.submit(name, Choose(choice, turns[name]))
                assert caught.value.present is not None
                assert caught.value.present.turn.state == edit.states.get(state, state)
            becomes = edit.choices.get(choice, choice)
            there = edit.leads.get((state, choice)) or edit.states.get(leads, leads)
            found = await go_on(after, name, becomes or choice)
            assert found == ("" if becomes is None else there), name
            assert await version_of(after, name) == "1.1.0"
