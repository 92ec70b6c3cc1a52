"""How the log of a conversation is read from a SQLite file, where it is a chain: back from the last
entry, each naming the one before it.

It never leads to another conversation, nor round. Where somebody has broken it, what lies before
the gap is found by looking through all entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.host.stores.rows import ENTRY

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

__all__ = ["chain", "read_log"]


def chain(conversation: str, after: str = "0") -> str:
    """The statement for the chain's entries by their numbers in the file; which conversation is
    meant, and after which of its entries, is said in SQL."""
    return f"""
    WITH RECURSIVE back (number, conversation, sequence, previous) AS (
        SELECT entries.number, entries.conversation, entries.sequence, entries.previous
        FROM conversations CROSS JOIN entries ON entries.number = conversations.last
        WHERE {conversation} AND entries.conversation = conversations.number
            AND entries.sequence > {after}
        UNION ALL
        SELECT entries.number, entries.conversation, entries.sequence, entries.previous
        FROM back CROSS JOIN entries ON entries.number = back.previous
        WHERE entries.conversation = back.conversation AND entries.sequence < back.sequence
            AND entries.sequence > {after}
    )
    SELECT number FROM back
    """  # noqa: S608 - said in SQL by this program


# The entries of the conversation `:conversation` after `:after`, at most `:most`.
_LOG = (
    f"SELECT {ENTRY} FROM entries "  # noqa: S608 - names of columns
    f"WHERE number IN ({chain('conversations.id = :conversation', ':after')}) "
    "ORDER BY sequence LIMIT :most"
)

# The same without the chain. It reads the whole table, which others wait for.
_SCATTERED = (
    f"SELECT {ENTRY} FROM entries "  # noqa: S608 - names of columns
    "WHERE conversation = (SELECT number FROM conversations WHERE id = :conversation) "
    "AND sequence > :after ORDER BY sequence LIMIT :most"
)
_SEQUENCE = "SELECT sequence FROM conversations WHERE id = :conversation"


def read_log(db: sqlite3.Connection, values: Mapping[str, Any]) -> list[Any]:
    """The rows of the entries after `after`, as far as they are there."""
    rows = db.execute(_LOG, values).fetchall()
    if rows and rows[0][0] == values["after"] + 1:
        return rows
    last = db.execute(_SEQUENCE, values).fetchone()
    if last is None or last[0] <= values["after"]:
        return rows
    return db.execute(_SCATTERED, values).fetchall()
