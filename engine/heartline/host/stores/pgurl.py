"""The URL of a PostgreSQL store: what of it goes to the server, and what may be shown of it.

A password never stands in a message. What cannot be read is therefore refused without repeating it:
a password with a `/` or `@` that was not written as %2F or %40 ends up in other parts of a URL.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from heartline.errors import CallerError

__all__ = ["Place", "read_url"]

POOL = 16  # connections, where the URL does not say
MOST = 1000

_HELP = "write postgresql://user@host:5432/database, with %40, %2F and so on in a password"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is: `dsn` goes to the driver, and what else there is may be shown. `address`
    names hosts with their ports, also those that the environment says."""

    dsn: str
    url: str
    shown: str
    address: str
    pool: int


def read_url(url: str) -> Place:
    """Raises CallerError where it is not a URL of a PostgreSQL server."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() not in ("postgresql", "postgres"):
        raise CallerError(
            f"This store is PostgreSQL: its URL begins with postgresql:, not {scheme!r}."
        )
    login, at, rest = rest.rpartition("@")
    try:
        # An @ after the first / is one of a password that was not written as %40.
        if (
            "#" in rest
            or not (login or rest).startswith("//")
            or any(sign in login[2:] for sign in "/?#")
        ):
            raise ValueError
        parts = urlsplit(f"postgresql:{login}{at}{rest}")
        options = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
        hosts = parts.netloc.rpartition("@")[2]
        for host in hosts.split(","):
            if (port := _port(host)) and not 0 < int(port) < 65536:
                raise ValueError
    except ValueError:
        raise CallerError(f"The URL of the PostgreSQL server cannot be read: {_HELP}.") from None
    pool = options.pop("pool", str(POOL))
    if not pool.isdecimal() or not 1 <= int(pool) <= MOST:
        raise CallerError(
            f"The pool of a PostgreSQL store is a number of connections from 1 to {MOST}: "
            "write ?pool=16."
        )
    user, colon, _ = login[2:].partition(":")
    hidden = f"{user}:***" if colon else user
    query = {
        name: "***" if name in ("password", "sslpassword") else each
        for name, each in options.items()
    } | ({"pool": pool} if "pool=" in parts.query else {})
    tail = f"?{urlencode(query, safe='*/')}" if query else ""
    where = hosts or options.get("host", "its usual place")
    port = options.get("port") or os.environ.get("PGPORT") or "5432"
    named = hosts or options.get("host") or os.environ.get("PGHOST") or "localhost"
    return Place(
        dsn=f"postgresql://{parts.netloc}{parts.path}"
        + (f"?{urlencode(options, quote_via=quote)}" if options else ""),
        url=f"{scheme.lower()}://{hidden}{at}{hosts}{parts.path}{tail}",
        shown=f"{where}{parts.path}",
        address=", ".join(host if _port(host) else f"{host}:{port}" for host in named.split(",")),
        pool=int(pool),
    )


def _port(host: str) -> str:
    """The port that stands behind a host; "" where none does."""
    return host.rpartition("]")[2].partition(":")[2]
