"""Who may do what over HTTP: tokens, invitations, origins, names, sizes, rates, and a sign-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import HTTPException
from httpx import URL
from starlette.requests import HTTPConnection

from heartline.errors import CallerError
from heartline.frontends.web.guard import POLICY
from heartline.frontends.web.rates import Rate, network_of
from heartline.frontends.web.settings import Settings
from heartline.host import Host
from hosting import inn
from test_web_api import KEY, code_of
from webbed import FREE, Client, Place, asked, served


def test_a_token_that_has_no_seat_is_answered_like_one_whose_conversation_is_gone() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.ask("DELETE", "conversation")
        gone = await guest.ask("GET", "conversation")
        assert code_of(gone) == (404, "unknown_conversation")
        for token in ("x", "x" * 43, "../etc/passwd", "a b", "x" * 5000, "é"):
            headers = [(b"authorization", b"Bearer " + token.encode())]
            answer = await place.client.http.get("conversation", headers=headers)
            assert (answer.status_code, answer.json()) == (404, gone.json())

    asked(play)


def test_ids_and_references_of_a_store_are_no_tokens() -> None:
    async def play(place: Place) -> None:
        await place.client.begin()
        records = [record async for record in place.host.store.records(_all())]
        for name in (records[0].id, records[0].reference, *records[0].seats.values()):
            answer = await Client(place.client.http, name).ask("GET", "conversation")
            assert answer.status_code == 404

    asked(play)


def _all() -> Any:
    from heartline.host.values import Filter

    return Filter()


def test_nothing_that_is_answered_or_stored_holds_more_than_it_must() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        (record,) = [record async for record in place.host.store.records(_all())]
        stored = json.dumps([record.seats, record.reference, record.snapshot])
        answers = []
        for path in ("", "/events", "/transcript"):
            answers.append((await seats["guest"].ask("GET", f"conversation{path}")).text)
        told = "".join(answers)
        assert not [each for each in seats.values() if each.token in stored + told]
        for secret in (record.id, record.reference, *record.seats.values(), "secret"):
            assert secret not in told
        assert "Tired." not in told
        assert "Tired." in (await seats["mo"].ask("GET", "conversation")).text

    asked(play)


def test_an_input_that_the_scenario_hides_is_neither_set_nor_named() -> None:
    async def play(place: Place) -> None:
        for name in ("mood", "moood", "profile"):
            wanted = {"scenario": "inn", "inputs": {name: 1}}
            answer = await place.client.ask("POST", "conversations", wanted)
            assert code_of(answer) == (422, "input_error")
            assert "nights" in answer.json()["detail"]
            assert "mood" not in answer.json()["detail"].replace(repr(name), "")

    hidden = "secret: {type: int, min: 0, max: 3, initial: 0, hidden: true}"
    more = "\n  mood: {type: int, min: 0, max: 3, initial: 0, hidden: true, input: true}"
    asked(play, scenario=inn(hidden, hidden + more))


def test_an_invitation_gives_a_seat_once() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        guest, before = seats["guest"], seats["mo"]
        answer = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
        assert answer.status_code == 201
        assert (await before.ask("GET", "conversation")).status_code == 404
        invited = Client(place.client.http, answer.json()["token"])
        assert (await invited.ask("GET", "conversation")).status_code == 404
        answer = await invited.ask("POST", "invitations/accept", None, idempotency_key=KEY)
        assert answer.status_code == 201
        assert answer.json()["conversation"]["role"] == "mo"
        again = await invited.ask("POST", "invitations/accept", None, idempotency_key=KEY)
        assert again.json()["capabilities"] == answer.json()["capabilities"]
        for key in (None, "f" * 32):
            late = await invited.ask("POST", "invitations/accept", None, idempotency_key=key)
            assert code_of(late) == (404, "unknown_conversation")
        mo = Client(place.client.http, answer.json()["capabilities"]["mo"])
        assert "Tired." in (await mo.ask("GET", "conversation/transcript")).text

    asked(play)


def test_of_two_who_accept_at_once_one_has_the_seat() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin(seats=["mo"]))["guest"]
        answer = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
        invited = Client(place.client.http, answer.json()["token"])
        answers = await asyncio.gather(
            *(invited.ask("POST", "invitations/accept") for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 404, 404, 404]
        (token,) = (each.json()["capabilities"]["mo"] for each in answers if each.is_success)
        assert (await Client(place.client.http, token).ask("GET", "conversation")).is_success

    asked(play)


def test_a_key_that_accepted_one_invitation_accepts_another_too() -> None:
    async def play(place: Place) -> None:
        found = []
        for _ in range(2):
            guest = (await place.client.begin(seats=["mo"]))["guest"]
            answer = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
            invited = Client(place.client.http, answer.json()["token"])
            answer = await invited.ask("POST", "invitations/accept", None, idempotency_key=KEY)
            found.append(answer.json()["capabilities"]["mo"])
        assert found[0] != found[1]

    asked(play)


def test_a_new_invitation_ends_the_one_before() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin(seats=["mo"]))["guest"]
        tokens = []
        for _ in range(2):
            answer = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
            tokens.append(answer.json()["token"])
        statuses = [
            (await Client(place.client.http, each).ask("POST", "invitations/accept")).status_code
            for each in tokens
        ]
        assert statuses == [404, 201]

    asked(play)


def test_who_began_a_conversation_cannot_have_a_seat_back_that_was_taken() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin(seats=["mo"]))["guest"]
        answer = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
        invited = Client(place.client.http, answer.json()["token"])
        accepted = (await invited.ask("POST", "invitations/accept")).json()
        mo = Client(place.client.http, accepted["capabilities"]["mo"])
        answer = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
        assert code_of(answer) == (409, "seat_taken")
        # Who sits there may take the seat to another device; meanwhile nobody else gets it.
        answer = await mo.ask("POST", "conversation/invitations", {"role": "mo"})
        assert answer.status_code == 201
        assert (await mo.ask("GET", "conversation")).status_code == 404
        refused = await guest.ask("POST", "conversation/invitations", {"role": "mo"})
        assert code_of(refused) == (409, "seat_taken")
        for role in ("cook", "narrator"):
            answer = await guest.ask("POST", "conversation/invitations", {"role": role})
            assert code_of(answer) == (404, "unknown_role")

    asked(play)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://here", True),
        ("https://here", True),  # a proxy speaks HTTPS
        ("https://friend.example", True),
        ("https://evil.example", False),
        ("http://here.evil.example", False),
        ("http://here:81", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_page_of_another_site_changes_nothing(origin: str, allowed: bool) -> None:
    async def play(place: Place) -> None:
        body = {"scenario": "inn"}
        answer = await place.client.http.post(
            "conversations", json=body, headers={"origin": origin}
        )
        if allowed:
            assert answer.status_code == 201
        else:
            assert code_of(answer) == (403, "foreign_origin")
        reading = await place.client.http.get("scenarios", headers={"origin": origin})
        assert reading.status_code == 200
        friend = origin == "https://friend.example"
        assert reading.headers.get("access-control-allow-origin") == (origin if friend else None)

    asked(play, settings=replace(FREE, origins=("https://friend.example",)))


def test_the_server_answers_to_its_own_names_only() -> None:
    async def play(place: Place) -> None:
        for host, status in (("here", 200), ("HERE:80", 200), ("[::1]:80", 200), ("evil", 421)):
            answer = await place.client.http.get("scenarios", headers={"host": host})
            assert answer.status_code == status

    asked(play, settings=replace(FREE, hosts=("here", "[::1]")))


def test_a_body_that_is_too_long_is_refused_also_in_pieces() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"scenario": "'
        for _ in range(100):
            yield b"x" * 1000
        yield b'"}'

    async def play(place: Place) -> None:
        kind = {"content-type": "application/json"}
        for content in (b'{"scenario": "' + b"x" * 70_000 + b'"}', pieces()):
            answer = await place.client.http.post("conversations", content=content, headers=kind)
            assert code_of(answer) == (413, "body_too_large")

    asked(play)


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b'{"scenario": ', "application/json", (422, "malformed_json")),
        (b"", "application/json", (422, "invalid_request")),
        (b"\xff\xfe", "application/json", (422, "malformed_json")),
        (b"1" * 5000, "application/json", (422, "malformed_json")),
        (b"[" * 5000, "application/json", (422, "malformed_json")),
        (b'{"scenario": "\\ud800"}', "application/json", (422, "invalid_request")),
        (b'{"scenario": "inn", "scenario": NaN}', "application/json", (422, "invalid_request")),
        (b'{"scenario": "inn"}', "text/plain", (415, "unsupported_media_type")),
        (b'{"scenario": "inn"}', None, (415, "unsupported_media_type")),
        (b"scenario=inn", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
    ],
)
def test_a_body_that_is_no_json_is_refused(
    content: bytes,
    kind: str | None,
    expected: tuple[int, str],
) -> None:
    async def play(place: Place) -> None:
        headers = {"content-type": kind} if kind else {}
        answer = await place.client.http.post("conversations", content=content, headers=headers)
        assert code_of(answer) == expected

    asked(play)


def test_a_refusal_does_not_repeat_what_was_typed(caplog: pytest.LogCaptureFixture) -> None:
    async def play(place: Place) -> None:
        for body in ({"scenario": "inn", "inputs": {"nights": "marzipan"}}, {"x": "marzipan"}):
            answer = await place.client.ask("POST", "conversations", body)
            assert answer.status_code == 422
        assert "marzipan" not in caplog.text

    asked(play)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"if-match": "3"}, "bad_if_match"),
        ({"if-match": '"three"'}, "bad_if_match"),
        ({"idempotency-key": "a b"}, "bad_key"),
        ({"idempotency-key": "x" * 201}, "bad_key"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(headers: dict[str, str], code: str) -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        headers["authorization"] = f"Bearer {guest.token}"
        answer = await guest.http.post(
            "conversation/inputs", json={"choose": "ask"}, headers=headers
        )
        assert code_of(answer) == (422, code)

    asked(play)


def test_each_conversation_and_each_address_has_its_rate() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        other = (await place.client.begin())["guest"]
        statuses = [(await guest.ask("GET", "conversation")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        answer = await guest.ask("GET", "conversation/events")
        assert code_of(answer) == (429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await other.ask("GET", "conversation")).status_code == 200
        for _ in range(2):
            answer = await place.client.ask("POST", "conversations", {"scenario": "inn"})
        assert code_of(answer) == (429, "too_many_requests")
        while (answer := await place.client.ask("GET", "scenarios")).status_code == 200:
            pass
        assert code_of(answer) == (429, "too_many_requests")

    asked(play, settings=Settings("20/minute", "3/minute", "3/minute"))


@pytest.mark.parametrize("trusted", [True, False])
def test_a_proxy_is_believed_where_the_operator_names_it(trusted: bool) -> None:
    async def play(place: Place) -> None:
        statuses = [
            (await place.client.ask("GET", "scenarios", x_forwarded_for=f"192.0.2.{each}"))
            for each in (1, 2, 1, 2)
        ]
        expected = [200, 200, 429, 429] if trusted else [200, 429, 429, 429]
        assert [answer.status_code for answer in statuses] == expected

    settings = replace(FREE, rate_address="1/minute")
    served(play, settings=settings, proxies=["127.0.0.1"] if trusted else [])


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def play(place: Place) -> None:
        address = URL(place.address)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(
            b"POST /api/v1/conversations HTTP/1.1\r\nHost: here\r\n"
            b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
        )
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 20)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code": "timeout"' in answer
        writer.close()
        await writer.wait_closed()

    served(play, settings=replace(FREE, patience=0.2))


def test_a_network_counts_as_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::2:3%eth0") == "2001:db8::/64"
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("what:ever") == "what:ever"


def test_a_rate_forgets_who_has_not_come_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    rate = Rate("requests", "5/second")
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    for number in range(5000):
        rate.check(f"somebody {number}")
        now[0] += 0.01
    assert len(rate._limiter.storage._counts) < 3000  # type: ignore[union-attr]
    with pytest.raises(CallerError, match="'often' is no rate"):
        Rate("requests", "often")


def test_every_answer_tells_a_browser_what_it_may_do() -> None:
    async def play(place: Place) -> None:
        for path in ("scenarios", "nothing", "http://here/", "http://here/nothing"):
            answer = await place.client.http.get(path)
            assert answer.headers["content-security-policy"] == POLICY
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            page = path == "http://here/"
            assert answer.headers["cache-control"] == ("no-cache" if page else "no-store")
        assert "unsafe" not in POLICY

    asked(play)


def test_an_operator_has_a_sign_in_of_their_own() -> None:
    async def signed_in(connection: HTTPConnection) -> None:
        if connection.headers.get("x-user") != "zoe":
            raise HTTPException(401, "Sign in first.", {"WWW-Authenticate": "Basic"})

    async def play(place: Place) -> None:
        answer = await place.client.ask("GET", "scenarios")
        assert code_of(answer) == (401, "no_token")
        assert answer.json()["detail"] == "Sign in first."
        assert answer.headers["www-authenticate"] == "Basic"
        place.client.http.headers["x-user"] = "zoe"
        guest = (await place.client.begin())["guest"]
        assert (await guest.ask("GET", "conversation")).status_code == 200
        assert (await place.client.ask("GET", "conversation")).status_code == 401
        del place.client.http.headers["x-user"]
        assert (await guest.ask("GET", "conversation")).status_code == 401
        assert (await place.client.ask("GET", "healthz")).status_code == 200

    asked(play, sign_in=signed_in)


def test_what_only_the_operator_can_mend_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from heartline.errors import ScenarioUnavailable, StoreDamaged

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        for error, expected in (
            (ScenarioUnavailable("the file /home/op/x.yaml"), (503, "scenario_unavailable")),
            (StoreDamaged("the file /home/op/x.db"), (500, "store_damaged")),
        ):

            async def fail(*_: object, error: Exception = error, **__: object) -> None:
                raise error

            monkeypatch.setattr(Host, "submit", fail)
            answer = await guest.ask("POST", "conversation/inputs", {"choose": "ask"})
            assert code_of(answer) == expected
            assert "/home" not in answer.text

    asked(play)
