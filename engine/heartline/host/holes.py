"""Whether a log is all there. What is missing in it is said, and never passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import StoreDamaged
from heartline.host.replaying import check_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.host.values import Entry

__all__ = ["check_up_to", "ends_early"]


def check_up_to(conversation: str, entries: Sequence[Entry], last: int) -> None:
    """Raises StoreDamaged where these are not the entries from the first to this one, or more."""
    check_whole(conversation, entries)
    if len(entries) < last:
        raise ends_early(conversation, len(entries), last)


def ends_early(conversation: str, found: int, last: int) -> StoreDamaged:
    """A log ends before the entry that its record says is the last."""
    return StoreDamaged(
        f"The log of the conversation {conversation} has a hole: it ends with entry {found}, and "
        f"should have {last}. Restore it from a backup."
    )
