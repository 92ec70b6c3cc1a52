"""What all tests share: how hard hypothesis searches, and that Ctrl-C reaches what they start.

`make test` searches a little and always the same; `make test-all` searches more, each time anew.
"""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("store_contract")  # its assertions say what they met

settings.register_profile(
    "lean",
    max_examples=40,
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

# A shell makes what it starts in the background deaf to Ctrl-C, and their children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
