"""The HTTP API: what is asked and answered, and what is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from heartline import loads
from hosting import INN, inn, later
from webbed import Client, Place, asked

KEY = "0123456789abcdef0123456789abcdef"


def code_of(answer: Any) -> tuple[int, str]:
    """The status and the code of a problem, which has a sentence too."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"][-1] in ".?"
    return answer.status_code, problem["code"]


def test_a_conversation_is_begun_read_and_played_to_its_end() -> None:
    async def play(place: Place) -> None:
        (scenario,) = (await place.client.ask("GET", "scenarios")).json()
        assert (scenario["id"], [each["id"] for each in scenario["roles"]]) == (
            "inn",
            ["guest", "mo"],
        )
        begun = await place.client.ask("POST", "conversations", {"scenario": "inn", "seed": 4})
        assert begun.status_code == 201
        assert begun.headers["etag"] == '"1"'
        assert list(begun.json()["capabilities"]) == ["guest"]
        view = begun.json()["conversation"]
        assert (view["role"], view["status"], view["can_undo"]) == ("guest", "live", False)
        assert [role["engine"] for role in view["roles"]] == [False, True]
        guest = (await place.client.begin())["guest"]
        view = await guest.choose("take", if_match="1")
        assert [line["text"] for line in view["turn"]["lines"]] == ["I take it."]
        assert view["turn"]["deadlines"][0]["left"] == 3600
        later(place.clock, hours=1)
        answer = await guest.ask("POST", "conversation/inputs", {"tick": True})
        assert answer.json()["turn"]["lines"][0]["text"] == "Your tea!"
        view = await guest.choose("go", if_match=answer.headers["etag"].strip('"'))
        assert (view["status"], view["turn"]["outcome"]) == ("over", "gone")
        assert view == await guest.view()

    asked(play)


def test_the_language_is_told_with_the_scenario_and_with_each_conversation() -> None:
    async def play(place: Place) -> None:
        (scenario,) = (await place.client.ask("GET", "scenarios")).json()
        assert scenario["language"] == "de-AT"
        guest = (await place.client.begin())["guest"]
        assert (await guest.view())["scenario"]["language"] == "de-AT"

    asked(play, scenario=loads(INN.replace("title: An inn", "title: Ein Gasthof\nlanguage: de-AT")))


def test_a_token_that_has_no_seat_is_refused_in_words_for_who_sends_it() -> None:
    async def play(place: Place) -> None:
        answer = await Client(place.client.http, "no-such-token-at-all").ask("GET", "conversation")
        assert code_of(answer) == (404, "unknown_conversation")
        assert answer.json()["detail"].endswith("Send the token exactly as it was given.")

    asked(play)


def test_an_input_with_a_key_happens_once_and_each_seat_has_its_own_keys() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        guest, mo = seats["guest"], seats["mo"]
        first = await guest.choose("ask", idempotency_key="1")
        assert await guest.choose("ask", idempotency_key="1") == {**first, "now": first["now"]}
        other = await mo.choose("yes_to_that", idempotency_key="1")
        assert other["turn"]["number"] == first["turn"]["number"] + 1

    asked(play)


def test_an_answer_to_an_earlier_turn_is_refused_with_the_present_one() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.choose("take")
        answer = await guest.ask("POST", "conversation/inputs", {"choose": "go"}, if_match="1")
        assert code_of(answer) == (412, "stale_turn")
        assert answer.json()["conversation"] == await guest.view()
        for body, path in (({"tick": True}, "conversation/inputs"), (None, "conversation/undo")):
            answer = await guest.ask("POST", path, body, if_match="1")
            assert code_of(answer) == (412, "stale_turn")
            assert answer.json()["current"] == 2

    asked(play)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"choose": "leave"}, (409, "choice_closed")),
        ({"choose": "laeve"}, (404, "unknown_choice")),
        ({"choose": "yes_to_that"}, (404, "unknown_choice")),
        ({"event": "gong"}, (404, "unknown_event")),
        ({"choose": "ask", "more": 1}, (422, "invalid_request")),
        ({"choose": ""}, (422, "invalid_request")),
        ({"tick": False}, (422, "invalid_request")),
        ({"choose": "ask", "event": "bell"}, (422, "invalid_request")),
        ([], (422, "invalid_request")),
        ("ask", (422, "invalid_request")),
        (None, (422, "invalid_request")),
    ],
)
def test_what_cannot_happen_is_a_problem_and_changes_nothing(
    body: Any,
    expected: tuple[int, str],
) -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        before = await guest.view()
        answer = await guest.ask("POST", "conversation/inputs", body)
        assert code_of(answer) == expected
        assert await guest.view() == before
        if expected[1] == "choice_closed":
            assert answer.json()["reason"]

    asked(play)


def test_a_conversation_that_is_over_takes_nothing_more() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        await guest.choose("take")
        await guest.choose("go")
        answer = await guest.ask("POST", "conversation/inputs", {"choose": "rest"})
        assert code_of(answer) == (410, "conversation_over")

    asked(play)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"scenario": "pub"}, (404, "unknown_scenario")),
        ({}, (422, "invalid_request")),
        ({"scenario": "inn", "colour": "red"}, (422, "invalid_request")),
        ({"scenario": "inn", "inputs": {"nights": 12}}, (422, "input_error")),
        ({"scenario": "inn", "inputs": {"secret": 1}}, (422, "input_error")),
        ({"scenario": "inn", "inputs": {"nights": [1]}}, (422, "invalid_request")),
        ({"scenario": "inn", "seats": ["cook"]}, (422, "input_error")),
        ({"scenario": "inn", "seed": -1}, (422, "invalid_request")),
        ({"scenario": "inn", "seed": True}, (422, "invalid_request")),
    ],
)
def test_a_beginning_that_cannot_be_is_a_problem(wanted: Any, expected: tuple[int, str]) -> None:
    async def play(place: Place) -> None:
        assert code_of(await place.client.ask("POST", "conversations", wanted)) == expected
        assert (await place.host.store.counts()).conversations == 0

    asked(play)


@pytest.mark.parametrize(
    ("wanted", "where", "message"),
    [
        ({"scenario": 1}, "body.scenario", "it must be a text"),
        ({"scenario": "inn", "colour": 1}, "body.colour", "there is no such field"),
        ({"seed": 1}, "body.scenario", "it is missing"),
        (
            {"scenario": "inn", "inputs": {"nights": [1]}},
            "body.inputs.nights",
            "it must be a text, a whole number, or true or false",
        ),
        ({"scenario": "inn", "seats": ["mo"] * 50}, "body.seats", "it holds too many"),
    ],
)
def test_what_is_wrong_with_a_body_is_said_with_its_place(
    wanted: Any,
    where: str,
    message: str,
) -> None:
    async def play(place: Place) -> None:
        problem = (await place.client.ask("POST", "conversations", wanted)).json()
        assert problem["errors"] == [{"where": where, "message": message}]
        assert problem["detail"].endswith(f"{where}: {message}.")

    asked(play)


def test_a_beginning_with_a_key_happens_once_also_when_the_answer_was_lost() -> None:
    async def play(place: Place) -> None:
        wanted = {"scenario": "inn", "inputs": {"nights": 2}}
        answers = [
            await place.client.ask("POST", "conversations", wanted, idempotency_key=KEY)
            for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 201]
        first, again = (answer.json()["capabilities"] for answer in answers)
        assert first == again
        assert (await place.host.store.counts()).conversations == 1
        other = {"scenario": "inn", "inputs": {"nights": 3}}
        answer = await place.client.ask("POST", "conversations", other, idempotency_key=KEY)
        assert code_of(answer) == (422, "key_reused")
        answer = await place.client.ask("POST", "conversations", wanted, idempotency_key="1")
        assert code_of(answer) == (422, "bad_key")

    asked(play)


def test_a_turn_is_taken_back_where_there_is_one() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        assert code_of(await guest.ask("POST", "conversation/undo")) == (409, "nothing_to_undo")
        assert (await guest.choose("take"))["can_undo"]
        assert (await guest.choose("rest"))["can_undo"]
        undone = await guest.ask("POST", "conversation/undo", None, idempotency_key="u1")
        again = await guest.ask("POST", "conversation/undo", None, idempotency_key="u1")
        assert undone.json()["turn"]["number"] == again.json()["turn"]["number"] == 4
        assert undone.json()["can_undo"]
        view = (await guest.ask("POST", "conversation/undo")).json()
        assert (view["turn"]["state"], view["can_undo"]) == ("desk", False)

    asked(play)


def test_a_scenario_may_let_nothing_be_taken_back() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        assert not (await guest.choose("take"))["can_undo"]
        assert code_of(await guest.ask("POST", "conversation/undo")) == (403, "undo_forbidden")

    asked(play, scenario=inn("title: An inn", "title: An inn\nundo: false"))


def test_among_two_persons_only_who_chose_last_takes_it_back() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        guest, mo = seats["guest"], seats["mo"]
        assert (await guest.choose("ask"))["can_undo"]
        assert not (await mo.view())["can_undo"]
        assert code_of(await mo.ask("POST", "conversation/undo")) == (409, "nothing_to_undo")
        assert (await guest.ask("POST", "conversation/undo")).status_code == 200

    asked(play)


def test_the_transcript_is_json_or_text_and_holds_what_the_seat_has_heard() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin(inputs={"nick": "Zoë"}))["guest"]
        await guest.choose("take")
        entries = (await guest.ask("GET", "conversation/transcript")).json()["events"]
        assert [entry["kind"] for entry in entries] == ["opened", "chose"]
        text = (await guest.ask("GET", "conversation/transcript", None, accept="text/plain")).text
        assert text == "It rains.\nMo: Good evening.\nZoë: I take it.\n"

    asked(play)


def test_the_diagram_is_text_or_a_picture() -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        answer = await guest.ask("GET", "conversation/diagram", None, accept="text/plain")
        assert "stateDiagram" in answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        answer = await guest.ask("GET", "conversation/diagram")
        if answer.status_code != 501:  # where no Graphviz can be had
            assert answer.headers["content-type"] == "image/svg+xml"

    asked(play)


def test_a_picture_that_cannot_be_drawn_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    from heartline.diagram import DrawingFailed

    def fail(*_: object, **__: object) -> str:
        raise DrawingFailed("There is no Graphviz here.")

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        monkeypatch.setattr("heartline.frontends.web.drawing.draw", fail)
        assert code_of(await guest.ask("GET", "conversation/diagram")) == (501, "not_drawn")

    asked(play)


def test_a_conversation_is_deleted_with_every_trace() -> None:
    async def play(place: Place) -> None:
        seats = await place.client.begin(seats=["mo"])
        assert (await seats["guest"].ask("DELETE", "conversation")).status_code == 204
        for seat in seats.values():
            answer = await seat.ask("GET", "conversation")
            assert code_of(answer) == (404, "unknown_conversation")
        assert (await place.host.store.counts()).conversations == 0

    asked(play)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "nothing", (404, "not_found")),
        ("POST", "nothing", (404, "not_found")),
        ("PUT", "conversation", (405, "method_not_allowed")),
        ("GET", "conversation", (401, "no_token")),
        ("GET", "http://here/elsewhere", (404, "not_found")),
        ("POST", "http://here/", (405, "method_not_allowed")),
        ("GET", "conversation/events?after=x", (422, "invalid_request")),
    ],
)
def test_every_refusal_is_a_problem(method: str, path: str, expected: tuple[int, str]) -> None:
    async def play(place: Place) -> None:
        client = (await place.client.begin())["guest"] if "?" in path else place.client
        assert code_of(await client.ask(method, path)) == expected

    asked(play)


def test_who_asks_with_another_method_is_told_which_there_are() -> None:
    async def play(place: Place) -> None:
        answer = await place.client.ask("PUT", "scenarios")
        assert answer.headers["allow"] == "GET"

    asked(play)


def test_what_nobody_has_foreseen_is_a_problem_too(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("Zanzibar")

    async def play(place: Place) -> None:
        guest = (await place.client.begin())["guest"]
        monkeypatch.setattr(place.host, "read", broken)
        answer = await guest.ask("GET", "conversation")
        assert code_of(answer) == (500, "internal_error")
        assert "Zanzibar" not in answer.text
        (record,) = (each for each in caplog.records if each.name == "heartline.host.web")
        assert record.__dict__["kind"] == "ZeroDivisionError"
        assert record.__dict__["where"].rpartition(":")[0].endswith("test_web_api")
        assert "Zanzibar" not in caplog.text

    asked(play)


def test_the_health_check_asks_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    from heartline.errors import StoreUnavailable

    async def gone() -> None:
        raise StoreUnavailable("The file /secret/place cannot be read.")

    async def play(place: Place) -> None:
        assert (await place.client.ask("GET", "healthz")).json() == {"status": "ok"}
        monkeypatch.setattr(place.host.store, "next_due", gone)
        answer = await place.client.ask("GET", "healthz")
        assert code_of(answer) == (503, "store_unavailable")
        assert answer.headers["retry-after"] == "2"
        assert "secret" not in answer.text

    asked(play)
