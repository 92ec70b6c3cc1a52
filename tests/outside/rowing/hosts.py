"""Conversations that live for months, and a store's values."""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

from heartline import Choose, Tick, Turn
from heartline.host import (
    Answer,
    BlockingHost,
    Change,
    Counts,
    Deliver,
    Entry,
    Filter,
    Happened,
    Host,
    JsonLines,
    Observer,
    Parcel,
    Record,
    Store,
    StoredScenario,
    TextLines,
    Timer,
    Watching,
    open_store,
)


class Counting(Observer):
    """Counts what is stored."""

    turns: int = 0

    def turn(self, scenario: str, seconds: float) -> None:
        self.turns += 1


async def deliver(reference: str, parcel: Parcel) -> None:
    print(reference, parcel.id, parcel.payload["turn"])


async def served(folder: Path) -> Turn:
    brings: Deliver = deliver
    store: Store = open_store("memory:")
    async with Host(store, [folder, "reconciliation"], deliver=brings, observer=Counting()) as host:
        answer = await host.open("chat", "reconciliation", {"nick": "Kim"}, key="1", seats=["mo"])
        assert_type(answer, Answer)
        answer = await host.submit(answer.conversation, Choose("ask", answer.turn.number), key="2")
        answer = await host.submit("chat", Tick(), sender="chat")
        async for happened in host.events("chat", after=1):
            assert_type(happened, Happened)
        assert_type(await host.transcript("chat"), Sequence[Happened])
        assert_type(await host.verify("chat"), str | None)
        found = await host.seated("web")
        if found is not None:
            record, role = found
            assert_type(record, Record)
            assert_type(role, str)
        await host.undo("chat", turns=2, anyway=True)
        await host.fire_due(10)
        return answer.turn


async def counted(store: Store) -> int:
    counts: Counts = await store.counts()
    wanted = Filter(scenario="reconciliation", status="live")
    entries: Sequence[Entry] = await store.log("id", 0, 10)
    timers: Sequence[Timer] = await store.timers("id")
    return counts.live + len(entries) + len(timers) + (wanted.state is None)


def kept(change: Change, scenario: StoredScenario) -> tuple[int, str]:
    return change.before, scenario.main


def scripted() -> str:
    watching = Watching(metrics=True, logs=True)
    with BlockingHost("memory:", ["reconciliation"], observer=watching) as host:
        answer = host.open("chat", "reconciliation")
        assert_type(host.read("chat").turn, Turn)
        assert_type([each.kind for each in host.transcript("chat")], list[str])
    print(JsonLines(), TextLines(), answer.repeated)
    return watching.text()
