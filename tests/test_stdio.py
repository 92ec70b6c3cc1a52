"""The front end for programs plays, keeps seats apart, and pushes what happens by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from random import Random

import pytest

from harness import bundled
from heartline import ManualClock
from heartline.errors import StoreUnavailable
from heartline.frontends.protocol import FrontEnd
from heartline.frontends.references import ConversationReference
from heartline.frontends.stdio import Stdio
from heartline.host import Change, Entry, Happened, Host
from heartline.host.values import STORED
from hosting import inn, later
from speaking import Program, begun, refused, spoken, texts
from timing import Running, quick

TWO = inn("played_by: engine", "pronouns: they")  # two persons


# Playing ------------------------------------------------------------------------------------------


def test_it_is_a_front_end() -> None:
    assert isinstance(Stdio(), FrontEnd)
    asyncio.run(Stdio().deliver(None, ()))  # type: ignore[arg-type]


def test_a_program_plays_to_the_end() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        (listed,) = (await program.ask("scenarios"))["scenarios"]
        assert (listed["id"], [each["id"] for each in listed["roles"]]) == ("inn", ["guest", "mo"])
        opened = await program.ask("open", scenario="inn", inputs={"nights": 5}, reference="chat-1")
        view = opened["view"]
        assert texts(view["turn"]) == ["It rains.", "Good evening."]
        assert [(each["id"], each["enabled"]) for each in view["turn"]["choices"]] == [
            ("ask", True), ("take", True), ("leave", True),
        ]  # fmt: skip
        token = opened["conversations"]["guest"]
        view = (await program.ask("choose", conversation=token, choice="leave", turn=1))["view"]
        assert view["status"] == "over"
        assert view["turn"]["outcome"] == "gone"
        assert texts(view["turn"]) == ["Never mind.", "The door falls shut."]
        told = await program.ask("choose", conversation=token, choice="leave")
        assert refused(told) == "conversation_over"
        assert [each.kind for each in await host.transcript("chat-1")] == ["opened", "chose"]

    spoken(play)


@pytest.mark.parametrize("seed", range(3))
def test_the_flagship_says_the_same_as_alone(seed: int) -> None:
    way = Random(seed)

    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        opened = await program.ask("open", scenario="reconciliation", seed=seed)
        token, view = opened["conversations"]["you"], opened["view"]
        alone = bundled("reconciliation").start(seed=seed, clock=clock)
        while True:
            seen = alone.turn.seen_by("you")
            assert texts(view["turn"]) == [line.text for line in seen.lines]
            choices = [(each["id"], each["enabled"]) for each in view["turn"]["choices"]]
            assert choices == [(each.id, each.enabled) for each in seen.choices]
            possible = [name for name, enabled in choices if enabled]
            if not possible:
                break
            taken = way.choice(["", *possible])
            if taken:
                alone.choose(taken)
                view = (await program.ask("choose", conversation=token, choice=taken))["view"]
            else:
                alone.wait("1d")  # which moves the clock of both
                view = (await program.ask("tick", conversation=token))["view"]
        assert view["status"] == "over"

    spoken(play, bundled("reconciliation"))


def test_answers_come_in_the_order_of_the_requests() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        program.write("".join(f'{{"id": "n{n}", "do": "scenarios"}}\r\n\n' for n in range(50)))
        heard = [(await program.hear())["id"] for _ in range(50)]
        assert heard == [f"n{n}" for n in range(50)]

    spoken(play)


def test_what_time_and_the_host_bring_can_be_asked_for() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        await program.ask("send", conversation=token, event="bell")
        assert refused(await program.ask("send", conversation=token, event="bel")) == (
            "unknown_event"
        )
        view = (await program.ask("choose", conversation=token, choice="take"))["view"]
        assert [each["left"] for each in view["turn"]["deadlines"]] == [3600, 86_400]
        later(clock, hours=2)
        view = (await program.ask("tick", conversation=token))["view"]
        assert texts(view["turn"]) == ["Your tea!"]
        view = (await program.ask("undo", conversation=token, turns=2))["view"]
        assert view["turn"]["state"] == "desk"
        view = (await program.ask("read", conversation=token))["view"]
        assert view["turn"]["state"] == "desk"
        ended = (await program.ask("end", conversation=token))["view"]
        assert ended["status"] == "closed"

    spoken(play)


def test_the_log_comes_from_an_entry_on_and_as_a_whole() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        await program.ask("choose", conversation=token, choice="ask")
        whole = (await program.ask("transcript", conversation=token))["transcript"]
        assert [each["kind"] for each in whole] == ["opened", "chose"]
        told = await program.ask("events", conversation=token, after=1)
        assert (told["events"], told["more"]) == (whole[1:], False)
        told = await program.ask("events", conversation=token, after=99)
        assert (told["events"], told["more"]) == ([], False)

    spoken(play)


def test_a_long_log_comes_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.frontends.stdio.serving._MOST_EVENTS", 2)

    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        for _ in range(4):
            await program.ask("send", conversation=token, event="bell")
        got, more = [], True
        while more:
            told = await program.ask("events", conversation=token, after=len(got))
            got += [each["sequence"] for each in told["events"]]
            more = told["more"]
        assert got == [1, 2, 3, 4, 5]

    spoken(play)


# Seats --------------------------------------------------------------------------------------------


def test_each_person_has_a_token_and_sees_what_is_theirs() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        opened = await program.ask("open", scenario="inn")
        tokens = opened["conversations"]
        assert sorted(tokens) == ["guest", "mo"]
        guest = (await program.ask("read", conversation=tokens["guest"]))["view"]
        mo = (await program.ask("read", conversation=tokens["mo"]))["view"]
        assert texts(guest["turn"]) == ["It rains.", "Good evening."]
        assert texts(mo["turn"]) == ["It rains.", "Tired."]
        assert mo["turn"]["choices"] == []
        told = await program.ask("choose", conversation=tokens["mo"], choice="ask")
        assert refused(told) == "unknown_choice"
        told = await program.ask(
            "choose", conversation=tokens["guest"], choice="yes_to_that", role="mo"
        )
        assert told["refusal"]["message"] == (
            "This token is for the seat of 'guest': take that of 'mo', or leave 'role' out."
        )
        for token in tokens.values():
            whole = json.dumps(await program.ask("transcript", conversation=token))
            assert ("Tired." in whole) == (token == tokens["mo"])
            assert "secret" not in whole

    spoken(play, TWO)


def test_who_did_the_last_thing_takes_it_back_and_nobody_else() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        tokens = (await program.ask("open", scenario="inn"))["conversations"]
        await program.ask("choose", conversation=tokens["guest"], choice="ask")
        told = await program.ask("undo", conversation=tokens["mo"])
        assert told["refusal"]["message"].startswith("Another person has done the last thing")
        told = await program.ask("undo", conversation=tokens["guest"], turns=2)
        assert "one turn is taken back at a time" in told["refusal"]["message"]
        view = (await program.ask("read", conversation=tokens["guest"]))["view"]
        assert (view["can_undo"], view["roles"][0]["name"]) == (True, "Guest")
        first = await program.ask("undo", conversation=tokens["guest"], key="back")
        assert first["view"]["turn"]["state"] == "desk"
        again = await program.ask("undo", conversation=tokens["guest"], key="back")
        assert again["view"] == first["view"]

    spoken(play, TWO)


def test_a_role_of_the_engine_is_taken_by_a_person() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        tokens = (await program.ask("open", scenario="inn", seats=["mo"]))["conversations"]
        await program.ask("choose", conversation=tokens["guest"], choice="ask")
        turn = (await program.ask("read", conversation=tokens["mo"]))["view"]["turn"]
        assert [each["id"] for each in turn["choices"]] == ["yes_to_that", "no_to_that"]

    spoken(play)


def test_a_token_opens_the_conversation_again_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'heartline.db'}?synchronous=OFF"
    kept: list[str] = []

    async def before(program: Program, host: Host, clock: ManualClock) -> None:
        kept.append(await begun(program, reference="chat-1"))

    async def after(program: Program, host: Host, clock: ManualClock) -> None:
        view = (await program.ask("choose", conversation=kept[0], choice="ask"))["view"]
        assert view["sequence"] == 2

    spoken(before, url=url)
    spoken(after, url=url)
    assert kept[0].encode() not in (tmp_path / "heartline.db").read_bytes()


@pytest.mark.parametrize("token", ["", "chat-1", "A" * 32, "A" * 200, "%", "é" * 30, "a\n" * 15])
def test_nothing_but_a_token_opens_a_conversation(token: str) -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        await begun(program, reference="chat-1")
        told = await program.ask("read", conversation=token)
        assert refused(told) == "unknown_conversation"
        assert not token or token not in told["refusal"]["message"]

    spoken(play)


def test_the_host_s_own_names_open_nothing_and_are_not_told() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        opened = await program.ask("open", scenario="inn", reference="chat-1")
        name = (await host.read("chat-1")).conversation
        assert name not in json.dumps(opened)
        assert refused(await program.ask("read", conversation=name)) == "unknown_conversation"

    spoken(play)


# Keys and turns -----------------------------------------------------------------------------------


def test_the_same_request_with_its_key_happens_once() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program, reference="chat-1")
        first = await program.ask("choose", conversation=token, choice="ask", key="k")
        again = await program.ask("choose", conversation=token, choice="ask", key="k")
        assert again["view"] == first["view"]
        assert len(await host.transcript("chat-1")) == 2

    spoken(play)


def test_two_seats_may_use_the_same_keys() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        tokens = (await program.ask("open", scenario="inn"))["conversations"]
        await program.ask("choose", conversation=tokens["guest"], choice="ask", key="1")
        told = await program.ask("choose", conversation=tokens["mo"], choice="no_to_that", key="1")
        assert told["view"]["sequence"] == 3

    spoken(play, TWO)


def test_an_open_that_is_repeated_gives_new_tokens_and_ends_the_old_ones() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        old = await begun(program, reference="chat-1", key="k")
        await program.ask("choose", conversation=old, choice="ask")
        new = await begun(program, reference="chat-1", key="k")
        assert refused(await program.ask("read", conversation=old)) == "unknown_conversation"
        assert (await program.ask("read", conversation=new))["view"]["turn"]["number"] == 2
        told = await program.ask("open", scenario="inn", reference="chat-1")
        assert refused(told) == "reference_taken"

    spoken(play)


def test_an_open_that_is_repeated_takes_no_seat_from_another_front_end() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        telegram = ConversationReference("telegram", chat="4711").text()
        tokens = await program.ask("open", scenario="inn", reference="x", key="k")
        await host.seat("x", "mo", telegram)
        again = (await program.ask("open", scenario="inn", reference="x", key="k"))["conversations"]
        assert list(again) == ["guest"]
        assert again["guest"] != tokens["conversations"]["guest"]
        await host.seat("x", "guest", telegram)
        told = await program.ask("open", scenario="inn", reference="x", key="k")
        assert refused(told) == "reference_taken"

    spoken(play, TWO)


def test_an_answer_to_a_turn_that_is_past_is_refused_with_the_present_one() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        await program.ask("choose", conversation=token, choice="take", turn=1)
        told = await program.ask("choose", conversation=token, choice="take", turn=1)
        assert (refused(told), told["refusal"]["current"]) == ("stale_turn", 2)
        assert told["view"]["turn"]["state"] == "room"

    spoken(play)


def test_a_closed_choice_says_why() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        told = await program.ask("choose", conversation=await begun(program), choice="leave")
        assert refused(told) == "choice_closed"
        assert told["refusal"]["reason"]

    spoken(play)


# What happens by itself ---------------------------------------------------------------------------


def test_what_happens_by_itself_is_pushed_to_who_follows() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        await program.ask("choose", conversation=token, choice="take")
        assert (await program.ask("follow", conversation=token))["following"]
        async with Running(quick(host)):
            later(clock, hours=1)
            (tea,) = await program.push()
            later(clock, days=1)
            night, ended = await program.push(2)
        assert tea["conversation"] == token
        assert (tea["happened"]["kind"], texts(tea["happened"])) == ("fired", ["Your tea!"])
        assert night["happened"]["outcome"] == "gone"
        assert ended == {"conversation": token, "following": False}

    spoken(play)


def test_who_follows_from_an_entry_on_misses_nothing() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        await program.ask("choose", conversation=token, choice="ask")
        await program.ask("follow", conversation=token, after=0)
        await program.ask("choose", conversation=token, choice="ask")
        pushed = await program.push(3)
        assert [each["happened"]["sequence"] for each in pushed] == [1, 2, 3]
        assert not (await program.ask("unfollow", conversation=token))["following"]
        await program.ask("choose", conversation=token, choice="ask")
        assert program.pushed == []

    spoken(play)


def test_who_follows_again_begins_again() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        for _ in range(2):
            await program.ask("follow", conversation=token, after=0)
            (pushed,) = await program.push()
            assert pushed["happened"]["sequence"] == 1

    spoken(play)


def test_what_is_pushed_to_a_seat_is_what_it_may_hear() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        tokens = (await program.ask("open", scenario="inn"))["conversations"]
        await program.ask("follow", conversation=tokens["mo"], after=0)
        (pushed,) = await program.push()
        assert texts(pushed["happened"]) == ["It rains.", "Tired."]
        await program.ask("choose", conversation=tokens["guest"], choice="ask")
        (pushed,) = await program.push()
        assert pushed["happened"]["choice"] is None

    spoken(play, TWO)


def test_a_conversation_that_is_deleted_is_followed_no_more() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program)
        await program.ask("follow", conversation=token)
        assert (await program.ask("delete", conversation=token))["deleted"]
        (ended,) = await program.push()
        assert ended == {"conversation": token, "following": False}
        assert refused(await program.ask("read", conversation=token)) == "unknown_conversation"

    spoken(play)


def test_whose_token_has_ended_is_pushed_nothing_more() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        old = await begun(program, reference="chat-1", key="k")
        await program.ask("follow", conversation=old)
        new = await begun(program, reference="chat-1", key="k")
        assert await program.push() == [{"conversation": old, "following": False}]
        await program.ask("follow", conversation=new)
        await program.ask("choose", conversation=new, choice="ask")
        (pushed,) = await program.push()
        assert (pushed["conversation"], pushed["happened"]["kind"]) == (new, "chose")

    spoken(play)


def test_what_can_be_followed_no_more_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        async def down(*_: object) -> AsyncGenerator[Happened, None]:
            raise StoreUnavailable("The store is out for a walk.")
            yield  # which makes it a generator

        token = await begun(program)
        monkeypatch.setattr(host, "events", down)
        await program.ask("follow", conversation=token)
        (ended,) = await program.push()
        assert (ended["following"], refused(ended)) == (False, "store_unavailable")

    spoken(play)


def test_there_is_a_bound_to_what_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.frontends.stdio.serving._MOST_FOLLOWED", 1)

    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        one, other = await begun(program), await begun(program)
        await program.ask("follow", conversation=one)
        await program.ask("follow", conversation=one)  # the same
        told = await program.ask("follow", conversation=other)
        assert "unfollow one first" in told["refusal"]["message"]

    spoken(play)


def test_what_waits_for_its_version_is_not_ended_since_nothing_of_it_could_be_shown() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program, reference="chat-1")
        record = await host.touching.record("chat-1")
        elsewhere = record._replace(sequence=2, fingerprint="0123456789abcdef")
        entry = Entry(2, "seated", None, clock.now(), {"role": "mo", "held": False})
        assert await host.store.commit(Change(elsewhere, 1, (entry,))) == STORED
        host.touching.holding.drop(record.id)
        assert refused(await program.ask("end", conversation=token)) == "scenario_unavailable"
        assert await host.store.get(record.id) == elsewhere
        assert (await program.ask("delete", conversation=token))["deleted"] is True

    spoken(play)
