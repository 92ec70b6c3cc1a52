"""What is still to be delivered of one conversation, asked of each kind of store.

Nothing is claimed by that: a parcel that is listed here may be on its way at this moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from heartline.host.stores.rows import as_parcel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.host.store import Store
    from heartline.host.stores.memory import MemoryStore
    from heartline.host.stores.postgres import PostgresStore
    from heartline.host.stores.sqlite import SqliteStore
    from heartline.host.values import Parcel

__all__ = ["outgoing"]

_IN_FILE = """
SELECT ?, sequence, position, reference, payload, due, tries, parked FROM parcels
WHERE conversation = (SELECT number FROM conversations WHERE id = ?) ORDER BY sequence, position
"""
_IN_SERVER = """
SELECT conversation, sequence, index, reference, payload, due, tries, parked
FROM heartline_parcels WHERE conversation = $1 ORDER BY sequence, index
"""


async def outgoing(store: Store, conversation: str) -> Sequence[Parcel]:
    """The parcels of a conversation that have not arrived, those that are parked too, in order.
    Raises as the store does."""
    kind = store.url.partition(":")[0].lower()
    if kind == "memory":
        memory = cast("MemoryStore", store)
        places = sorted(place for place in memory._parcels if place[0] == conversation)
        return [memory._parcel(place) for place in places]
    if kind == "sqlite":
        file = cast("SqliteStore", store)
        rows = await file._rows(_IN_FILE, (conversation, conversation))
        return [file._read(as_parcel, row) for row in rows]
    server = cast("PostgresStore", store)
    return [as_parcel(row) for row in await server._rows(_IN_SERVER, conversation)]
