"""What the tests of the stdio front end share: a program at the other end, which holds each line
that it writes and reads to the published schema."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import jsonschema

from heartline import ManualClock, Scenario
from heartline.frontends.stdio import Stdio
from heartline.frontends.stdio.forms import schema_text
from heartline.host import Host
from hosting import host_on

SCHEMA = json.loads(schema_text())


def _only(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{name}"}]})


REQUEST, TOLD = _only("Request"), _only("Told")


class Program:
    """A program at the other end of the pipes. What it reads is held to the schema, and so is what
    it asks."""

    def __init__(self) -> None:
        self.source, self.out = os.pipe()
        self.back, self.target = os.pipe()
        self.pushed: list[dict[str, Any]] = []
        self.number = 0
        self._kept = b""

    def write(self, text: str | bytes) -> None:
        """Write this. It waits for room in the pipe, which only the loop makes: what is long, or
        follows what is long, is written by another thread."""
        os.write(self.out, text.encode() if isinstance(text, str) else text)

    async def read(self) -> dict[str, Any]:
        """The next line."""
        while b"\n" not in self._kept:
            async with asyncio.timeout(20):
                more = await asyncio.to_thread(os.read, self.back, 1_000_000)
            assert more, "the output has ended"
            self._kept += more
        line, self._kept = self._kept.split(b"\n", 1)
        assert line.isascii()
        told: dict[str, Any] = json.loads(line)
        TOLD.validate(told)
        return told

    async def hear(self) -> dict[str, Any]:
        """The next line that answers something."""
        while "id" not in (told := await self.read()):
            self.pushed.append(told)
        return told

    async def ask(self, do: str, **about: Any) -> dict[str, Any]:
        """Ask for something, and get what was answered."""
        self.number += 1
        asked = {"id": self.number, "do": do, **about}
        REQUEST.validate(asked)
        self.write(json.dumps(asked) + "\n")
        told = await self.hear()
        assert told["id"] == self.number
        return told

    async def push(self, many: int = 1) -> list[dict[str, Any]]:
        """So many things that were pushed."""
        while len(self.pushed) < many:
            told = await self.read()
            assert "id" not in told
            self.pushed.append(told)
        pushed, self.pushed = self.pushed[:many], self.pushed[many:]
        return pushed

    def stop_writing(self) -> None:
        if self.out >= 0:
            os.close(self.out)
            self.out = -1

    def stop_reading(self) -> None:
        if self.back >= 0:
            os.close(self.back)
            self.back = -1

    def close(self) -> None:
        self.stop_writing()
        self.stop_reading()
        os.close(self.source)
        os.close(self.target)


@asynccontextmanager
async def program_on(host: Host) -> AsyncIterator[Program]:
    """A program on an open host, until its input ends."""
    program = Program()
    front_end = Stdio()
    front_end.source, front_end.target = program.source, program.target
    serving = asyncio.create_task(front_end.run(host))
    try:
        yield program
        program.stop_writing()
        async with asyncio.timeout(20):
            await serving
    finally:
        program.stop_writing()
        serving.cancel()
        await asyncio.wait((serving,))
        program.close()


Play = Callable[[Program, Host, ManualClock], Awaitable[None]]


def spoken(play: Play, *scenarios: Scenario, url: str = "memory:") -> None:
    """A program speaks with a host that has the inn, or other scenarios."""

    async def main() -> None:
        clock = ManualClock()
        async with host_on(url, *scenarios, clock=clock) as host, program_on(host) as program:
            await play(program, host, clock)

    asyncio.run(main())


async def begun(program: Program, **about: Any) -> str:
    """The token of the guest in a conversation that has begun."""
    opened = await program.ask("open", scenario="inn", **{"seed": 1, **about})
    token: str = opened["conversations"]["guest"]
    return token


def refused(told: dict[str, Any]) -> str:
    return str(told["refusal"]["code"])


def texts(told: dict[str, Any]) -> list[str]:
    return [line["text"] for line in told["lines"]]
