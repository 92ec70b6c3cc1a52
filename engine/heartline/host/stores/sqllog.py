"""How the log of a conversation is read from a SQLite file, where it is a chain: back from the last
entry, each naming the one before it.

A chain that somebody has broken ends there; what is missing then shows in the numbers of its
entries. It never leads to another conversation, nor round.
"""

from __future__ import annotations

from heartline.host.stores.rows import ENTRY

__all__ = ["LOG", "chain"]


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
LOG = (
    f"SELECT {ENTRY} FROM entries "  # noqa: S608 - names of columns
    f"WHERE number IN ({chain('conversations.id = :conversation', ':after')}) "
    "ORDER BY sequence LIMIT :most"
)
