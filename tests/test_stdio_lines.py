"""Whatever comes in on the stdio front end, each line is answered once, and nothing ends it but the
end of its input; what it says keeps to the published schema."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline import ManualClock
from heartline.frontends.pipes import TOO_LONG, lines_from
from heartline.frontends.stdio import Stdio
from heartline.frontends.stdio.forms import schema_text
from heartline.frontends.stdio.serving import MOST_LINE, _Talk
from heartline.host import Host
from hosting import host_on
from speaking import REQUEST, SCHEMA, Program, begun, refused, spoken

# Hostile input ------------------------------------------------------------------------------------

WRONG = {
    "x": "This line is not JSON, from its character 1 on: a request is one object a line, as in "
    '{"id": 1, "do": "scenarios"}.',
    '{"id": 1': "This line is not JSON, from its character 9 on",
    "[]": "This line is JSON, but no object",
    "null": "This line is JSON, but no object",
    '{"id": NaN, "do": "scenarios"}': "This line has NaN, which is no number of JSON.",
    '{"id": ' + "9" * 5000 + ', "do": "scenarios"}': "This line has a number that nothing here",
    "[" * 20_000: "This line is nested too deep",
    '{"id": 1, "do": "\\ud83d"}': "This line has half of a character",
    "{}": "A request says in 'do' what it wants, and this one does not; it is one of scenarios, "
    "open, read, choose, send, tick, undo, events, transcript, follow, unfollow, end, delete.",
    '{"id": 1, "do": []}': "A request says in 'do' what it wants, not '[]'",
    '{"id": 1, "do": "opne"}': "not 'opne'; did you mean 'open'?",
    '{"do": "scenarios"}': "scenarios needs 'id', which is not there.",
    '{"id": 1, "do": "open"}': "open needs 'scenario', which is not there.",
    '{"id": 1, "do": "open", "scenari": "x"}': "open has no 'scenari': did you mean 'scenario'?",
    '{"id": 1, "do": "scenarios", "m": 1}': "scenarios has no 'm': what it may have is id, do.",
    '{"id": 1.5, "do": "tick"}': "'id' of tick must be a whole number or a text, not the number 1",
    '{"id": true, "do": "tick"}': "'id' of tick must be a whole number or a text, not true.",
    '{"id": "", "do": "scenarios"}': "'id' of scenarios",
    '{"id": 1, "do": "open", "scenario": 7}': "'scenario' of open must be a text, not the number 7",
    '{"id": 1, "do": "open", "scenario": "inn", "seed": -1}': "'seed' of open must be at least 0.",
    '{"id": 1, "do": "open", "scenario": "inn", "inputs": []}': "'inputs' of open must be an object"
    ", not a list.",
    '{"id": 1, "do": "read", "conversation": null}': "'conversation' of read must be a text, not n",
    '{"id": 1, "do": "undo", "conversation": "x", "turns": 0}': "'turns' of undo must be at least ",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG, ids=lambda line: line[:30])
def test_a_line_that_is_no_request_is_refused_in_a_sentence(line: str) -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        program.write(line + "\n")
        told = await program.hear()
        assert refused(told) == "bad_request"
        assert told["refusal"]["message"].startswith(WRONG[line]) or (
            WRONG[line] in told["refusal"]["message"]
        )
        assert (await program.ask("scenarios"))["scenarios"]  # and it goes on

    spoken(play)


def test_a_line_that_is_not_utf_8_is_refused() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        program.write(b'{"id": 1, "do": "\xff"}\n')
        told = await program.hear()
        assert told["refusal"]["message"] == (
            "This line is not in UTF-8, which every line must be in."
        )

    spoken(play)


def test_what_was_typed_may_be_any_text() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        opened = await program.ask("open", scenario="inn", inputs={"nick": "Zoë\u2028\x85👩‍🚀"})
        token = opened["conversations"]["guest"]
        view = (await program.ask("choose", conversation=token, choice="ask"))["view"]
        assert view["turn"]["lines"][0]["name"] == "Zoë 👩‍🚀"

    spoken(play)


def test_a_line_that_is_too_long_is_refused_once_and_its_rest_passed_over() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        fitting = json.dumps({"id": 1, "do": "scenarios"}).ljust(MOST_LINE) + "\n"
        await asyncio.to_thread(program.write, fitting)
        assert (await program.hear())["id"] == 1
        await asyncio.to_thread(program.write, " " + fitting)
        told = await program.hear()
        assert told["refusal"]["message"] == (
            "This line is too long: a request has 65,536 bytes at most."
        )
        for _ in range(30):
            await asyncio.to_thread(program.write, b"[" * MOST_LINE)
        assert refused(await program.hear()) == "bad_request"
        await asyncio.to_thread(program.write, "\n")  # there may be no room for it yet
        assert (await program.ask("scenarios"))["scenarios"]

    spoken(play)


@pytest.mark.parametrize(
    ("half", "code"),
    [('{"id": 7, "do": "scenarios"}', None), ('{"id": 7, "do": "scen', "bad_request")],
)
def test_the_last_line_need_not_be_ended(half: str, code: str | None) -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        program.write(half)
        program.stop_writing()
        told = await program.hear()
        assert told.get("refusal", {}).get("code") == code

    spoken(play)


def test_what_is_asked_is_done_also_where_nobody_reads_the_answers() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        token = await begun(program, reference="chat-1")
        await program.ask("follow", conversation=token)
        program.stop_reading()
        asked = {"do": "choose", "conversation": token, "choice": "ask"}
        for number in range(3):
            program.write(json.dumps({"id": number, **asked}) + "\n")
        program.stop_writing()
        while len(await host.transcript("chat-1")) < 4:
            await asyncio.sleep(0.01)

    spoken(play)


def test_an_input_that_is_closed_is_at_its_end() -> None:
    async def main() -> None:
        front_end = Stdio()
        source, out = os.pipe()
        os.close(out)
        os.close(source)
        front_end.source = source
        async with host_on("memory:") as host, asyncio.timeout(20):
            await front_end.run(host)

    asyncio.run(main())


def test_a_reader_that_is_slow_holds_up_and_loses_nothing() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        many = 300
        asked = "".join(f'{{"id": {n}, "do": "scenarios"}}\n' for n in range(many))
        await asyncio.to_thread(program.write, asked)
        await asyncio.sleep(0.1)  # the pipe is full by now
        assert [(await program.hear())["id"] for _ in range(many)] == list(range(many))

    spoken(play)


def test_a_fault_of_heartline_itself_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        token = await begun(program)
        monkeypatch.setattr(host, "read", broken)
        told = await program.ask("read", conversation=token)
        assert (refused(told), "ZeroDivisionError" in told["refusal"]["message"]) == ("fault", True)
        assert (await program.ask("scenarios"))["scenarios"]
        assert token not in caplog.text

    spoken(play)


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b'{"id":1,', b'"do":"open"}', b"{}"])))
def test_each_line_is_answered_once_whatever_is_in_it(parts: list[bytes]) -> None:
    lines = [part.replace(b"\n", b"") for part in parts]

    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        for line in lines:
            program.write(line + b"\n")
        for line in lines:
            if line.strip():
                assert (await program.hear())["id"] in (None, 1)
        assert (await program.ask("scenarios"))["scenarios"]

    spoken(play)


@given(
    st.lists(
        st.binary(max_size=12) | st.sampled_from([b"\n", b"\n\n", b"12345678\n", b"123456789"])
    )
)
def test_lines_are_the_same_however_they_come(portions: list[bytes]) -> None:
    most = 8
    *whole, rest = b"".join(portions).split(b"\n")
    expected = [line if len(line) <= most else TOO_LONG for line in [*whole, *filter(None, [rest])]]

    async def main() -> None:
        source, out = os.pipe()

        def write() -> None:
            for portion in portions:
                os.write(out, portion)
            os.close(out)

        writing = asyncio.to_thread(write)
        got, _ = await asyncio.gather(_all(lines_from(source, most)), writing)
        os.close(source)
        assert got == expected

    asyncio.run(main())


async def _all(lines: AsyncGenerator[bytes | None, None]) -> list[bytes | None]:
    return [line async for line in lines]


# The schema ---------------------------------------------------------------------------------------


def test_the_published_schema_is_current() -> None:
    published = Path(__file__).parents[1] / "docs" / "stdio.schema.json"
    assert published.read_text("utf-8") == schema_text(), (
        "run: heartline schema --stdio > docs/stdio.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("line", [line for line in WRONG if line.endswith("}")])
def test_the_schema_refuses_what_is_refused(line: str) -> None:
    with suppress(ValueError):
        assert not REQUEST.is_valid(json.loads(line))


def test_the_schema_knows_every_request_that_is_carried_out() -> None:
    named = {name for name, each in SCHEMA["$defs"].items() if "do" in each.get("properties", {})}
    assert named == {model.__name__ for model in _Talk._DO}
