"""Following a conversation over HTTP: nothing is lost, comes twice, or stays behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import socket as stdlib_socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from fastapi import HTTPException
from starlette.requests import HTTPConnection
from websockets.asyncio.client import ClientConnection, connect

from heartline import Choose
from heartline.host.values import Filter
from hosting import host_on, inn, later
from test_web_api import KEY, code_of
from timing import until
from webbed import FREE, Client, Place, events, served

EVENTS = {"accept": "text/event-stream"}


@asynccontextmanager
async def following(client: Client, after: int = 0, **headers: str) -> AsyncIterator[Any]:
    """The entries that come to somebody, one after the other."""
    headers = {"authorization": f"Bearer {client.token}", **EVENTS, **headers}
    path = f"conversation/events?after={after}"
    async with client.http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        yield events(answer)


async def soon(waiting: Any, seconds: float = 20) -> Any:
    return await asyncio.wait_for(waiting, seconds)


def socket(place: Place, client: Client, after: int = 0, **more: Any) -> connect:
    """A WebSocket, as a page opens it."""
    address = place.address.replace("http", "ws") + f"conversation/socket?after={after}"
    more.setdefault("origin", place.address.removesuffix("/api/v1/"))
    protocols = ["heartline.v1", f"bearer.{client.token}"]
    return connect(address, subprotocols=protocols, proxy=None, **more)  # type: ignore[arg-type]


async def read(connection: ClientConnection) -> Any:
    return json.loads(await soon(connection.recv()))


def test_events_come_as_they_happen_and_go_on_where_one_was() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.choose("take")
        async with following(guest) as entries:
            assert [(await soon(anext(entries)))["sequence"] for _ in range(2)] == [1, 2]
            await guest.choose("rest")
            entry = await soon(anext(entries))
            assert (entry["sequence"], entry["lines"][0]["text"]) == (3, "What a bed.")
        await guest.choose("rest")
        async with following(guest, last_event_id="x", **{"last-event-id": "3"}) as entries:
            assert (await soon(anext(entries)))["sequence"] == 4
        await gone(place)

    served(play)


async def gone(place: Place) -> None:
    """Wait until the server has noticed that nobody follows any more."""
    await until(lambda: len(place.app.state.streams) == 0)


def test_each_seat_follows_what_it_may_hear_and_one_reader_serves_them_all() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        guest, mo = seats["guest"], seats["mo"]
        async with following(guest) as one, following(guest) as two, following(mo) as other:
            heard = [[line["text"] for line in (await soon(anext(each)))["lines"]]
                     for each in (one, two, other)]  # fmt: skip
            assert heard[0] == heard[1] == ["It rains.", "Good evening."]
            assert heard[2] == ["It rains.", "Tired."]
            await guest.choose("ask")
            assert (await soon(anext(one)))["choice"] == "ask"
            assert (await soon(anext(other)))["choice"] is None
            assert len(place.app.state.streams._readers) == 1
        await gone(place)
        assert place.app.state.streams._readers == {}

    served(play)


def test_a_long_poll_answers_as_soon_as_something_happens() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        answer = (await guest.ask("GET", "conversation/events?after=0")).json()
        assert [each["sequence"] for each in answer["events"]] == [1]
        assert (answer["sequence"], answer["ended"]) == (1, None)
        waiting = asyncio.create_task(guest.ask("GET", "conversation/events?after=1&wait=20"))
        await until(lambda: len(place.app.state.streams) == 1)
        await guest.choose("take")
        assert (await soon(waiting)).json()["sequence"] == 2
        answer = (await guest.ask("GET", "conversation/events?after=99&wait=0.01")).json()
        assert answer == {"events": [], "sequence": 2, "ended": None}

    served(play)


def test_a_stream_of_a_conversation_that_is_over_goes_on_when_that_is_taken_back() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.choose("take")
        async with following(guest, 2) as entries:
            await guest.choose("go")
            assert (await soon(anext(entries)))["outcome"] == "gone"
            await guest.ask("POST", "conversation/undo")
            assert (await soon(anext(entries)))["kind"] == "undone"

    served(play)


def test_a_stream_ends_when_the_conversation_is_deleted_or_the_seat_is_lost() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        guest, mo = seats["guest"], seats["mo"]
        async with following(mo, 1) as entries:
            await guest.ask("POST", "conversation/invitations", {"role": "mo"})
            await guest.choose("ask")
            assert await soon(anext(entries, None)) is None
        async with following(guest, 1) as entries:
            assert [(await soon(anext(entries)))["kind"] for _ in range(2)] == ["seated", "chose"]
            await guest.ask("DELETE", "conversation")
            assert await soon(anext(entries, None)) is None
        assert (await guest.ask("GET", "conversation/events")).status_code == 404

    served(play)


def test_a_quiet_stream_shows_that_it_is_alive() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        headers = {"authorization": f"Bearer {guest.token}", **EVENTS}
        async with guest.http.stream(
            "GET", "conversation/events?after=1", headers=headers
        ) as answer:
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["cache-control"] == "no-store"
            lines = answer.aiter_lines()
            found = [await soon(anext(lines)) for _ in range(6)]
        assert found == [": after 1", "", ": ping", "", ": ping", ""]

    served(play, settings=replace(FREE, ping=0.05))


RAIN = inn(
    "      leave: {say: Never mind.",
    f"      rain: {{say: [{', '.join([f'{{mo: {chr(120) * 3900}}}'] * 20)}]}}\n"
    "      leave: {say: Never mind.",
)


def test_a_client_that_accepts_nothing_is_dropped_and_comes_back_by_its_number() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        address = httpx.URL(place.address)
        small = stdlib_socket.socket()
        small.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_RCVBUF, 4096)
        small.connect((address.host, address.port))
        with small:
            small.sendall(
                b"GET /api/v1/conversation/events HTTP/1.1\r\nHost: here\r\n"
                b"Accept: text/event-stream\r\n"
                b"Authorization: Bearer " + str(guest.token).encode() + b"\r\n\r\n"
            )
            streams = place.app.state.streams
            await until(lambda: len(streams) == 1)
            name = next(iter(streams._readers))
            for _ in range(150):  # more than what the buffers on the way take
                await place.host.submit(name, Choose("rain"))
                await asyncio.sleep(0)
            await gone(place)
        last = (await guest.view())["sequence"]
        async with following(guest, last - 1) as entries:
            assert (await soon(anext(entries)))["sequence"] == last

    served(play, settings=replace(FREE, patience=0.3), scenario=RAIN)


def test_a_stream_that_is_far_behind_takes_what_is_missing_from_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.frontends.web.streams._KEPT", 3)
    monkeypatch.setattr("heartline.frontends.web.streams._PORTION", 4)

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.choose("take")
        async with following(guest, 2) as ahead:
            for _ in range(10):
                await guest.choose("rest")
                await soon(anext(ahead))
            async with following(guest) as behind:
                found = [(await soon(anext(behind)))["sequence"] for _ in range(12)]
        assert found == list(range(1, 13))

    served(play)


def test_a_seat_has_so_many_streams_and_the_oldest_makes_room() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        async with (
            following(guest, 1) as first,
            following(guest, 1) as second,
            following(guest, 1) as third,
        ):
            assert await soon(anext(first, None)) is None
            await guest.choose("take")
            for each in (second, third):
                assert (await soon(anext(each)))["sequence"] == 2

    served(play, settings=replace(FREE, most_streams=2))


def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    reconnects(40)


@pytest.mark.slow
def test_a_thousand_reconnects_leave_nothing_behind() -> None:
    reconnects(1000)


def reconnects(many: int) -> None:
    async def come(guest: Client, number: int) -> None:
        if number % 3 == 0:
            async with following(guest) as entries:
                await soon(anext(entries))
        elif number % 3 == 1:  # gone before anything has come
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await guest.ask("GET", "conversation/events?after=9&wait=20")
        else:
            async with following(guest, 1):
                pass

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await come(guest, 0)
        await gone(place)
        gc.collect()
        await guest.http.aclose()
        before = len(asyncio.all_tasks())
        async with httpx.AsyncClient(
            base_url=place.address, timeout=30, trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as http:  # fmt: skip
            again = Client(http, guest.token)
            for first in range(0, many, 20):
                await asyncio.gather(*(come(again, first + each) for each in range(20)))
        await gone(place)
        await until(lambda: len(asyncio.all_tasks()) <= before)
        assert place.app.state.streams._readers == {}

    served(play)


def test_a_break_that_ends_is_told_to_who_waits() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.choose("take")
        async with following(guest, 2) as entries:
            later(place.clock, hours=1)
            await place.host.fire_due()
            entry = await soon(anext(entries))
            assert (entry["kind"], entry["lines"][0]["text"]) == ("fired", "Your tea!")

    served(play)


def test_what_another_worker_stores_is_told_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'heartline.db'}"

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        async with following(guest, 1) as entries, host_on(url) as other:
            (record,) = [each async for each in other.store.records(Filter())]
            await other.submit(record.id, Choose("take"))
            assert (await soon(anext(entries)))["choice"] == "take"
        assert (await guest.view())["turn"]["number"] == 2

    served(play, url=url)


def test_a_store_that_fails_lets_streams_go_with_a_line_for_the_operator(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("Zanzibar")

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        monkeypatch.setattr(place.host.store, "wait", broken)
        async with following(guest, 1) as entries:
            assert await soon(anext(entries, None)) is None
        (record,) = (each for each in caplog.records if each.name == "heartline.host.web")
        assert record.__dict__["kind"] == "ZeroDivisionError"
        assert "Zanzibar" not in caplog.text

    served(play)


# WebSockets ---------------------------------------------------------------------------------------


def test_a_socket_tells_what_happens_and_takes_inputs() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        async with socket(place, guest) as connection:
            assert connection.subprotocol == "heartline.v1"
            assert (await read(connection))["sequence"] == 1
            message = json.dumps({"id": "m1", "choose": "take", "turn": 1})
            for _ in range(2):  # the same again gives the same answer
                await connection.send(message)
            found = [await read(connection) for _ in range(3)]
            answers = [each["answer"] for each in found if "answer" in each]
            assert [each["turn"]["number"] for each in answers] == [2, 2]
            assert [each["sequence"] for each in found if "sequence" in each] == [2]
            await connection.send(json.dumps({"id": "m2", "choose": "rest", "turn": 1}))
            problem = (await read(connection))["problem"]
            assert (problem["code"], problem["conversation"]["turn"]["number"]) == (
                "stale_turn",
                2,
            )
            for message in ("{", "[]", b"x", '{"choose": "rest", "x": 1}', '{"choose": 1}'):
                await connection.send(message)
                assert (await read(connection))["problem"]["code"] == "invalid_message"
            await connection.send(json.dumps({"id": "m3", "choose": "swim"}))
            told = await read(connection)
            assert (told["id"], told["problem"]["code"]) == ("m3", "unknown_choice")
        await gone(place)

    served(play)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_socket_of_another_site_is_refused(origin: str) -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        with pytest.raises(websockets.InvalidStatus) as refused:
            await soon(socket(place, guest, origin=origin).__aenter__())
        assert refused.value.response.status_code == 403

    served(play)


def test_a_socket_without_a_token_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def play(place: Place) -> None:
        address = place.address.replace("http", "ws") + "conversation/socket"
        for asked_for, status in (
            (socket(place, Client(place.client.http, "x" * 43)), 404),
            (connect(address, proxy=None), 401),
            (connect(f"{address}?after=x", proxy=None), 422),
        ):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await soon(asked_for.__aenter__())
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body)["detail"]
        assert caplog.records == []

    served(play)


def test_a_sign_in_comes_before_a_socket_too() -> None:
    async def signed_in(connection: HTTPConnection) -> None:
        if connection.headers.get("x-user") != "zoe":
            raise HTTPException(401, "Sign in first.")

    async def play(place: Place) -> None:
        place.client.http.headers["x-user"] = "zoe"
        guest = (await place.client.begin())["guest"]
        with pytest.raises(websockets.InvalidStatus) as refused:
            await soon(socket(place, guest).__aenter__())
        assert refused.value.response.status_code == 401
        async with socket(place, guest, additional_headers={"x-user": "zoe"}) as connection:
            assert (await read(connection))["sequence"] == 1

    served(play, sign_in=signed_in)


def test_a_socket_is_closed_when_the_seat_is_lost_or_a_message_is_too_long() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        async with socket(place, seats["mo"], 1) as connection:
            await seats["guest"].ask("POST", "conversation/invitations", {"role": "mo"})
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await soon(connection.recv())
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "seat_lost")  # type: ignore[union-attr]
        async with socket(place, seats["guest"], 9) as connection:
            await connection.send("x" * 70_000)
            with pytest.raises(websockets.ConnectionClosed):
                await soon(connection.recv())
        await gone(place)

    served(play)


def test_a_socket_counts_its_messages_too() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        async with socket(place, guest, 1) as connection:
            for _ in range(4):
                await connection.send('{"choose": "swim"}')
            found = [(await read(connection))["problem"]["code"] for _ in range(4)]
        assert (
            found
            == ["unknown_choice", "unknown_choice", "too_many_requests"][:2]
            + ["too_many_requests"] * 2
        )

    served(play, settings=replace(FREE, rate_conversation="3/minute"))


# Restarts -----------------------------------------------------------------------------------------


def test_a_stream_is_let_go_when_the_server_ends_and_goes_on_at_the_next(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'heartline.db'}"
    kept: list[str] = []

    async def first(place: Place) -> None:
        answer = await place.client.ask(
            "POST", "conversations", {"scenario": "inn"}, idempotency_key=KEY
        )
        kept.append(answer.json()["capabilities"]["guest"])
        guest = Client(place.client.http, kept[0])
        async with following(guest) as entries:
            assert (await soon(anext(entries)))["sequence"] == 1
            place.app.state.streams.close()
            assert await soon(anext(entries, None)) is None

    async def second(place: Place) -> None:
        guest = Client(place.client.http, kept[0])
        await guest.choose("take")
        async with following(guest, 1) as entries:
            assert (await soon(anext(entries)))["sequence"] == 2
        again = await place.client.ask(
            "POST", "conversations", {"scenario": "inn"}, idempotency_key=KEY
        )
        assert again.json()["capabilities"] == {"guest": kept[0]}
        assert code_of(await guest.ask("PUT", "conversation")) == (405, "method_not_allowed")

    served(first, url=url)
    served(second, url=url)
