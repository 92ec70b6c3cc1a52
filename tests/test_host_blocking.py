"""A host for scripts: the same calls, without await."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest

from heartline import Choose, ManualClock
from heartline.errors import CallerError, StaleTurn, UnknownConversation
from heartline.host import BlockingHost, Host
from hosting import inn, later, url_of

CALLS = [
    "open", "submit", "undo", "fork", "close", "delete", "read", "events", "transcript", "verify",
]  # fmt: skip


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


def test_a_script_does_all_that_a_host_does(url: str) -> None:
    clock = ManualClock()
    with BlockingHost(url, [inn()], clock=clock) as host:
        assert host.unavailable == {}
        first = host.open("chat", "inn", {"nights": 2}, key="o", seed=1, seats=["mo"])
        assert host.open("chat", "inn", key="o").conversation == first.conversation
        assert host.submit("chat", Choose("take", 1), key="t").turn.state == "room"
        assert host.submit("chat", Choose("take", 1), key="t").repeated
        with pytest.raises(StaleTurn):
            host.submit("chat", Choose("take", 1))
        assert host.read("chat").sequence == 2
        assert host.fork("chat", "copy", at=1).turn.state == "desk"
        assert host.undo("chat").turn.state == "desk"
        later(clock, days=1)
        assert host.close("chat").status == "closed"
        kinds = ["opened", "chose", "undone", "closed"]
        assert [each.kind for each in host.transcript("chat")] == kinds
        assert [each.kind for each in host.events("chat")] == kinds
        assert host.verify("chat") is None
        host.delete("chat")
        with pytest.raises(UnknownConversation):
            host.read("chat")


def test_readers_may_stop_before_the_end() -> None:
    with BlockingHost("memory:", [inn()], clock=ManualClock()) as host:
        host.open("chat", "inn")
        for each in host.events("chat"):
            assert each.kind == "opened"
            break
        events = host.events("chat")
        assert next(events).kind == "opened"
        events.close()
        left = host.events("chat")
        assert next(left).kind == "opened"
    left.close()


def test_each_call_is_that_of_a_host() -> None:
    for name in CALLS:
        blocking = inspect.signature(getattr(BlockingHost, name))
        host = inspect.signature(getattr(Host, name))
        assert list(blocking.parameters.values()) == list(host.parameters.values())


def test_it_is_used_while_it_is_open() -> None:
    host = BlockingHost("memory:", [inn()])
    with pytest.raises(CallerError, match="not open"):
        host.read("chat")
    with host:
        pass
    with pytest.raises(CallerError, match="not open"):
        host.open("chat", "inn")


def test_it_is_not_for_programs_with_an_event_loop() -> None:
    async def main() -> None:
        with pytest.raises(CallerError, match="event loop"), BlockingHost("memory:", [inn()]):
            pass
        host = BlockingHost("memory:", [inn()])
        host._runner = asyncio.Runner()  # as if it had been opened before
        with pytest.raises(CallerError, match="event loop"):
            host.read("chat")
        host._runner.close()

    asyncio.run(main())


def test_what_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="There is no store"):
        BlockingHost("mongodb:", [inn()])
    (tmp_path / "x.db").mkdir()
    with pytest.raises(Exception, match=r"x\.db"), BlockingHost(f"sqlite:///{tmp_path}/x.db"):
        pass
