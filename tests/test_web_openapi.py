"""The API is as its description says: a committed copy, real answers, and searches in both
directions by schemathesis."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from heartline import ManualClock
from heartline.frontends.web.app import make_app, openapi_text
from heartline.frontends.web.serving import address_of, bound, serve
from heartline.host import Host
from hosting import inn
from webbed import FREE, Place, asked

COMMITTED = Path(__file__).parents[1] / "docs" / "openapi.json"
QUICK = replace(FREE, most_wait=0.01, most_body=10_000_000)  # it takes 413 for no refusal
THOROUGH = os.environ.get("HEARTLINE_SEARCH") == "thorough"


def test_the_committed_description_is_the_present_one() -> None:
    assert COMMITTED.read_text("utf-8") == openapi_text(), (
        "the API has changed: write `heartline schema --http > docs/openapi.json`"
    )


def test_the_server_gives_its_own_description() -> None:
    async def play(place: Place) -> None:
        told = (await place.client.ask("GET", "openapi.json")).json()
        assert told["servers"] == [{"url": "/api/v1"}]

        def check(shape: str, answer: Any) -> None:
            wanted = {"$ref": f"#/components/schemas/{shape}", "components": told["components"]}
            jsonschema.validate(answer, wanted)

        seats = await place.client.begin(seats=["mo"])
        guest = seats["guest"]
        check("View", await seats["mo"].view())
        check("View", await guest.choose("take"))
        for path, shape in (("events", "Events"), ("transcript", "Transcript")):
            check(shape, (await guest.ask("GET", f"conversation/{path}")).json())
        check("Problem", (await guest.ask("GET", "nothing")).json())

    asked(play)


@contextmanager
def server() -> Iterator[str]:
    """A server in a thread of its own, as schemathesis asks one."""
    place = bound("127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    tasks: list[asyncio.Task[None]] = []

    async def main() -> None:
        async with Host("memory:", [inn()], clock=ManualClock()) as host:
            app = make_app(host, settings=QUICK)
            tasks.append(
                asyncio.create_task(serve(app, place, QUICK, ending=app.state.streams.close))
            )
            with suppress(asyncio.CancelledError):
                await tasks[0]

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        yield f"{address_of(place)}api/v1"
    finally:
        loop.call_soon_threadsafe(lambda: tasks[0].cancel())
        thread.join(30)
        loop.close()


def begin(address: str) -> str:
    """The token of a new conversation."""
    with httpx.Client(trust_env=False) as http:
        begun = http.post(f"{address}/conversations", json={"scenario": "inn"})
    return str(begun.json()["capabilities"]["guest"])


def searched(mode: str, examples: int) -> int:
    """Send what the description allows, or what it does not, and hold each answer to it; gives how
    many were."""
    # All of it before the server starts, whose thread puts back filters of warnings that it found:
    # the one that this library sets as it is imported would be lost.
    import requests  # noqa: F401
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    wanted: list[Any] = [
        not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance,
    ]  # fmt: skip
    if mode == "negative":
        wanted.append(checks.negative_data_rejection)
    many = 0

    def search(operation: Any, token: str) -> None:
        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=not THOROUGH,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def check(case: Any) -> None:
            nonlocal many
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
            if operation.path.endswith("/diagram"):
                case.headers["Accept"] = "text/plain"  # a picture takes long
            case.call_and_validate(checks=wanted, timeout=10)
            many += 1

        with suppress(Unsatisfiable):  # a request in which nothing can be wrong
            check()

    with server() as address:
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        for each in schema.get_all_operations():
            search(each.ok(), begin(address))
    return many


def test_what_the_description_allows_is_answered_as_it_says() -> None:
    assert searched("positive", 2) > 12


@pytest.mark.slow
def test_what_the_description_does_not_allow_is_refused_as_it_says() -> None:
    assert searched("negative", 3) > 12


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_the_description_holds_in_a_wider_search(mode: str) -> None:
    searched(mode, 200 if THOROUGH else 60)
