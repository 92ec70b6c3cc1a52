"""What every store does: a suite that any of them runs.

    class TestMine(StoreContract):
        @pytest.fixture
        def make(self, tmp_path):
            return lambda: MyStore(f"mine:{tmp_path}")

`make` gives a store at each call, closed, and all that it gives keep the same conversations. A
store that lives in one program may give the same object again.
"""

from __future__ import annotations

import pytest

from store_contract.due import Due
from store_contract.many import Many
from store_contract.one import OneConversation
from store_contract.samples import (
    LONG,
    ODD,
    SHORT,
    Make,
    at,
    change,
    parcel,
    record,
    seated,
    seating,
    timer,
)
from store_contract.seats import Seats
from store_contract.sets import Sets

__all__ = [
    "LONG", "ODD", "SHORT", "Make", "StoreContract", "at", "change", "parcel", "record", "seated",
    "seating", "timer",
]  # fmt: skip


class StoreContract(OneConversation, Sets, Due, Seats, Many):
    """The suite. Each test begins with an empty store."""

    @pytest.fixture
    def make(self) -> Make:
        raise NotImplementedError
