"""`heartline serve`: a page and an API at a port, until it is told to end."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from heartline.cli import run
from heartline.errors import CallerError
from heartline.frontends.plugins import make
from heartline.frontends.protocol import FrontEnd
from heartline.frontends.web import Web
from heartline.host import Host
from hosting import INN, inn
from test_run_command import Worker
from timing import until
from webbed import Client

PAGE = re.compile(r"the page is at (http://\S+/)")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    (tmp_path / "inn.yaml").write_text(INN, "utf-8")
    started: list[Worker] = []

    def start(*arguments: str) -> Worker:
        started.append(Worker(tmp_path, *arguments, command="serve"))
        started[-1].wait_for("the page is at")
        started[-1].wait_for("\n")
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def api(worker: Worker) -> httpx.Client:
    found = PAGE.search(worker.said)
    assert found is not None
    return httpx.Client(base_url=f"{found[1]}api/v1/", trust_env=False, timeout=30)


def begin(http: httpx.Client) -> str:
    answer = http.post("conversations", json={"scenario": "inn", "inputs": {"nick": "marzipan"}})
    return str(answer.json()["capabilities"]["guest"])


def test_it_serves_until_it_is_told_to_end_and_another_goes_on(
    server: Callable[..., Worker],
) -> None:
    options = ("inn.yaml", "--port", "0", "--store", "sqlite:///heartline.db")
    first = server(*options)
    with api(first) as http:
        token = begin(http)
        signed = {"authorization": f"Bearer {token}"}
        assert http.get("conversation").status_code == 401
        http.post("conversation/inputs", json={"choose": "take"}, headers=signed)
        path = "conversation/events?after=2"
        with http.stream("GET", path, headers={**signed, "accept": "text/event-stream"}) as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": after 2"
            first.process.send_signal(signal.SIGTERM)
            assert ": server_ends" in list(lines)
    assert first.process.wait(30) == 0
    second = server(*options)
    with api(second) as http:
        view = http.get("conversation", headers=signed).json()
        assert view["turn"]["number"] == 2
    assert second.end(signal.SIGINT) == 0
    assert second.said.endswith("Stopped.\n")
    for word in (token, "marzipan", "Traceback", "127.0.0.1 -"):
        assert word not in first.said + second.said


@pytest.mark.slow
def test_the_authors_view_is_for_this_machine(server: Callable[..., Worker]) -> None:
    worker = server("inn.yaml", "--port", "0", "--author")
    with api(worker) as http:
        assert http.get("../../author/").status_code == 200
        answer = http.get("../../author/", headers={"host": "evil.example"})
        assert answer.status_code == 421
    plain = server("inn.yaml", "--port", "0")
    with api(plain) as http:
        assert http.get("../../author/").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nowhere"], 1, "nowhere"),
        ([], 2, "Missing argument 'SCENARIO...'"),
        (["inn.yaml", "--port", "off"], 2, "--port is a number"),
        (["inn.yaml", "--port", "70000"], 2, "is no port"),
        (["inn.yaml", "--store", "mysql://x"], 2, "mysql"),
        (["inn.yaml", "--author", "--address", "0.0.0.0"], 2, "--author is for yourself"),  # noqa: S104
        (["inn.yaml", "--address", "999.0.0.1", "--port", "0"], 1, "of 999.0.0.1 cannot be had"),
    ],
)
def test_what_cannot_be_served_is_said(
    arguments: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "inn.yaml").write_text(INN, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["serve", *arguments]) == code
    assert sentence in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "inn.yaml").write_text(INN, "utf-8")
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "inn.yaml", "--port", str(port)]) == 1
    assert f"Port {port} of 127.0.0.1 cannot be had" in capsys.readouterr().err


def test_it_is_a_front_end_found_by_its_name() -> None:
    web = make("web,port=0,rate-begin=1/minute", {"HEARTLINE_WEB_HOSTS": "localhost 127.0.0.1"})
    assert isinstance(web, FrontEnd)
    assert isinstance(web, Web)

    async def main() -> None:
        async with Host("memory:", [inn()]) as host:
            running = asyncio.create_task(web.run(host))
            address = web.bind()
            async with httpx.AsyncClient(base_url=f"{address}api/v1/", trust_env=False) as http:
                client = Client(http)
                answers: list[Any] = []

                async def answered() -> bool:
                    try:
                        answers.append(
                            await client.ask("POST", "conversations", {"scenario": "inn"})
                        )
                    except httpx.ConnectError:
                        return False
                    return True

                while not await answered():
                    await asyncio.sleep(0.01)
                assert answers[0].status_code == 201
                answer = await client.ask("POST", "conversations", {"scenario": "inn"})
                assert answer.status_code == 429
                answer = await http.get("healthz", headers={"host": "evil.example"})
                assert answer.status_code == 421
            running.cancel()
            await asyncio.wait((running,))
            await until(running.done)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("port=http", "'http' is no port"),
        ("rate_begin=often", "'often' is no rate"),
    ],
)
def test_a_setting_that_cannot_be_is_said(setting: str, sentence: str) -> None:
    with pytest.raises(CallerError, match=sentence):
        make(f"web,{setting}", {})
