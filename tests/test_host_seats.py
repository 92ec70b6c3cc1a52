"""Seats of a conversation: who has one, how it changes hands, and what they are told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from heartline import Choose, ConversationOver, InputError, ManualClock
from heartline.errors import CallerError, UnknownConversation
from heartline.host import BlockingHost, Entry, Host, Parcel
from heartline.host.replaying import verify
from heartline.host.values import CLOSED, LIVE, OVER, SEATED
from hosting import inn, later, lines, played, url

__all__ = ["url"]


async def sits(host: Host, reference: str) -> tuple[str, str] | None:
    """The name of the conversation and the role of a reference."""
    found = await host.seated(reference)
    return None if found is None else (found[0].reference, found[1])


def test_whoever_comes_is_brought_to_the_seat_they_have(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        assert await sits(host, "ana") is None
        await host.open("a", "inn", seed=1, tell={"guest": "ana", "mo": "bob"})
        assert await sits(host, "ana") == ("a", "guest")
        assert await sits(host, "bob") == ("a", "mo")
        await host.seat("a", "guest", "cy")
        assert await sits(host, "ana") is None
        assert await sits(host, "cy") == ("a", "guest")
        await host.seat("a", "guest", None)
        await host.seat("a", "mo", "cy")
        assert await sits(host, "cy") == ("a", "mo")
        assert await sits(host, "bob") is None
        assert await host.verify("a") is None
        await host.delete("a")
        assert await sits(host, "cy") is None

    played(url, play)


def test_one_who_has_both_seats_is_brought_to_the_first(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        await host.open("a", "inn", seed=1, tell={"guest": "ana", "mo": "ana"})
        assert await sits(host, "ana") == ("a", "guest")
        await host.seat("a", "guest", "bob")
        assert await sits(host, "ana") == ("a", "mo")

    played(url, play)


def test_the_live_conversation_comes_first_and_then_the_one_that_ended_last(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        for name in "abc":
            await host.open(name, "inn", seed=1, tell={"guest": "ana"})
        await host.seat("b", "mo", "ana")
        assert await sits(host, "ana") == ("b", "guest")
        for name, then in (("b", "c"), ("a", "c"), ("c", "c")):
            await host.close(name)
            assert await sits(host, "ana") == (then, "guest")

    played(url, play)


def test_an_end_that_is_taken_back_brings_its_seats_back(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        await host.open("a", "inn", {"nights": 3}, seed=1, tell={"guest": "ana"})
        await host.submit("a", Choose("leave"))
        await host.open("b", "inn", seed=1, tell={"guest": "ana"})
        await host.close("b")
        assert await sits(host, "ana") == ("b", "guest")
        await host.undo("a")
        assert await sits(host, "ana") == ("a", "guest")

    played(url, play)


def test_a_seat_that_changes_hands_is_no_turn(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("a", "inn", seed=1, tell={"guest": "ana"})
        before = await host.submit("a", Choose("take"))
        later(clock, hours=2)  # the tea is due, and waits for whatever happens in the inn
        answer = await host.seat("a", "mo", "bob")
        assert (answer.sequence, answer.status, answer.repeated) == (3, LIVE, False)
        assert answer.turn == before.turn._replace(changes=())
        entry = (await host.transcript("a"))[-1]
        assert (entry.kind, entry.role, entry.held) == (SEATED, "mo", True)
        assert (entry.turn, entry.state, entry.said) == (before.turn.number, "room", ())
        await host.seat("a", "mo", None)
        assert (await host.transcript("a"))[-1].held is False
        assert await host.verify("a") is None
        after = await host.submit("a", Choose("rest"))  # the tea comes first, and is a turn
        assert after.turn.number == before.turn.number + 2
        assert [each.kind for each in await host.transcript("a")] == [
            "opened", "chose", SEATED, SEATED, "fired", "chose",
        ]  # fmt: skip

    played(url, play)


def test_what_was_said_last_is_found_before_many_seats(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        opened = await host.open("a", "inn", seed=1)
        for number in range(30):
            await host.seat("a", "guest", f"ana-{number}")
        host.touching.holding.drop(opened.conversation)
        assert lines(await host.read("a")) == lines(opened)
        host.touching.holding.drop(opened.conversation)
        assert lines(await host.seat("a", "guest", "bob")) == lines(opened)
        assert lines(await host.read("a")) == lines(opened)

    played(url, play)


def test_a_seat_that_is_given_again_stays_as_it_is(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        opened = await host.open("a", "inn", seed=1, tell={"guest": "ana"})
        answer = await host.seat("a", "guest", "ana")
        assert (answer.sequence, lines(answer)) == (1, lines(opened))
        assert (await host.seat("a", "mo", None)).sequence == 1
        assert (await host.seat("a", "guest", "ana", key="k")).sequence == 2  # to know the key

    played(url, play)


def test_the_same_key_gets_the_first_answer_and_no_seat(url: str) -> None:
    """So an invitation is used up by the first who comes."""

    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("a", "inn", seed=1, tell={"mo": "invitation"})
        first = await host.seat("a", "mo", "ana", key="join")
        await host.submit("a", Choose("take"))
        again = await host.seat("a", "mo", "bob", key="join")
        assert again.repeated
        assert again == first._replace(repeated=True)
        assert await sits(host, "bob") is await sits(host, "invitation") is None
        assert await sits(host, "ana") == ("a", "mo")
        some = await asyncio.gather(
            *[host.seat("a", "guest", f"p{number}", key="sit") for number in range(5)]
        )
        assert sorted(each.repeated for each in some) == [False, True, True, True, True]
        assert len({each.sequence for each in some}) == 1

    played(url, play)


def test_undo_passes_over_seats(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        await host.open("a", "inn", seed=1, tell={"guest": "ana"})
        await host.seat("a", "mo", "bob")
        await host.submit("a", Choose("take"))
        await host.seat("a", "guest", "cy")
        back = await host.undo("a")
        assert (back.turn.state, back.turn.number) == ("desk", 3)
        assert await sits(host, "cy") == ("a", "guest")
        assert await sits(host, "bob") == ("a", "mo")
        with pytest.raises(CallerError, match="this is the first turn"):
            await host.undo("a")
        assert await host.verify("a") is None

    played(url, play)


@pytest.mark.parametrize("status", [OVER, CLOSED])
def test_a_seat_of_what_has_ended_changes_too_and_it_stays_ended(url: str, status: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        await host.open("a", "inn", {"nights": 3}, seed=1, tell={"guest": "ana"})
        await (host.submit("a", Choose("leave")) if status == OVER else host.close("a"))
        first = await host.seat("a", "guest", "bob", key="k")
        again = await host.seat("a", "guest", "cy", key="k")
        assert first.status == again.status == (await host.read("a")).status == status
        assert again.repeated
        assert await sits(host, "bob") == ("a", "guest")
        assert await host.verify("a") is None
        with pytest.raises(ConversationOver):
            await host.submit("a", Choose("take"))
        await host.open("a", "inn", seed=1)  # its name was free

    played(url, play)


def test_a_fork_has_its_own_seats(url: str) -> None:
    async def play(host: Host, _: ManualClock) -> None:
        await host.open("a", "inn", seed=1, tell={"guest": "ana"})
        await host.seat("a", "mo", "bob")
        await host.submit("a", Choose("take"))
        await host.fork("a", "b", at=2, tell={"guest": "cy"})
        assert await sits(host, "cy") == ("b", "guest")
        assert await sits(host, "bob") == ("a", "mo")
        assert await host.verify("b") is None
        await host.seat("b", "mo", "bob")
        assert await sits(host, "bob") == ("b", "mo")
        assert await host.verify("b") is None

    played(url, play)


def test_a_seat_that_is_none_is_refused() -> None:
    async def play(host: Host, _: ManualClock) -> None:
        await host.open("a", "inn", seed=1)
        with pytest.raises(InputError, match="no role 'gast' in inn to seat; did you mean 'guest'"):
            await host.seat("a", "gast", "ana")
        with pytest.raises(InputError, match="no role 'x' in inn to seat; it has guest, mo"):
            await host.seat("a", "x", None)
        for wrong in ("", "x" * 513, 5, "half \ud800"):
            with pytest.raises(CallerError, match="A reference"):
                await host.seat("a", "guest", wrong)  # type: ignore[arg-type]
            with pytest.raises(CallerError, match="A reference"):
                await host.seated(wrong)  # type: ignore[arg-type]
        with pytest.raises(CallerError, match="belongs to a timer"):
            await host.seat("a", "guest", "ana", key="timer:tea:1")
        with pytest.raises(UnknownConversation):
            await host.seat("b", "guest", "ana")
        assert len(await host.transcript("a")) == 1

    played("memory:", play)


# What is told -------------------------------------------------------------------------------------


def test_only_who_has_a_seat_is_told(url: str) -> None:
    """Who came later is not told what was before, and who has gone nothing any more."""
    came: list[tuple[str, int]] = []
    closed = True

    async def deliver(reference: str, parcel: Parcel) -> None:
        if closed:
            raise OSError("Nobody is in.")
        came.append((reference, parcel.sequence))

    async def play(host: Host, clock: ManualClock) -> None:
        nonlocal closed
        await host.open("a", "inn", seed=1, tell={"guest": "ana", "mo": "bob"})
        opened = await host.submit("a", Choose("take"))
        assert host.running.delivering is not None
        host.running.look = 0.01
        running = asyncio.create_task(host.run())
        while not any(each.tries for each in await host.store.outgoing(opened.conversation)):
            await asyncio.sleep(0.01)
        await host.seat("a", "guest", "cy")
        await host.submit("a", Choose("rest"))
        closed = False
        later(clock, hours=1)  # until they are tried again
        while len(came) < 5:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait((running,))
        assert {each for each in came if each[0] == "ana"} == set()
        assert [each for _, each in came if _ == "cy"][:1] == [4]
        assert [each for _, each in came if _ == "bob"][:3] == [1, 2, 4]

    played(url, play, deliver=deliver)


# What is stored -----------------------------------------------------------------------------------


def test_the_log_does_not_say_who_sat_there() -> None:
    """A reference that has lost its seat is nowhere in the store any more."""

    async def play(host: Host, _: ManualClock) -> None:
        opened = await host.open("a", "inn", seed=1, tell={"guest": "ana"})
        await host.seat("a", "guest", "bob")
        log = await host.store.log(opened.conversation)
        assert log[1].data == {"role": "guest", "held": True, "at_turn": 1, "state": "desk"}
        record = await host.store.get(opened.conversation)
        assert "ana" not in repr((log, record))

    played("memory:", play)


def test_verify_finds_a_seat_that_is_not_as_the_log_says() -> None:
    async def play(host: Host, _: ManualClock) -> None:
        opened = await host.open("a", "inn", seed=1)
        await host.seat("a", "guest", "ana")
        await host.seat("a", "mo", "bob")
        await host.seat("a", "mo", None)
        record = await host.store.get(opened.conversation)
        assert record is not None
        log = list(await host.store.log(record.id))
        scenarios = {record.fingerprint: host.versions.current("inn")}

        def found(seats: dict[str, str], log: list[Entry]) -> str:
            return str(verify(record._replace(seats=seats), (), log, scenarios))

        assert found({"guest": "ana"}, log) == "None"
        assert found({}, log).endswith(
            "does not follow from its log: stored is nobody, and the log leads to somebody."
        )
        assert "The seat of 'mo' of the conversation" in found({"guest": "a", "mo": "b"}, log)
        for data in ({"role": "guest"}, {"role": 1, "held": True}, {"role": "mo", "held": 1}):
            broken = [*log[:3], log[3]._replace(data={"at_turn": 1, "state": "desk", **data})]
            assert "Entry 4 (seated)" in found({}, broken)
            assert "cannot be played again: it is not whole" in found({}, broken)

    played("memory:", play)


def test_a_blocking_host_knows_seats_too(tmp_path: Path) -> None:
    with BlockingHost(f"sqlite:///{tmp_path}/h.db", [inn()]) as host:
        answer = host.open("a", "inn", seed=1)
        assert host.seat("a", "guest", "ana", key="k").sequence == 2
        found = host.seated("ana")
        assert found is not None
        assert (found[0].id, found[1]) == (answer.conversation, "guest")
        assert host.seated("bob") is None
