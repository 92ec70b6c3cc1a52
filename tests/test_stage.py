"""Several front ends on one host: each gets what is for its people, and none spoils another's."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from heartline import Choose, ManualClock
from heartline.cli import run
from heartline.errors import CallerError
from heartline.frontends import stage as stages
from heartline.frontends.protocol import Capabilities, FrontEnd, OutEvent
from heartline.frontends.references import ConversationReference
from heartline.frontends.stage import Stage
from heartline.host import Host
from heartline.host.values import Record
from hosting import inn


class Radio:
    """A front end that keeps what it is to tell."""

    def __init__(self, name: str = "radio", **able: bool) -> None:
        self.name = name
        self.capabilities = Capabilities(**able)
        self.told: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.begun = 0
        self.ended = False

    async def run(self, host: Host) -> None:
        self.begun += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        for event in events:
            self.ids.append(event.id)
            self.told.append((reference.chat, reference.seat, event.text))

    def texts(self, chat: str) -> list[str]:
        return [text.partition("\n\n")[0] for told, _, text in self.told if told == chat]


class Broken(Radio):
    """One whose deliveries all fail."""

    def __init__(self, name: str = "broken") -> None:
        super().__init__(name)
        self.tried: list[str] = []

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        self.tried.append(events[0].id)
        raise OSError("The line is cut.")


class Leaves(Radio):
    """One that ends by itself when it is told to."""

    def __init__(self, name: str = "leaves") -> None:
        super().__init__(name)
        self.leave = asyncio.Event()

    async def run(self, host: Host) -> None:
        await self.leave.wait()


class Theatre:
    """A host with a stage that runs."""

    def __init__(self, *front_ends: FrontEnd, url: str = "memory:") -> None:
        self.clock = ManualClock()
        self.told: list[str] = []
        self.stage = Stage(front_ends, self.told.append)
        self.stage.first_pause = 0.01
        self.host = Host(url, [inn()], clock=self.clock, deliver=self.stage.deliver)
        self.host.running.look = 0.01

    async def open(self, reference: str, **seats: ConversationReference) -> None:
        tell = {role: where.text() for role, where in seats.items()}
        await self.host.open(reference, "inn", tell=tell, seed=1)

    async def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < end, "It did not become so."
            await asyncio.sleep(0.002)

    async def arrives(self) -> None:
        """Wait until nothing is left to be delivered."""
        end = time.monotonic() + 20
        while (counts := await self.host.store.counts()).parcels > counts.parked:
            assert time.monotonic() < end, "Something is left to be delivered."
            await asyncio.sleep(0.002)


Act = Callable[[Theatre], Awaitable[None]]


def at(theatre: Theatre, act: Act, before: Act | None = None) -> None:
    """Let the stage run while this happens; `before` happens first."""

    async def main() -> None:
        async with theatre.host:
            if before is not None:
                await before(theatre)
            running = asyncio.create_task(theatre.stage.run(theatre.host))
            try:
                await act(theatre)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

    asyncio.run(main())


def chat(name: str, front_end: str = "radio") -> ConversationReference:
    return ConversationReference(front_end, chat=name)


class TestDelivering:
    def test_each_seat_is_told_where_it_is_and_what_is_for_it(self) -> None:
        radio, other = Radio(), Radio("other")

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann"), mo=chat("mo", "other"))
            await theatre.host.submit("c", Choose("take"))
            await theatre.arrives()
            assert radio.texts("ann") == ["It rains.\nMo: Good evening.", "Guest: I take it."]
            assert other.texts("mo") == ["It rains.\nGuest: Tired.", "Guest: I take it."]
            assert {seat for _, seat, _ in radio.told} == {"guest"}
            assert "Good evening" not in repr(other.told)

        at(Theatre(radio, other), act)

    def test_what_the_conversation_has_gone_past_is_told_without_its_choices(self) -> None:
        radio = Radio(buttons=False)

        async def before(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann"))
            await theatre.host.submit("c", Choose("take"))

        async def act(theatre: Theatre) -> None:
            await theatre.arrives()
            first, second = [text for _, _, text in radio.told]
            assert "Never mind." not in first
            assert "What a bed." in second

        at(Theatre(radio), act, before)

    def test_a_break_that_ends_after_days_finds_its_person(self) -> None:
        radio = Radio()

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann"))
            await theatre.host.submit("c", Choose("take"))
            await theatre.arrives()
            theatre.clock.advance(timedelta(days=2))
            await theatre.host.fire_due()
            await theatre.arrives()
            assert radio.texts("ann")[-1] == "Mo: Your tea!\nMo: It is time.\nThe door falls shut."

        at(Theatre(radio), act)

    def test_what_somebody_takes_back_or_ends_is_told(self) -> None:
        radio = Radio()

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann"))
            await theatre.host.submit("c", Choose("take"))
            await theatre.host.undo("c")
            await theatre.host.close("c")
            await theatre.arrives()
            _, _, undone, closed = radio.texts("ann")
            assert undone.startswith("The last step was taken back.")
            assert closed.startswith("The conversation was closed.")
            assert "Never mind." not in repr(radio.told[-1])

        at(Theatre(radio), act)

    def test_what_was_deleted_is_told_to_nobody(self) -> None:
        radio = Radio()

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann"))
            parcel = (await theatre.host.store.outgoing((await record(theatre)).id))[0]
            await theatre.arrives()
            await theatre.host.delete("c")
            radio.told.clear()
            await theatre.stage.deliver(parcel.reference, parcel)
            assert radio.told == []

        at(Theatre(radio), act)

    def test_who_looks_for_themselves_is_brought_nothing(self) -> None:
        web, quiet = Radio("web"), Radio("quiet", push=False)

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann", "web"), mo=chat("mo", "quiet"))
            await theatre.arrives()
            assert web.told == quiet.told == []
            assert (await theatre.host.store.counts()).parked == 0

        at(Theatre(web, quiet), act)


class TestTrouble:
    def test_what_one_cannot_deliver_keeps_nobody_from_the_others(self) -> None:
        radio, broken = Radio(), Broken()

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann", "broken"), mo=chat("mo"))
            await theatre.host.submit("c", Choose("take"))
            await theatre.until(lambda: len(radio.told) == 2 and len(broken.tried) == 1)

        at(Theatre(radio, broken), act)

    def test_it_is_tried_again_under_the_same_id_with_a_growing_pause_and_then_parked(self) -> None:
        broken = Broken()

        async def act(theatre: Theatre) -> None:
            pauses = []
            await theatre.open("c", guest=chat("ann", "broken"))
            await theatre.host.submit("c", Choose("take"))  # which waits behind the first
            for tries in range(1, 12):
                await theatre.until(lambda tries=tries: len(broken.tried) == tries)  # type: ignore[misc]
                pauses.append(await pause(theatre))
            assert pauses == sorted(pauses)
            assert pauses[0] == timedelta(seconds=1)
            assert pauses[-1] == timedelta(seconds=600)
            await theatre.until(lambda: len(set(broken.tried)) == 2)
            assert broken.tried[:12] == broken.tried[:1] * 12
            (parked,) = await theatre.host.store.parked()
            assert parked.parked == "OSError: The line is cut."

        at(Theatre(broken), act)

    def test_once_it_works_again_all_comes_in_order(self) -> None:
        radio, works = Radio(), asyncio.Event()
        deliver = radio.deliver

        async def breaks(*what: object) -> None:
            if not works.is_set():
                raise OSError("The line is cut.")
            await deliver(*what)  # type: ignore[arg-type]

        radio.deliver = breaks  # type: ignore[method-assign]

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann"))
            for each in ("ask", "take", "rest"):
                await theatre.host.submit("c", Choose(each))
            await pause(theatre)
            works.set()
            theatre.clock.advance(timedelta(minutes=30))
            await theatre.arrives()
            firsts = [text.splitlines()[0] for text in radio.texts("ann")]
            assert firsts[0] == "It rains."
            assert firsts[1:] == [
                "Guest: How about 1 nights?", "Guest: I take it.", "Guest: What a bed.",
            ]  # fmt: skip

        at(Theatre(radio), act)

    def test_one_that_does_not_run_here_has_its_parcels_parked_with_a_sentence(self) -> None:
        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann", "irc"))
            while not await theatre.host.store.parked():
                await pause(theatre)
            (parked,) = await theatre.host.store.parked()
            assert parked.parked == (
                "CallerError: No front end 'irc' runs in this worker: start one with --on irc, and "
                "send it again with heartline conversations resend."
            )

        at(Theatre(Radio()), act)

    def test_the_operator_sees_what_is_parked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        url = f"sqlite:///{tmp_path / 'store.db'}?synchronous=OFF"

        async def act(theatre: Theatre) -> None:
            await theatre.open("c", guest=chat("ann", "broken"))
            while not await theatre.host.store.parked():
                await pause(theatre)

        at(Theatre(Broken(), url=url), act)
        assert run(["conversations", "show", "c", "--store", url]) == 0
        assert "The line is cut." in capsys.readouterr().out

    def test_one_that_breaks_while_it_runs_is_started_again_with_a_growing_pause(self) -> None:
        class Trips(Radio):
            async def run(self, host: Host) -> None:
                self.begun += 1
                if self.begun < 4:
                    raise OSError("secret-token was refused")
                await super().run(host)

        trips, radio = Trips("trips"), Radio()

        async def act(theatre: Theatre) -> None:
            await theatre.until(lambda: trips.begun > 4)
            assert theatre.told == [
                f"The front end trips broke off (OSError); it is started again in {pause} seconds."
                for pause in ("0.01", "0.02", "0.04")
            ]
            await theatre.open("c", guest=chat("ann"))
            await theatre.arrives()
            assert len(radio.told) == 1
            assert radio.begun == 1

        at(Theatre(trips, radio), act)

    def test_one_that_ran_well_for_long_is_started_again_soon(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stages, "_STEADY", -1.0)
        trips = Broken()
        trips.run = _breaks  # type: ignore[method-assign]

        async def act(theatre: Theatre) -> None:
            await theatre.until(lambda: len(theatre.told) > 3)
            assert all("in 0.01 seconds" in told for told in theatre.told)

        at(Theatre(trips), act)

    def test_one_that_cannot_run_at_all_is_not_started_again(self) -> None:
        class Refuses(Radio):
            async def run(self, host: Host) -> None:
                self.begun += 1
                raise CallerError("The token is wrong: take the one that you were given.")

        refuses, leaves = Refuses("refuses"), Leaves()

        async def main() -> None:
            theatre = Theatre(refuses, leaves)
            async with theatre.host:
                running = asyncio.create_task(theatre.stage.run(theatre.host))
                await theatre.until(lambda: len(theatre.told) == 1)
                assert not running.done()
                leaves.leave.set()
                with pytest.raises(CallerError, match="The token is wrong"):
                    await running
            (told,) = theatre.told
            assert told.startswith("The front end refuses cannot run: The token is wrong: take the")
            assert refuses.begun == 1

        asyncio.run(main())


class TestEnding:
    def test_one_that_ends_by_itself_ends_no_other_and_the_last_ends_them_all(self) -> None:
        first, last = Leaves("first"), Leaves("last")

        async def main() -> None:
            theatre = Theatre(first, last)
            async with theatre.host:
                running = asyncio.create_task(theatre.stage.run(theatre.host))
                first.leave.set()
                await theatre.open("c", guest=chat("ann", "last"))
                await theatre.arrives()
                assert len(last.told) == 1
                assert not running.done()
                last.leave.set()
                await running

        asyncio.run(main())

    def test_when_the_process_is_told_to_end_each_may_put_things_in_order(self) -> None:
        first, second = Radio("first"), Radio("second")

        async def act(theatre: Theatre) -> None:
            await theatre.until(lambda: bool(first.begun and second.begun))

        at(Theatre(first, second), act)
        assert first.ended
        assert second.ended

    def test_one_that_does_not_end_keeps_nobody_waiting(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Clings(Radio):
            async def run(self, host: Host) -> None:
                self.begun += 1
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                self.ended = True
                with contextlib.suppress(asyncio.CancelledError):  # at the end of the test
                    await asyncio.Event().wait()

        monkeypatch.setattr(stages, "_GRACE", 0.01)
        clings = Clings()

        async def act(theatre: Theatre) -> None:
            await theatre.until(lambda: bool(clings.begun))

        at(Theatre(clings), act)
        assert clings.ended

    def test_where_the_host_itself_breaks_that_is_raised(self) -> None:
        radio = Radio()

        async def main() -> None:
            theatre = Theatre(radio)
            async with theatre.host:
                other = asyncio.create_task(theatre.host.run())
                await asyncio.sleep(0)
                with pytest.raises(CallerError, match="runs already"):
                    await theatre.stage.run(theatre.host)
                other.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await other

        asyncio.run(main())
        assert radio.ended or not radio.begun

    def test_what_is_to_be_told_before_anything_runs_waits(self) -> None:
        async def main() -> None:
            theatre = Theatre(Radio())
            async with theatre.host:
                await theatre.open("c", guest=chat("ann"))
                (parcel,) = await theatre.host.store.outgoing((await record(theatre)).id)
                with pytest.raises(CallerError, match="do not run"):
                    await theatre.stage.deliver(parcel.reference, parcel)

        asyncio.run(main())

    def test_no_two_have_the_same_name(self) -> None:
        with pytest.raises(CallerError, match="one of them is named twice"):
            Stage([Radio(), Radio()])


class TestTogether:
    def test_a_program_and_a_chat_have_the_two_seats_of_one_conversation(self) -> None:
        radio = Radio()

        async def act(theatre: Theatre) -> None:
            token = ConversationReference.of_token("stdio", "t" * 32)
            await theatre.open("c", guest=token, mo=chat("mo"))
            await theatre.host.submit("c", Choose("ask"), sender=token.text())
            await theatre.arrives()
            assert radio.texts("mo")[0] == "It rains.\nGuest: Tired."
            assert (await theatre.host.seated(token.text())) is not None

        at(Theatre(radio, Leaves("stdio")), act)


async def _breaks(_host: Host) -> None:
    raise OSError


async def pause(theatre: Theatre) -> timedelta:
    """Wait until something has failed and is to be tried again, and let that time pass; gives how
    long it was."""
    conversation = (await record(theatre)).id
    end = time.monotonic() + 20
    while True:
        outgoing = await theatre.host.store.outgoing(conversation)
        failed = [each.due for each in outgoing if each.tries and each.parked is None]
        now = theatre.clock.now()
        if not outgoing or (failed and failed[0] > now) or await theatre.host.store.parked():
            break
        assert time.monotonic() < end, "Nothing has failed."
        await asyncio.sleep(0.002)
    passed = failed[0] - now if failed else timedelta(0)
    theatre.clock.advance(passed)
    return passed


async def record(theatre: Theatre) -> Record:
    return await theatre.host.touching.record("c")
