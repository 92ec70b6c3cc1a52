"""What the tests of `heartline conversations` share: a store with some conversations, in a file."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from heartline import Choose, ManualClock
from heartline.cli import run
from heartline.host import Filter, Host, Record, open_store
from hosting import INN, inn

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)
# A new version in which one state has no place any more.
NEW = (
    INN.replace("1.0.0", "1.1.0", 1)
    .replace("  asked:\n", "  asked_him:\n")
    .replace("to: asked}", "to: asked_him}")
    + "migrations: [{from: 1.0.0}]\n"
)


class Inn:
    """A store in a file, with some conversations in it, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'heartline.db'}?synchronous=OFF"
        self.clock = ManualClock(LONG_AGO)
        self.out = self.err = ""

    def played(self, play: Callable[[Host], Awaitable[Any]], url: str = "") -> Any:
        async def main() -> Any:
            async with Host(url or self.url, [inn()], clock=self.clock) as host:
                return await play(host)

        return asyncio.run(main())

    def records(self, url: str = "") -> list[Record]:
        async def main() -> list[Record]:
            async with open_store(url or self.url) as store:
                return [record async for record in store.records(Filter())]

        return asyncio.run(main())

    def everything(self, url: str = "") -> list[Any]:
        """All that a store has of its conversations."""

        async def main() -> list[Any]:
            async with open_store(url or self.url) as store:
                return [
                    (
                        record,
                        await store.log(record.id),
                        await store.timers(record.id),
                        await store.outgoing(record.id),
                        await store.scenario(record.fingerprint),
                    )
                    async for record in store.records(Filter())
                ]

        return asyncio.run(main())

    def id(self, reference: str) -> str:
        return next(each.id for each in self.records() if each.reference == reference)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inn:
    """Four conversations: at the desk, in the room with timers, over, and closed."""
    found = Inn(tmp_path)
    found.clock.advance(timedelta(hours=2))
    (tmp_path / "heartline.db").write_bytes(four())
    monkeypatch.setenv("HEARTLINE_STORE", found.url)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("HEARTLINE_DEBUG", raising=False)
    return found


@cache  # to write them takes longer than what most tests do with them
def four() -> bytes:
    """The file of a store in which they are."""

    async def play(host: Host) -> None:
        await host.open("desk", "inn", seed=1)
        await host.open("room", "inn", {"nick": "Kim"}, seed=1, tell={"guest": "phone"})
        await host.submit("room", Choose("take"))
        found.clock.advance(timedelta(hours=2))
        await host.open("over", "inn", {"nights": 5}, seed=1)
        await host.submit("over", Choose("leave"))
        await host.open("closed", "inn", seed=1)
        await host.close("closed")

    with TemporaryDirectory() as folder:
        found = Inn(Path(folder))
        found.played(play)
        (file,) = Path(folder).iterdir()
        return file.read_bytes()


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command: its exit code, what it printed, and what it told."""

    def use(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["conversations", *arguments])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return use


Typed = Callable[..., tuple[int, str, str]]


def rows(out: str) -> list[list[str]]:
    """A table without its head."""
    return [line.split() for line in out.splitlines()[1:]]


def saved(place: Inn, name: str = "x.jsonl") -> Path:
    """An export of all that is in the store."""
    path = place.folder / name
    assert run(["conversations", "export", "-o", str(path)]) == 0
    return path


def other(place: Inn, name: str = "other.db") -> str:
    """Another store."""
    return f"sqlite:///{place.folder / name}?synchronous=OFF"


def newer(place: Inn, text: str = NEW) -> str:
    """A file with a new version of the inn."""
    path = place.folder / "newer.yaml"
    path.write_text(text)
    return str(path)


def changed(place: Inn, statement: str, *values: object) -> None:
    """Somebody changes the store by hand."""
    db = sqlite3.connect(place.folder / "heartline.db")
    with db:
        db.execute(statement, values)
    db.close()


class Terminal(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True
