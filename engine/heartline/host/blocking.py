"""A host for scripts: the same calls, without `await`.

    with BlockingHost("sqlite:///heartline.db", ["reconciliation"]) as host:
        answer = host.open("chat-17", "reconciliation")

Each call runs an event loop for as long as it takes; between calls nothing happens.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from heartline.errors import CallerError
from heartline.host.host import Host

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Coroutine, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self

    from heartline.clock import Clock
    from heartline.conversation import Scenario
    from heartline.host.delivering import Deliver
    from heartline.host.observing import Observer
    from heartline.host.store import Store
    from heartline.host.values import Answer, Happened, Record
    from heartline.snapshot import Input

__all__ = ["BlockingHost"]

T = TypeVar("T")


class BlockingHost:
    """What `Host` does, call by call. It is used in one thread, in which no event loop runs."""

    def __init__(
        self,
        store: Store | str,
        scenarios: Sequence[Scenario | str | Path] = (),
        *,
        clock: Clock | None = None,
        deliver: Deliver | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.host: Host = Host(store, scenarios, clock=clock, deliver=deliver, observer=observer)
        self._runner: asyncio.Runner | None = None

    def __enter__(self) -> Self:
        if _in_a_loop():
            raise CallerError("This program has an event loop: use `async with Host(...)` there.")
        runner = asyncio.Runner()
        try:
            runner.run(self.host.__aenter__())
        except BaseException:
            runner.close()
            raise
        self._runner = runner
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None, /,
    ) -> None:  # fmt: skip
        runner, self._runner = self._runner, None
        if runner is not None:
            with runner:
                runner.run(self.host.__aexit__(kind, error, trace))

    @property
    def unavailable(self) -> Mapping[str, str]:
        """The scenarios that do not load, each with the reason."""
        return self.host.unavailable

    def open(
        self,
        reference: str,
        scenario: str,
        inputs: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        seed: int | None = None,
        seats: Collection[str] = (),
        tell: Mapping[str, str] | None = None,
        draws: Sequence[str] = (),
    ) -> Answer:
        """As `Host.open`."""
        return self._run(self.host.open(
            reference, scenario, inputs, key=key, seed=seed, seats=seats, tell=tell, draws=draws,
        ))  # fmt: skip

    def submit(
        self,
        name: str,
        input: Input,
        *,
        key: str | None = None,
        sender: str | None = None,
        draws: Sequence[str] = (),
    ) -> Answer:
        """As `Host.submit`."""
        return self._run(self.host.submit(name, input, key=key, sender=sender, draws=draws))

    def undo(
        self,
        name: str,
        *,
        turns: int = 1,
        key: str | None = None,
        sender: str | None = None,
        anyway: bool = False,
    ) -> Answer:
        """As `Host.undo`."""
        undone = self.host.undo(name, turns=turns, key=key, sender=sender, anyway=anyway)
        return self._run(undone)

    def fork(
        self,
        name: str,
        reference: str,
        *,
        at: int | None = None,
        tell: Mapping[str, str] | None = None,
    ) -> Answer:
        """As `Host.fork`."""
        return self._run(self.host.fork(name, reference, at=at, tell=tell))

    def close(self, name: str, *, key: str | None = None, sender: str | None = None) -> Answer:
        """As `Host.close`."""
        return self._run(self.host.close(name, key=key, sender=sender))

    def seat(
        self, name: str, role: str, reference: str | None, *, key: str | None = None
    ) -> Answer:
        """As `Host.seat`."""
        return self._run(self.host.seat(name, role, reference, key=key))

    def delete(self, name: str) -> None:
        """As `Host.delete`."""
        self._run(self.host.delete(name))

    def seated(self, reference: str) -> tuple[Record, str] | None:
        """As `Host.seated`."""
        return self._run(self.host.seated(reference))

    def read(self, name: str) -> Answer:
        """As `Host.read`."""
        return self._run(self.host.read(name))

    def events(self, name: str, after: int = 0) -> Iterator[Happened]:
        """As `Host.events`: it waits for what has not happened yet, which only another process can
        bring about meanwhile."""
        found = self.host.events(name, after)
        try:
            while (entry := self._run(_next(found))) is not None:
                yield entry
        finally:
            if self._runner is not None:
                self._run(_close(found))

    def transcript(self, name: str) -> Sequence[Happened]:
        """As `Host.transcript`."""
        return self._run(self.host.transcript(name))

    def verify(self, name: str) -> str | None:
        """As `Host.verify`."""
        return self._run(self.host.verify(name))

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        if self._runner is None or _in_a_loop():
            call.close()
            raise CallerError(
                "This host is not open: use it in `with BlockingHost(...) as host:`."
                if self._runner is None
                else "This program has an event loop: use `async with Host(...)` there."
            )
        return self._runner.run(call)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _next(found: AsyncGenerator[T, None]) -> T | None:
    return await anext(found, None)


async def _close(found: AsyncGenerator[T, None]) -> None:
    await found.aclose()
