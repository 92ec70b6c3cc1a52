"""Whether a conversation fits a version of its scenario, and whether a stored version loads: what
`heartline.host.versions` decides by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heartline.conversation import loads
from heartline.errors import RunawayError, ScenarioError, SnapshotMismatch
from heartline.migrating import carry, go_on, plan_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from heartline.conversation import Scenario
    from heartline.host.values import Record, StoredScenario

__all__ = [
    "carried_over",
    "leads",
    "load_again",
    "number",
]


def load_again(stored: StoredScenario) -> tuple[Scenario | None, str | None]:
    """A version loaded from its texts, or why not."""
    try:
        scenario = loads(stored.files, stored.main)
    except ScenarioError as error:
        return None, str(error)
    if (scenario.id, scenario.machine.fingerprint) != (stored.scenario, stored.fingerprint):
        return None, (
            f"Its texts make the structure {scenario.machine.fingerprint} of {scenario.id}, and "
            f"not {stored.fingerprint} of {stored.scenario}."
        )
    return scenario, None


def number(version: str) -> tuple[int, ...]:
    """A version's number, to put versions in order."""
    return tuple([int(part) if part.isdecimal() else 0 for part in version.split(".")])


def leads(own: Scenario, version: str) -> bool:
    """Whether a scenario declares a migration from an earlier version. One that leads down to a
    lower number would let two hosts pass a conversation to and fro."""
    plan = plan_from(own.machine, version)
    return plan is not None and number(version) < number(own.version)


def carried_over(
    own: Scenario, record: Record, version: str, now: datetime
) -> tuple[dict[str, Any] | None, Sequence[str]]:
    """A conversation, carried over from a version into the host's own; or None, and why it does
    not fit. Raises SnapshotDamaged."""
    try:
        data = json.loads(record.snapshot)
    except ValueError:
        data = None
    if isinstance(data, dict):
        data["version"] = version
    try:
        carried = carry(own.machine, data, now)
        go_on(own.machine, carried, now)  # what follows must not go round for ever
    except SnapshotMismatch as error:
        return None, error.differences or (str(error),)
    except RunawayError as error:
        return None, (str(error),)
    return carried, ()
