"""How often somebody may ask: so many requests in a time, counted in this process.

The rates are written, and held, with the library `limits`; what it counts in is kept here, since
its own memory looks through all that it counts at each request.
"""

from __future__ import annotations

import ipaddress
import time
from math import ceil
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from heartline.errors import CallerError
from heartline.frontends.web.problems import Problem

if TYPE_CHECKING:
    from limits import RateLimitItem

__all__ = ["Rate", "network_of"]

_FEW = 1024  # of these it is not worth to look which are over
_NETWORK = 64  # bits of an IPv6 address that one customer has


class Rate:
    """One limit; `rate` is as in "60/minute", and an empty one is none. Raises CallerError."""

    def __init__(self, what: str, rate: str) -> None:
        self._what = what
        try:
            self._item: RateLimitItem | None = parse(rate) if rate else None
        except ValueError:
            raise CallerError(f"{rate[:40]!r} is no rate: write one as in 60/minute.") from None
        self._limiter = FixedWindowRateLimiter(_Counts())

    def check(self, who: str) -> None:
        """Count a request. Raises Problem where it is one too many."""
        if self._item is None or self._limiter.hit(self._item, who):
            return
        reset = self._limiter.get_window_stats(self._item, who).reset_time
        seconds = max(ceil(reset - time.time()), 1)
        raise Problem(
            429, "too_many_requests",
            f"These are too many {self._what}: at most {self._item}. Try again in {seconds} "
            f"second{'s' * (seconds != 1)}.",
            headers={"Retry-After": str(seconds)},
        )  # fmt: skip


class _Counts(Storage):
    """Counts of fixed windows, in memory. What is over is forgotten when there is twice as much as
    after the last look."""

    STORAGE_SCHEME = None  # no URL names it

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, tuple[int, float]] = {}  # how many, and until when
        self._look = _FEW

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        count, until = self._counts.get(key, (0, 0.0))
        now = time.time()
        if until <= now:
            count, until = 0, now + expiry
            if len(self._counts) >= self._look:
                self._counts = {who: each for who, each in self._counts.items() if each[1] > now}
                self._look = max(2 * len(self._counts), _FEW)
        count += amount
        self._counts[key] = count, until
        return count

    def get(self, key: str) -> int:
        count, until = self._counts.get(key, (0, 0.0))
        return count if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, time.time()))[1]

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        many = len(self._counts)
        self._counts.clear()
        return many


def network_of(address: str) -> str:
    """Whose address this is: of IPv6 the network, since one customer has all of its addresses."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], _NETWORK), strict=False))
    except ValueError:
        return address
