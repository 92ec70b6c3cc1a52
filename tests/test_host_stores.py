"""Each store runs the suite that all of them do."""

from __future__ import annotations

from pathlib import Path

import pytest

import postgres
from heartline.errors import CallerError
from heartline.host.store import open_store
from heartline.host.stores.memory import MemoryStore
from store_contract import Make, StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def make(self) -> Make:
        store = MemoryStore()
        return lambda: store


class TestSqlite(StoreContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Make:
        return lambda: open_store(f"sqlite:///{tmp_path}/heartline.db?synchronous=OFF")


class TestPostgres(StoreContract):
    @pytest.fixture
    def make(self) -> Make:
        url = postgres.server().url()
        return lambda: open_store(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("heartline.db", "There is no store 'heartline.db': write memory:, sqlite:///"),
        ("mysql://here/it", "There is no store 'mysql://here/it'"),
        ("", "There is no store ''"),
        ("memory:x", "nothing after memory:"),
        ("sqlite:", "no SQLite file: 'sqlite:': write sqlite:///heartline.db"),
        ("sqlite://heartline.db", "no SQLite file"),
        ("sqlite:///", "no SQLite file"),
        ("sqlite:///a%00b", "no SQLite file"),
        ("sqlite:///:memory:", "the store that forgets is memory:"),
        ("sqlite:///a.db?synchronous=SOMETIMES", "one of OFF, NORMAL, FULL, EXTRA: not"),
        ("sqlite:///a.db?sync=FULL", "has one option, synchronous"),
    ],
)
def test_a_url_that_names_no_store_is_refused_with_a_sentence(url: str, says: str) -> None:
    with pytest.raises(CallerError) as caught:
        open_store(url)
    assert says in str(caught.value)
