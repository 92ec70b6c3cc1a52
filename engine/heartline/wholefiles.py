"""A file is replaced as a whole, or not at all.

The content goes into a new file in the same folder, is flushed to the disk, and renamed over the
old one. Whatever fails before the rename (a full disk, a killed process) leaves the old file as
it was.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["replace_whole", "replacing"]

PRIVATE, SHARED = 0o600, 0o666  # SHARED as far as the user's umask lets it


def replace_whole(
    path: Path,
    content: bytes,
    *,
    private: bool = False,
    before_rename: Callable[[Path], None] | None = None,
) -> None:
    """Let this be the content of the file; raises OSError, changing nothing.

    `private`: the file is for its owner's eyes alone; otherwise it keeps the permissions that it
    has. A link is followed: what it leads to is replaced. `before_rename` is called with the file
    to be replaced once the new one is whole.
    """
    with replacing(path, private=private, before_rename=before_rename) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(
    path: Path, *, private: bool = False, before_rename: Callable[[Path], None] | None = None
) -> Iterator[BinaryIO]:
    """The same for content that is written bit by bit: it takes the file's place at the end, and
    where an exception comes before that, nothing has changed."""
    target = path.resolve()
    fresh = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.part")
    how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(fresh, how, PRIVATE if private else SHARED)
    except OSError as error:
        error.filename = str(path)  # the name that the reader gave, not the one made up here
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not private and target.exists():
            fresh.chmod(target.stat().st_mode & 0o7777)
        if before_rename is not None:
            before_rename(target)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself last; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
