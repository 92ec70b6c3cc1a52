"""Workers end at any moment, and the database's server too: nothing happens twice or is lost.

tests/chaos.py says what the workers do, how they are killed, and what is looked at afterwards.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import chaos
import postgres

SMALL = chaos.Plan(conversations=20, inputs=12, timers=2)
LARGE = chaos.Plan(conversations=1000, inputs=10, timers=1)  # 10,000 inputs and 1,000 timers


def test_ten_kills_over_a_sqlite_file_lose_and_repeat_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'chaos.db'}"
    assert chaos.torment(url, tmp_path, SMALL, 10, limit=60) == 10
    asyncio.run(chaos.check(url, tmp_path, SMALL))


@pytest.mark.slow
def test_ten_kills_over_postgresql_and_one_of_it_lose_and_repeat_nothing(tmp_path: Path) -> None:
    postgres.server()  # skips where there is none
    server = postgres.Server()
    try:
        url = server.url()
        killed = chaos.torment(url, tmp_path, SMALL, 10, limit=60, server=server, server_kills=1)
        assert killed == 10
        asyncio.run(chaos.check(url, tmp_path, SMALL))
    finally:
        server.remove()


@pytest.mark.slow
def test_two_hundred_kills_over_a_sqlite_file_lose_and_repeat_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'chaos.db'}"
    assert chaos.torment(url, tmp_path, LARGE, 200, limit=230) == 200
    asyncio.run(chaos.check(url, tmp_path, LARGE))


@pytest.mark.slow
def test_two_hundred_kills_over_postgresql_and_six_of_it_lose_and_repeat_nothing(
    tmp_path: Path,
) -> None:
    postgres.server()
    server = postgres.Server()
    try:
        url = server.url()
        killed = chaos.torment(url, tmp_path, LARGE, 200, limit=230, server=server, server_kills=6)
        assert killed == 200
        asyncio.run(chaos.check(url, tmp_path, LARGE))
    finally:
        server.remove()
