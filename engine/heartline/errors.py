"""Every exception that Heartline raises, and whose fault each one is.

    HeartlineError
    ├── ScenarioError              the author's: the file must change
    │   └── RunawayError           a loop in the scenario that never settles
    ├── CallerError                the caller's: this call was wrong, another may be right
    │   ├── InputError             an input to start a scenario with is unknown or out of bounds
    │   ├── UnknownChoice          no such choice here
    │   ├── ChoiceClosed           the choice exists but its guard does not hold
    │   ├── UnknownEvent           nothing here listens to that event
    │   ├── StaleTurn              the input answers a turn that is over
    │   ├── DrawImpossible         the engine's roles cannot draw that here
    │   ├── ConversationOver       the conversation has ended
    │   ├── UnknownConversation    a host has no such conversation
    │   ├── ReferenceTaken         a live conversation has that reference already
    │   ├── NothingToUndo          this is the first turn
    │   └── UndoForbidden          the scenario lets nothing be taken back
    ├── SnapshotError              what was stored cannot be gone on with
    │   ├── SnapshotDamaged        it is not a snapshot, or not a whole one
    │   └── SnapshotMismatch       it belongs to another scenario or another version of it
    └── HostError                  the operator's: what keeps the conversations needs a hand
        ├── StoreUnavailable       it does not answer now; later it may
        ├── StoreTooNew            a newer program has changed its tables
        ├── StoreDamaged           what is in it is not what was put there
        ├── ScenarioUnavailable    the scenario of a conversation cannot be loaded
        └── Contended              others were faster, again and again

Whoever raises one of these has changed nothing: the snapshot that went in still holds (rule 10).
Each message is a whole sentence for the person who can mend it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.diagnostics import Diagnostic

__all__ = [
    "CallerError",
    "ChoiceClosed",
    "Contended",
    "ConversationOver",
    "DrawImpossible",
    "HeartlineError",
    "HostError",
    "InputError",
    "NothingToUndo",
    "ReferenceTaken",
    "RunawayError",
    "ScenarioError",
    "ScenarioUnavailable",
    "SnapshotDamaged",
    "SnapshotError",
    "SnapshotMismatch",
    "StaleTurn",
    "StoreDamaged",
    "StoreTooNew",
    "StoreUnavailable",
    "UndoForbidden",
    "UnknownChoice",
    "UnknownConversation",
    "UnknownEvent",
]


class HeartlineError(Exception):
    """The root: catch this to catch everything that Heartline raises on purpose."""


class ScenarioError(HeartlineError):
    """The scenario file has faults. `diagnostics` holds all of them, the first cause first."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)


class RunawayError(ScenarioError):
    """One input set off more transitions than the bound allows: the scenario loops."""


class CallerError(HeartlineError):
    """The call cannot be carried out as it stands."""


class InputError(CallerError):
    """A value given at the start is unknown, of the wrong type or out of bounds."""


class UnknownChoice(CallerError):
    """Nobody can choose this here. The message names the nearest choice that exists."""


class ChoiceClosed(CallerError):
    """The choice is here but its guard does not hold; `reason` says what it needs."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class UnknownEvent(CallerError):
    """Nothing in the present state takes this event."""


class StaleTurn(CallerError):
    """The input answers turn `answered`, but the conversation is at turn `current`.

    A host puts its answer for the present turn into `present`.
    """

    def __init__(self, message: str, answered: int, current: int) -> None:
        super().__init__(message)
        self.answered = answered
        self.current = current
        self.present: Any = None


class DrawImpossible(CallerError):
    """The engine's roles cannot draw that now; `possible` are the choices that they could."""

    def __init__(self, message: str, possible: Sequence[str]) -> None:
        super().__init__(message)
        self.possible: tuple[str, ...] = tuple(possible)


class ConversationOver(CallerError):
    """The conversation has ended and takes no more inputs."""


class UnknownConversation(CallerError):
    """The host has no conversation of that name: it never had, or it was deleted."""


class ReferenceTaken(CallerError):
    """A live conversation has that reference; `conversation` is its id."""

    def __init__(self, message: str, conversation: str) -> None:
        super().__init__(message)
        self.conversation = conversation


class NothingToUndo(CallerError):
    """There is no earlier turn to go back to."""


class UndoForbidden(CallerError):
    """The scenario says `undo: false`."""

    def __init__(self) -> None:
        super().__init__("In this scenario nothing is taken back: what is done stays done.")


class SnapshotError(HeartlineError):
    """A stored conversation cannot be resumed."""


class SnapshotDamaged(SnapshotError):
    """The data is not a snapshot, or not a whole one."""


class SnapshotMismatch(SnapshotError):
    """The snapshot belongs to another scenario or version; `differences` says how they differ."""

    def __init__(self, message: str, differences: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.differences: tuple[str, ...] = tuple(differences)


class HostError(HeartlineError):
    """What keeps the conversations cannot do it now; nothing of them is lost."""


class StoreUnavailable(HostError):
    """The store does not answer: it is down, locked, full or cannot be written to."""


class StoreTooNew(HostError):
    """The tables of the store are of a version that this program does not know."""


class StoreDamaged(HostError):
    """What is in the store is not what was put there."""


class ScenarioUnavailable(HostError):
    """The version of the scenario that a conversation is in cannot be loaded; it waits."""


class Contended(HostError):
    """Others changed the conversation each time that this tried to; trying again may help."""
