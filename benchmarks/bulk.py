"""Many stored conversations from a few, by statements of the database itself.

A million that are opened one by one would take minutes. The columns are asked for, and those that
name a conversation are replaced: so what is copied has all that the tables have.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

__all__ = ["copies"]


async def copies(url: str, templates: Sequence[str], many: int) -> list[str]:
    """So many copies of these conversations, taken in turn; gives their ids."""
    each = -(-many // len(templates))
    if url.startswith("sqlite"):
        _in_sqlite(url.removeprefix("sqlite:///").partition("?")[0], templates, each)
    else:
        await _in_postgres(url, templates, each)
    return [_id(number) for number in range(1, each * len(templates) + 1)][:many]


def _id(number: int) -> str:
    """As long as the ids that a host makes."""
    return f"m{number:021d}"


def _in_sqlite(path: str, templates: Sequence[str], each: int) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -400000")
        base = db.execute("SELECT max(number) FROM conversations").fetchone()[0]
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TEMP TABLE copies (place INTEGER PRIMARY KEY)")
        db.execute(
            "WITH RECURSIVE n (place) AS "
            "(SELECT 1 UNION ALL SELECT place + 1 FROM n WHERE place < ?) "
            "INSERT INTO copies SELECT place FROM n",
            (each,),
        )
        for first, template in enumerate(templates):
            at = f"(copies.place - 1) * {len(templates)} + {first + 1}"
            name = f"printf('m%021d', {at})"
            # Each copy of an entry has its place, so that the copies of a log are chained as it is.
            ((length,),) = db.execute(
                "SELECT sequence FROM conversations WHERE id = ?", (template,)
            ).fetchall()
            ((top,),) = db.execute("SELECT max(number) FROM entries").fetchall()
            base_of = f"{top} + (copies.place - 1) * {length}"
            tables = {
                "conversations": {
                    "number": f"{base} + {at}", "id": name, "reference": name,
                    "last": f"{base_of} + t.sequence",
                },
                "entries": {
                    "number": f"{base_of} + t.sequence", "conversation": f"{base} + {at}",
                    "previous": f"nullif({base_of} + t.sequence - 1, {base_of})",
                },
                "timers": {"conversation": f"{base} + {at}"},
            }  # fmt: skip
            for table, changed in tables.items():
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                chosen = ", ".join(changed.get(column, f"t.{column}") for column in columns)
                key = "id = ?" if table == "conversations" else (
                    "conversation = (SELECT number FROM conversations WHERE id = ?)"
                )  # fmt: skip
                db.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - our names
                    f"SELECT {chosen} FROM copies, {table} AS t WHERE t.{key}",
                    (template,),
                )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.close()


async def _in_postgres(url: str, templates: Sequence[str], each: int) -> None:
    import asyncpg

    where = "&".join(part for part in url.split("&") if not part.startswith("pool="))
    connection: Any = await asyncpg.connect(where)
    try:
        async with connection.transaction():
            for first, template in enumerate(templates):
                at = f"(place - 1) * {len(templates)} + {first + 1}"
                name = f"'m' || lpad(({at})::text, 21, '0')"
                for table in ("conversations", "entries", "timers"):
                    rows = await connection.fetch(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = $1 "
                        "AND table_schema = current_schema() AND is_identity = 'NO'",
                        f"heartline_{table}",
                    )
                    columns = [row[0] for row in rows]
                    changed = {"id": name, "reference": name}
                    key = "id"
                    if table != "conversations":
                        changed, key = {"conversation": name}, "conversation"
                    chosen = ", ".join(changed.get(column, f"t.{column}") for column in columns)
                    await connection.execute(
                        f"INSERT INTO heartline_{table} "  # noqa: S608 - names of our tables
                        f"({', '.join(columns)}) "
                        f"SELECT {chosen} FROM generate_series(1, $1::bigint) AS place, "
                        f"heartline_{table} AS t WHERE t.{key} = $2",
                        each, template, timeout=600,
                    )  # fmt: skip
        for table in ("conversations", "entries", "timers"):
            await connection.execute(f"VACUUM ANALYZE heartline_{table}", timeout=600)
    finally:
        await connection.close()
    await asyncio.sleep(0)
