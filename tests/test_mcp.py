"""`heartline mcp`: an assistant plays over MCP, with the SDK's own client at the other end."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters

from assisting import Assistant, assisted
from harness import bundled
from heartline import ManualClock
from heartline.cli import run
from heartline.frontends.mcp.server import LONGEST_WAIT, make_server
from heartline.host import Host
from hosting import INN, host_on, inn, later
from timing import Running, quick

ROOT = Path(__file__).parents[1]
ENGINE = str(ROOT / "engine")
TWO = inn("played_by: engine", "pronouns: they")  # two persons
LOOKING = {"list_scenarios", "see_turn", "wait"}


def texts(view: dict[str, Any]) -> list[str]:
    return [line["text"] for line in view["turn"]["lines"]]


# Playing ------------------------------------------------------------------------------------------


def test_an_assistant_plays_to_the_end() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        (listed,) = (await assistant.use("list_scenarios"))["scenarios"]
        assert listed["id"] == "inn"
        begun = await assistant.use("begin", scenario="inn", inputs={"nights": 5})
        assert begun["other_seats"] == {}
        assert texts(begun["view"]) == ["It rains.", "Good evening."]
        token = begun["conversation"]
        view = await assistant.use("choose", conversation=token, choice="leave", turn=1)
        assert (view["status"], view["turn"]["outcome"]) == ("over", "gone")
        assert await assistant.use("see_turn", conversation=token) == {**view, "now": view["now"]}
        said = await assistant.look_at(f"heartline://conversations/{token}/transcript")
        assert said.splitlines() == [
            "It rains.", "Mo: Good evening.", "Guest: Never mind.", "The door falls shut.",
        ]  # fmt: skip

    assisted(play)


def test_a_choice_answers_the_turn_that_was_shown() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        token = await assistant.begin()
        await assistant.use("choose", conversation=token, choice="take", turn=1)
        for _ in range(2):
            told = await assistant.refused("choose", conversation=token, choice="take", turn=1)
            assert told.startswith("That answers turn 1, but the conversation is at turn 2")
        told = await assistant.refused("choose", conversation=token, choice="rest", turn=9)
        assert told.startswith("That answers turn 9")

    assisted(play)


def test_refusals_are_sentences() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        token = await assistant.begin()
        choose = {"conversation": token, "choice": "ask", "turn": 1}
        for arguments, sentence in (
            ({**choose, "choice": "leave"}, "needs nights to be at least 3"),
            ({**choose, "choice": "aks"}, "did you mean 'ask'?"),
            ({**choose, "conversation": "x"}, "No conversation has this token"),
            ({**choose, "turn": "first"}, "'turn' of choose must be a whole number, not the text"),
            ({**choose, "turn": -1}, "'turn' of choose must be at least 0."),
            ({**choose, "more": 1}, "choose has no argument 'more'"),
            ({"choice": "ask", "turn": 1}, "choose needs 'conversation', which is not there."),
        ):
            told = await assistant.refused("choose", **arguments)
            assert sentence in told
            assert token not in told
            assert "Error" not in told
            assert "validation" not in told
        told = await assistant.refused("begin", scenario="in")
        assert told == "This host has no scenario 'in'; did you mean 'inn'?"
        assert "There is no role 'you'" in (
            await assistant.refused("begin", scenario="inn", seats=["you"])
        )
        assert "nick" in await assistant.refused("begin", scenario="inn", inputs={"nik": "Zoë"})

    assisted(play)


def test_waiting_ends_as_soon_as_something_happens() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        token = await assistant.begin()
        await assistant.use("choose", conversation=token, choice="take", turn=1)
        async with Running(quick(host)):
            waiting = asyncio.create_task(assistant.use("wait", conversation=token, seconds=30))
            await asyncio.sleep(0.05)
            later(clock, hours=1)
            waited = await waiting
        (tea,) = waited["happened"]
        assert (tea["kind"], tea["lines"][0]["text"]) == ("fired", "Your tea!")
        assert texts(waited["view"]) == ["Your tea!"]
        known = await assistant.use("wait", conversation=token, after=1)
        assert [each["sequence"] for each in known["happened"]] == [2, 3]

    assisted(play)


def test_waiting_is_bounded() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        token = await assistant.begin()
        waited = await assistant.use("wait", conversation=token, seconds=1)
        assert (waited["happened"], waited["view"]["turn"]["number"]) == ([], 1)
        told = await assistant.refused("wait", conversation=token, seconds=LONGEST_WAIT + 1)
        assert told == "'seconds' of wait must be at most 50."

    assisted(play)


def test_a_step_is_taken_back_once() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        token = await assistant.begin()
        assert "nothing to take back" in await assistant.refused(
            "take_back", conversation=token, turn=1
        )
        await assistant.use("choose", conversation=token, choice="take", turn=1)
        view = await assistant.use("take_back", conversation=token, turn=2)
        assert view["turn"]["state"] == "desk"
        told = await assistant.refused("take_back", conversation=token, turn=2)
        assert told.startswith("The conversation is at turn")
        said = await assistant.look_at(f"heartline://conversations/{token}/transcript")
        assert "(The last step was taken back.)" in said.splitlines()

    assisted(play)


def test_each_seat_sees_and_does_what_is_its_own() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        begun = await assistant.use("begin", scenario="inn")
        guest, mo = begun["conversation"], begun["other_seats"]["mo"]
        assert texts(begun["view"]) == ["It rains.", "Good evening."]
        assert texts(await assistant.use("see_turn", conversation=mo)) == ["It rains.", "Tired."]
        await assistant.refused("choose", conversation=mo, choice="ask", turn=1)
        await assistant.use("choose", conversation=guest, choice="ask", turn=1)
        assert "Another person" in await assistant.refused("take_back", conversation=mo, turn=2)
        for token, heard in ((guest, False), (mo, True)):
            said = await assistant.look_at(f"heartline://conversations/{token}/transcript")
            assert ("Tired." in said) == heard
        # Who leaves leaves alone; who is left goes on, and ends it at the last.
        assert await assistant.use("finish", conversation=mo) == {"ended": False, "deleted": False}
        assert (await assistant.use("see_turn", conversation=guest))["status"] == "live"
        assert "No conversation" in await assistant.refused("see_turn", conversation=mo)

    assisted(play, TWO)


def test_a_conversation_is_finished_and_deleted() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        token = await assistant.begin()
        assert await assistant.use("finish", conversation=token) == {
            "ended": True, "deleted": False,
        }  # fmt: skip
        assert (await assistant.use("see_turn", conversation=token))["status"] == "closed"
        await assistant.use("finish", conversation=token, delete=True)
        assert "No conversation" in await assistant.refused("see_turn", conversation=token)
        assert (await host.store.counts()).conversations == 0

    assisted(play)


def test_no_token_stands_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        token = await assistant.begin()
        for name in ("read", "transcript"):
            monkeypatch.setattr(host, name, broken)
        told = await assistant.refused("see_turn", conversation=token)
        assert told == "Error executing tool see_turn"
        with pytest.raises(MCPError, match="Heartline itself has a fault here"):
            await assistant.look_at(f"heartline://conversations/{token}/transcript")
        assert "ZeroDivisionError" in caplog.text
        assert token not in caplog.text

    assisted(play)


# What is there ------------------------------------------------------------------------------------


def test_each_tool_says_what_it_is_and_what_it_does() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        tools = {each.name: each for each in (await assistant.client.list_tools()).tools}
        page = (ROOT / "docs" / "mcp.md").read_text("utf-8")
        assert list(tools) == re.findall(r"^\| `(\w+)`", page, re.MULTILINE)
        for name, tool in tools.items():
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint == (name in LOOKING)
            assert bool(tool.annotations.destructive_hint) == (name in ("take_back", "finish"))
            assert tool.annotations.open_world_hint is False
            assert tool.output_schema is not None
            assert tool.title
            assert len(tool.description or "") > 40
            for argument in tool.input_schema["properties"].values():
                assert argument["description"]
        assert "never choose for them" in (tools["choose"].description or "")
        assert "Never choose for the person" in (assistant.client.instructions or "")

    assisted(play)


def test_the_diagram_of_a_scenario_is_a_resource() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        (listed,) = (await assistant.client.list_resources()).resources
        assert listed.uri == "heartline://scenarios/inn/diagram"
        assert "stateDiagram-v2" in await assistant.look_at("heartline://scenarios/inn/diagram")
        for address in (
            "heartline://conversations/x/transcript",
            "heartline://scenarios/no/diagram",
            "heartline://scenarios/..%2Finn/diagram",
        ):
            with pytest.raises(MCPError):
                await assistant.look_at(address)

    assisted(play)


def test_the_flagship_fits_what_the_tools_promise() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        begun = await assistant.use("begin", scenario="reconciliation")
        view = await assistant.use(
            "choose", conversation=begun["conversation"], choice="take_pause", turn=1
        )
        assert view["turn"]["deadlines"]

    assisted(play, bundled("reconciliation"))


# The command --------------------------------------------------------------------------------------


def command(*arguments: str, folder: Path) -> StdioServerParameters:
    (folder / "inn.yaml").write_text(INN)
    return StdioServerParameters(
        command=sys.executable, args=["-m", "heartline", "mcp", "inn.yaml", *arguments],
        cwd=folder, env={"PYTHONPATH": ENGINE, "HEARTLINE_STORE": ""},
    )  # fmt: skip


@pytest.mark.slow
def test_a_conversation_goes_on_in_another_process(tmp_path: Path) -> None:
    """And a day takes a tenth of a second there."""
    server = command(
        "--store", "sqlite:///heartline.db", "--speed", "864000", folder=tmp_path
    )  # fmt: skip

    async def main() -> None:
        async with Client(server) as client:
            token = await Assistant(client).begin()
        async with Client(server) as client:
            assistant = Assistant(client)
            await assistant.use("choose", conversation=token, choice="take", turn=1)
            view = await assistant.use("see_turn", conversation=token)
            while view["status"] == "live":
                waited = await assistant.use(
                    "wait", conversation=token, after=view["sequence"], seconds=10
                )
                assert waited["happened"]
                view = waited["view"]
            assert texts(view) == ["It is time.", "The door falls shut."]
        assert token.encode() not in (tmp_path / "heartline.db").read_bytes()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_it_ends_when_it_is_told_to_though_nothing_comes_in(tmp_path: Path) -> None:
    parameters = command(folder=tmp_path)
    process = subprocess.Popen(
        [parameters.command, *parameters.args], cwd=tmp_path, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **(parameters.env or {})},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "Conversations end with this program" in process.stderr.readline()
        process.terminate()
        out, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, told) == (0, "", "")


class Served:
    """A server over HTTP in a process of its own."""

    def __init__(self, folder: Path, *others: str) -> None:
        parameters = command(*others, "--http", "0", folder=folder)
        self.process = subprocess.Popen(
            [parameters.command, *parameters.args], cwd=folder, stderr=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**os.environ, **parameters.env},
        )  # fmt: skip
        self.said = ""

    async def address(self) -> str:
        assert self.process.stderr is not None
        while (found := re.search(r"http://\S+/mcp", self.said)) is None:
            line = await asyncio.to_thread(self.process.stderr.readline)
            assert line, self.said
            self.said += line
        return found[0]

    def end(self) -> int:
        self.process.terminate()
        out, rest = self.process.communicate(timeout=30)
        self.said += rest
        assert out == ""
        return self.process.returncode


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    server = Served(folder)
    try:
        yield await server.address()
        assert await asyncio.to_thread(server.end) == 0
        assert "Traceback" not in server.said
        assert "Conversations end with this program" in server.said
    finally:
        server.process.kill()


def test_over_http_programs_of_this_machine_are_served_and_pages_are_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as address:
            async with Client(address) as client:
                assistant = Assistant(client)
                token = await assistant.begin()
                await assistant.use("choose", conversation=token, choice="take", turn=1)
            async with Client(address) as client:
                view = await Assistant(client).use("see_turn", conversation=token)
                assert view["turn"]["number"] == 2
            asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            accepts = {"Accept": "application/json, text/event-stream"}
            async with httpx.AsyncClient(headers=accepts) as page:
                for wrong in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
                    told = await page.post(address, json=asked, headers=wrong)
                    assert told.status_code in (403, 421)

    asyncio.run(asyncio.wait_for(main(), 60))


BROKEN = INN.replace("to: gone}", "to: nowhere}").replace("id: inn", "id: broken")


def test_a_scenario_that_does_not_load_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    """What is wrong with it is told to who started the server, and to the assistant."""
    (tmp_path / "broken.yaml").write_text(BROKEN)
    sentence = "The scenario broken does not load, so that no conversation begins in it"

    async def main() -> None:
        server = Served(tmp_path, "broken.yaml")
        try:
            async with Client(await server.address()) as client:
                assistant = Assistant(client)
                listed = await assistant.use("list_scenarios")
                assert [each["id"] for each in listed["scenarios"]] == ["inn"]
                (unloaded,) = listed["unavailable"]
                assert unloaded["id"] == "broken"
                assert unloaded["why"].startswith(sentence)
                assert "no state is called 'nowhere'" in unloaded["why"]
                refused = await assistant.refused("begin", scenario="broken")
                assert refused == unloaded["why"]
                await assistant.begin()
            assert await asyncio.to_thread(server.end) == 0
            assert server.said.count(sentence) == 1
        finally:
            server.process.kill()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_what_a_store_cannot_load_is_no_scenario_of_the_list(tmp_path: Path) -> None:
    """It is the operator's, for whom it stands in the notes of the start."""
    url = f"sqlite:///{tmp_path / 'heartline.db'}"

    async def main() -> None:
        async with host_on(url) as host:
            await host.open("left", "inn", tell={"guest": "elsewhere"})
        with closing(sqlite3.connect(tmp_path / "heartline.db", isolation_level=None)) as file:
            file.execute("DELETE FROM scenarios")
        other = inn("nights >= 3", "nights >= 4")
        async with host_on(url, other) as host, Client(make_server(host)) as client:
            assert list(host.unavailable) == ["inn 1.0.0"]
            assert (await Assistant(client).use("list_scenarios"))["unavailable"] == []

    asyncio.run(main())


def test_where_no_scenario_loads_there_is_nothing_to_serve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.yaml").write_text(BROKEN)
    assert run(["mcp", str(tmp_path / "broken.yaml")]) == 1
    out, told = capsys.readouterr()
    assert out == ""
    assert told.splitlines()[0].startswith("The scenario broken does not load")
    assert "no state is called 'nowhere'" in told
    assert told.splitlines()[-1] == (
        "So there is nothing to play: mend what is wrong, with the help of heartline check, and "
        "start this again."
    )


@pytest.mark.slow
def test_the_example_on_the_page_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "mcp.md").read_text("utf-8")
    example, printed = (
        re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[0]
        for language in ("python", "text")
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/mcp.md", "exec"), {})  # noqa: S102 - it is ours
    assert capsys.readouterr().out == printed


def test_without_the_library_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("server", "serving"):
        monkeypatch.delitem(sys.modules, f"heartline.frontends.mcp.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert run(["mcp", "reconciliation"]) == 1
    assert capsys.readouterr().err == (
        "heartline mcp needs the package mcp, which is not installed: pip install "
        "'heartline[mcp]'.\n"
    )


def test_a_port_that_somebody_has_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["mcp", "breaking_bad_news", "--http", str(port)]) == 1
    assert (
        f"Port {port} of 127.0.0.1 cannot be had: address already in use. Take another one, or 0 "
        "for any that is free."
    ) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "Missing argument 'SCENARIO...'"),
        (["nothing_of_that_name"], 1, "nothing_of_that_name"),
        (["reconciliation", "--store", "mysql://x"], 2, "mysql"),
        (["reconciliation", "--http", "x"], 2, "'x' is no port"),
    ],
)
def test_what_cannot_begin_is_said_and_not_on_standard_output(
    arguments: list[str], code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mcp", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert sentence in shown.err
