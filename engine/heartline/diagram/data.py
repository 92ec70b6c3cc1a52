"""A machine's states and transitions as data, for tools of other people's making.

    scenario, version, title, initial
    states        id, title, kind, parent, tags, outcome, file, line (and visits, with a way)
    transitions   source, target, kind, choice | event | timer, role, played_by, when, do, tags,
                  file, line (and steps, with a way)

One transition is one way as its author wrote it, and `source` the state that declares it: a way
that is declared by a state that holds others, or by the whole file (`source` is null), can be
taken in all states within. `target` is null where the conversation stays. `kind` is choice, event,
after, always, or done: the way on from an end of an included file, whose outcome is `outcome`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.diagram.chart import is_done

if TYPE_CHECKING:
    from heartline.diagram.trail import Trail
    from heartline.machine import Machine
    from heartline.plan import Edge, StateInfo

__all__ = ["to_data"]


def to_data(machine: Machine, trail: Trail | None = None) -> dict[str, Any]:
    """The data; all of it can be written as JSON."""
    return {
        "scenario": machine.id,
        "version": machine.version,
        "title": machine.title,
        "initial": machine.initial,
        "states": [_state(state, trail) for state in machine.states.values()],
        "transitions": [_transition(machine, edge, trail) for edge in machine.edges],
    }


def _state(state: StateInfo, trail: Trail | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": state.name,
        "title": state.title,
        "kind": state.kind,
        "parent": state.path[-2] if len(state.path) > 1 else None,
        "tags": list(state.tags),
        "outcome": state.outcome,
        "file": state.location.file,
        "line": state.location.line,
    }
    if trail is not None:
        data["visits"] = trail.visits(state.name)
    return data


def _transition(machine: Machine, edge: Edge, trail: Trail | None) -> dict[str, Any]:
    kind = "done" if is_done(edge) else edge.kind
    role = machine.roles.get(edge.role or "")
    played_by = None if role is None else "engine" if role.engine else "person"
    data: dict[str, Any] = {
        "source": edge.source,
        "target": edge.target,
        "kind": kind,
        "choice": edge.trigger if kind == "choice" else None,
        "event": edge.trigger if kind == "event" else None,
        "timer": edge.trigger if kind == "after" else None,
        "outcome": str(edge.path[-2]) if kind == "done" else None,
        "role": edge.role,
        "played_by": played_by,
        "when": edge.when,
        "do": list(edge.do),
        "tags": list(edge.tags),
        "file": edge.location.file,
        "line": edge.line,
    }
    if trail is not None:
        data["steps"] = list(trail.steps(edge))
    return data
