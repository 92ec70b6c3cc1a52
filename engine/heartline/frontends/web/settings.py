"""What an operator can decide about the HTTP API: sizes, rates, who may ask from where."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes are in bytes, times in seconds, rates as in "60/minute"; an empty rate is no limit.

    `rate_address` counts all requests from one address, `rate_begin` the conversations that it
    begins, and `rate_conversation` the requests of one conversation. `most_body` is the longest
    body. `most_streams` is how many streams one seat may have open; the oldest makes room. `ping`
    is the pause after which a quiet stream shows that it is alive, and `patience` how long a client
    may take to send a body, or to accept what is sent to it, before it is dropped. `most_wait` is
    the longest that a long poll waits. `hosts` are the names that the server answers to, all where
    there is none; `origins` are other sites whose pages may use the API, as in
    "https://example.org". `page` is whether the page is served too.
    """

    rate_address: str = "1200/minute"
    rate_begin: str = "60/minute"
    rate_conversation: str = "300/minute"
    most_body: int = 65_536
    most_streams: int = 16
    ping: float = 20.0
    patience: float = 20.0
    most_wait: float = 60.0
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    page: bool = True
