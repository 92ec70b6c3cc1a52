"""What front ends give to a host besides inputs: references, keys, who is told. Checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.errors import CallerError, InputError
from heartline.typed import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.machine import Machine

__all__ = ["check_key", "check_reference", "check_role", "check_tell", "looks_like_id"]

MOST = 512
_ID = 22  # as long as secrets.token_urlsafe(16) makes them


def check_reference(reference: object, what: str = "A reference") -> None:
    """Raises CallerError where this is no name that a front end can give to a conversation."""
    if not isinstance(reference, str) or not 1 <= len(reference) <= MOST:
        raise CallerError(
            f"{what} is a text of 1 to {MOST} characters, not {shown(reference, 40)}."
        )
    if not _can_be_stored(reference):
        raise CallerError(f"{what} cannot hold the character that {shown(reference, 40)} holds.")


def check_key(key: object) -> None:
    """Raises CallerError where this is no key of a person's input."""
    if key is None:
        return
    check_reference(key, "A key")
    if str(key).startswith("timer:"):
        raise CallerError("A key that begins with 'timer:' belongs to a timer: take another.")


def check_tell(machine: Machine, tell: Mapping[str, str]) -> None:
    """Raises CallerError where a role that is to be told does not exist, or its reference is no
    good."""
    for role, reference in tell.items():
        check_role(machine, role, "to tell")
        check_reference(reference)


def check_role(machine: Machine, role: str, what: str) -> None:
    """Raises InputError where a scenario has no such role to do something with."""
    if role not in machine.roles:
        hint = did_you_mean(str(role), machine.roles)
        raise InputError(
            f"There is no role {shown(role)} in {machine.id} {what}"
            + (f"; {hint}" if hint else f"; it has {', '.join(machine.roles)}.")
        )


def looks_like_id(name: str) -> bool:
    """Whether a name can be the id of a conversation: one that cannot is a reference."""
    return len(name) == _ID


def _can_be_stored(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair
        return False
    return "\0" not in text
