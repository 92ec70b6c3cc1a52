"""A host: conversations begin, are answered, repeat nothing, and end, on each store."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from heartline import Choose, ManualClock, Send, SystemClock, Tick
from heartline.errors import (
    ConversationOver,
    DrawImpossible,
    ReferenceTaken,
    StaleTurn,
)
from heartline.host import Host, Parcel, Record
from hosting import Play, Watching, host_on, inn, later, lines, played, url, url_of

__all__ = ["url"]


def test_a_conversation_is_opened_answered_and_comes_to_its_end(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        first = await host.open("chat", "inn", {"nick": "Zoë", "stay": "2d"}, seed=1)
        assert (first.reference, first.sequence, first.status) == ("chat", 1, "live")
        assert first.turn.number == 1
        assert lines(first) == ["narrator: It rains.", "mo: Good evening.", "guest: Tired."]
        room = await host.submit("chat", Choose("take", 1))
        assert [(due.timer, due.left) for due in room.turn.deadlines] == [
            ("tea", timedelta(hours=1)),
            ("night", timedelta(days=2)),
        ]
        assert await host.store.timers(first.conversation)
        end = await host.submit(first.conversation, Choose("go", 2, "guest"))
        assert (end.status, end.turn.outcome, end.sequence) == ("over", "gone", 3)
        assert not await host.store.timers(first.conversation)
        with pytest.raises(ConversationOver, match="over"):
            await host.submit("chat", Choose("go"))
        assert await host.verify("chat") is None

    played(url, play)


def test_what_is_stored_says_where_a_conversation_stands(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        answer = await host.open("chat", "inn", tell={"mo": "desk-1"})
        later(clock, minutes=5)
        await host.submit("chat", Choose("take"))
        record = await host.store.get(answer.conversation)
        assert record is not None
        scenario = host.versions.current("inn")
        assert record.fingerprint == scenario.machine.fingerprint
        assert (record.scenario, record.version, record.status) == ("inn", "1.0.0", "live")
        assert (record.state, record.outcome, record.sequence, record.turn) == ("room", None, 2, 2)
        assert record.touched - record.created == timedelta(minutes=5)
        assert record.due == record.touched + timedelta(hours=1)
        assert record.seats == {"mo": "desk-1"}
        assert json.loads(record.snapshot)["state"] == "room"

    played(url, play)


def test_the_same_key_gets_the_first_answer_again(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        opened = await host.open("chat", "inn", key="o")
        asked = await host.submit("chat", Choose("ask", 1), key="a")
        for _ in range(2):
            again = await host.submit("chat", Choose("ask", 1), key="a")
            assert again.repeated
            assert (again.sequence, again.status) == (asked.sequence, asked.status)
            assert again.turn == asked.turn
        taken = await host.submit("chat", Choose("take"), key="t")
        later(clock, days=3)
        await host.submit("chat", Tick())
        assert (await host.read("chat")).status == "over"
        for key, first in (("o", opened), ("a", asked), ("t", taken)):
            again = await host.submit("chat", Choose("ask", 1), key=key)
            assert again.repeated
            assert (again.status, again.turn) == ("live", first.turn)
        assert [entry.kind for entry in await host.transcript("chat")] == [
            "opened", "chose", "chose", "fired",
        ]  # fmt: skip

    played(url, play)


def test_the_same_key_opens_one_conversation(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        first = await host.open("chat", "inn", key="o", seed=4)
        again = await host.open("chat", "inn", {"nights": 3}, key="o")
        assert again.repeated
        assert (again.conversation, again.turn) == (first.conversation, first.turn)
        with pytest.raises(ReferenceTaken, match="'chat' has a live conversation") as raised:
            await host.open("chat", "inn", key="p")
        assert raised.value.conversation == first.conversation
        await host.submit("chat", Choose("ask"), key="p")
        with pytest.raises(ReferenceTaken):  # the key is that of an input, not of an opening
            await host.open("chat", "inn", key="p")
        await host.close("chat")
        assert (await host.open("chat", "inn", key="o")).conversation == first.conversation
        other = await host.open("chat", "inn", key="p")
        assert other.conversation != first.conversation
        assert (await host.read("chat")).conversation == other.conversation

    played(url, play)


def test_two_openings_with_one_key_at_once_are_one(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        answers = await asyncio.gather(*(host.open("chat", "inn", key="o") for _ in range(5)))
        assert len({answer.conversation for answer in answers}) == 1
        assert sorted(answer.repeated for answer in answers) == [False, True, True, True, True]

    played(url, play)


def test_what_is_due_fires_before_an_input_and_stays_whatever_becomes_of_that(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        room = await host.submit("chat", Choose("take"))
        later(clock, hours=1, milliseconds=500)
        with pytest.raises(StaleTurn) as raised:
            await host.submit("chat", Choose("rest", room.turn.number))
        assert lines(raised.value.present) == ["mo: Your tea!"]
        later(clock, days=2)
        with pytest.raises(ConversationOver):
            await host.submit("chat", Choose("rest"))
        *_, tea, stay = await host.transcript("chat")
        assert (tea.kind, tea.turn, tea.state, tea.late) == ("fired", 3, "room", None)
        assert (stay.kind, stay.outcome) == ("fired", "gone")
        assert stay.late == timedelta(days=1, hours=1, milliseconds=500)
        assert await host.verify("chat") is None
        assert [(entry.key, entry.data["timers"][0][:2]) for entry in (
            await host.store.log(room.conversation, 2)
        )] == [("timer:tea:2", ["tea", 2]), ("timer:night:1", ["night", 1])]  # fmt: skip

    played(url, play)


def test_time_alone_is_an_input_and_at_a_quiet_time_nothing_is_stored(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        quiet = await host.submit("chat", Tick(), key="tick")
        assert (quiet.sequence, lines(quiet)[0]) == (1, "narrator: It rains.")
        await host.submit("chat", Choose("take"))
        later(clock, hours=2)
        fired = await host.submit("chat", Tick())
        assert (fired.sequence, lines(fired)) == (3, ["mo: Your tea!"])
        with pytest.raises(DrawImpossible):
            await host.submit("chat", Tick(), draws=["yes_to_that"])

    played(url, play)


def test_events_draws_seats_and_inputs_are_in_the_log(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        given = {"nick": " Zoë\t☂ ", "stay": timedelta(days=2), "nights": "4"}
        await host.open("chat", "inn", given, seed=-1)
        await host.submit("chat", Send("bell", 1))
        no = await host.submit("chat", Choose("ask"), draws=["no_to_that"])
        assert "mo" in {line.speaker for line in no.turn.lines}
        person = await host.open("other", "inn", seats=["mo"])
        assert [choice.id for choice in (await host.submit("other", Choose("ask"))).turn.choices]
        log = await host.store.log(no.conversation)
        assert log[0].data["inputs"] == {"nick": "Zoë ☂", "stay": "2d", "nights": 4}
        assert log[0].data["seed"] == (1 << 64) - 1
        assert log[1].data["event"] == "bell"
        assert log[2].data["draws"] == ["no_to_that"]
        assert log[2].data["said"][0] == [
            "guest", "Zoë ☂", "How about 4 nights?", None, "choice ask",
        ]  # fmt: skip
        assert (await host.store.log(person.conversation))[0].data["seats"] == ["mo"]
        for name in ("chat", "other"):
            assert await host.verify(name) is None

    played(url, play)


def test_without_a_seed_each_conversation_has_its_own(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        seeds = set()
        for number in range(5):
            answer = await host.open(f"chat-{number}", "inn")
            seeds.add((await host.store.log(answer.conversation))[0].data["seed"])
        assert len(seeds) == 5

    played(url, play)


def test_a_closed_conversation_takes_nothing_more_and_its_reference_is_free(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.submit("chat", Choose("take"))
        closed = await host.close("chat", key="c")
        assert (closed.status, closed.sequence, lines(closed)) == ("closed", 3, [])
        assert not await host.store.timers(closed.conversation)
        later(clock, days=9)
        assert (await host.submit(closed.conversation, Tick())).sequence == 3
        with pytest.raises(ConversationOver, match="closed"):
            await host.submit("chat", Choose("go"))
        with pytest.raises(ConversationOver, match="closed"):
            await host.undo("chat")
        assert (await host.close("chat")).sequence == 3
        again = await host.close("chat", key="c")
        assert again.sequence == 3
        assert await host.verify("chat") is None
        other = await host.open("chat", "inn")
        assert (await host.read("chat")).conversation == other.conversation
        assert (await host.read(closed.conversation)).status == "closed"

    played(url, play)


def test_deleting_removes_every_trace(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        answer = await host.open("chat", "inn", tell={"mo": "desk"})
        await host.submit("chat", Choose("take"), key="k")
        await host.delete("chat")
        counts = await host.store.counts()
        assert (counts.conversations, counts.timers, counts.parcels) == (0, 0, 0)
        assert not await host.store.log(answer.conversation)
        assert await host.store.keyed(answer.conversation, "k") is None

    async def deliver(reference: str, parcel: Parcel) -> None:
        raise AssertionError

    played(url, play, deliver=deliver)


def test_on_a_clock_that_runs_ahead_of_the_timers_an_input_still_happens(url: str) -> None:
    class Hurried(ManualClock):
        def now(self) -> datetime:
            self.advance(timedelta(hours=1))
            return super().now()

    clocked = inn("tea: {say: [{mo: Your tea!}]}", "tea: {say: [{mo: More tea!}], do: start(tea)}")

    async def main() -> None:
        async with host_on(url, clocked, clock=Hurried()) as host:
            await host.open("chat", "inn", {"stay": "2d"})
            await host.submit("chat", Choose("take"))
            assert lines(await host.submit("chat", Choose("rest"))) == ["guest: What a bed."]
            assert await host.verify("chat") is None

    asyncio.run(main())


def test_reading_shows_the_present_turn_and_what_was_said_last(url: str) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with host_on(url, clock=clock) as host:
            await host.open("chat", "inn", seed=3)
            asked = await host.submit("chat", Choose("ask"))
            assert asked.turn.changes
            here = await host.read("chat")
            host.touching.holding.drop(asked.conversation)  # as after a new start
            assert await host.read("chat") == here
            assert here.turn == asked.turn._replace(changes=())
            assert await host.read(asked.conversation) == here

    asyncio.run(main())


def test_what_a_file_keeps_is_gone_on_with_after_a_new_start(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)
    seen: list[Record | None] = []

    async def main(play: Play) -> None:
        clock = ManualClock()
        async with host_on(url, clock=clock) as host:
            await play(host, clock)

    async def begin(host: Host, clock: ManualClock) -> None:
        answer = await host.open("chat", "inn")
        await host.submit("chat", Choose("take"), key="t")
        seen.append(await host.store.get(answer.conversation))

    async def go_on(host: Host, clock: ManualClock) -> None:
        assert await host.store.find("chat") == seen[0]
        assert (await host.submit("chat", Choose("take", 1), key="t")).repeated
        later(clock, days=40)
        assert (await host.submit("chat", Tick())).status == "over"
        assert await host.verify("chat") is None

    asyncio.run(main(begin))
    asyncio.run(main(go_on))


def test_a_clock_may_be_in_any_time_zone_but_in_one(url: str) -> None:
    class Kyoto:
        def now(self) -> datetime:
            return datetime(2026, 1, 5, 18, 0, tzinfo=timezone(timedelta(hours=9)))

    class Naive:
        def now(self) -> datetime:
            return datetime(2026, 1, 5, 18, 0)  # noqa: DTZ001

    async def main() -> None:
        async with Host("memory:", [inn()], clock=Kyoto()) as host:
            record = await host.store.get((await host.open("chat", "inn")).conversation)
            assert record is not None
            assert record.created == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
            assert record.created.tzinfo is UTC
        async with Host("memory:", [inn()], clock=Naive()) as host:
            with pytest.raises(ValueError, match="time zone"):
                await host.open("chat", "inn")
        assert isinstance(Host("memory:").clock, SystemClock)

    asyncio.run(main())


def test_a_clock_that_goes_back_does_not_turn_back_a_conversation(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        start = clock.now()
        await host.open("chat", "inn")
        later(clock, hours=5)
        await host.submit("chat", Choose("take"))
        clock.set(start - timedelta(days=400))
        rest = await host.submit("chat", Choose("rest"))
        assert rest.turn.time == start + timedelta(hours=5)
        back = await host.undo("chat")
        assert back.turn.deadlines[0].left == timedelta(hours=1)
        assert await host.verify("chat") is None

    played(url, play)


def test_an_observer_is_told_how_much_happens_and_nothing_of_what(url: str) -> None:
    watching = Watching()

    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.submit("chat", Choose("take"))
        later(clock, hours=2)
        with pytest.raises(StaleTurn):
            await host.submit("chat", Choose("rest", 2))
        with pytest.raises(ReferenceTaken):
            await host.open("chat", "inn")

    played(url, play, observer=watching)
    assert watching.told == [
        ("turn", "inn"), ("turn", "inn"), ("fired", 1, 3600.0), ("refused", "StaleTurn"),
        ("refused", "ReferenceTaken"),
    ]  # fmt: skip
