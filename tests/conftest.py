"""What all tests share: how hard hypothesis searches, what the collector of cycles leaves alone,
and that Ctrl-C reaches what they start.

`make test` searches a little and always the same; `make test-all` searches more, each time anew.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from importlib import import_module

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("store_contract")  # its assertions say what they met

settings.register_profile(
    "lean",
    max_examples=24,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough",
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HEARTLINE_SEARCH", "lean"))


gc.set_threshold(10_000, 20, 10)


def pytest_collection_finish() -> None:
    """Keep the collector of cycles from walking all tests and libraries again and again: that was
    a tenth of the time, and nothing of it is garbage."""
    gc.freeze()


@pytest.fixture(scope="module")
def short_loops() -> Iterator[None]:
    """For scenarios that are made up: many loop, and to say so after 1000 transitions each time
    would be most of what a search takes. None that comes to an end needs a tenth of them."""
    rooms = "run", "checking.exploring.moving", "checking.space", "checking.proving.timing"
    with pytest.MonkeyPatch.context() as patch:
        for room in (*rooms, "testing.walks.walking"):
            patch.setattr(import_module(f"heartline.{room}"), "MOST_MICROSTEPS", 100)
        yield


# A shell makes what it starts in the background deaf to Ctrl-C, and their children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
