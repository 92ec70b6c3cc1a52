"""Properties and migrations: read and checked when a scenario is loaded.

What they promise is held (heartline.checking), and what they carry over is carried over, elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from heartline.expressions import BOOL, TRUE, And, At, Not, Or, parse_expression, parse_property
from heartline.plan import MigrationPlan, Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from heartline.compiler.drafts import Draft, Drafter
    from heartline.compiler.findings import Findings
    from heartline.compiler.names import Names
    from heartline.compiler.units import Node, Unit
    from heartline.expressions import Tree
    from heartline.scenario import Migration

__all__ = ["check_migrations", "check_promises", "openings"]

_EXPRESSIONS = (
    "always", "never", "eventually", "whenever", "leads_to", "must", "of", "after", "before",
)  # fmt: skip
_BOUNDS = ("at_most", "ends_within", "within")
_NOWHERE = (0, 0)


def check_promises(
    units: list[Unit],
    names: Names,
    drafter: Drafter,
    findings: Findings,
    opening: Callable[[str], Tree],
) -> tuple[Promise, ...]:
    """The properties of all files, parsed. What does not hold together in them goes to
    `findings`. `opening` is what `can_choose` means."""
    promises = []
    for unit in units:
        scope = replace(names.scopes[unit.prefix], opening=opening)
        endings = _endings(unit) if unit.file.properties else {}
        for name, authored in unit.file.properties.items():
            trees: dict[str, Tree] = {}
            for field in _EXPRESSIONS:
                source = getattr(authored, field)
                if source is not None:
                    parsed = parse_property(source, scope)
                    tree = findings.take(parsed, unit, ("properties", name, field))
                    if tree is not None:
                        drafter.note((tree,))
                        trees[field] = tree
            bounds = ((field, getattr(authored, field)) for field in _BOUNDS)
            promises.append(
                Promise(
                    unit.qualify(name),
                    authored.about,
                    next(each for each in authored.PATTERNS if getattr(authored, each) is not None),
                    trees,
                    {field: bound for field, bound in bounds if bound is not None},
                    endings,
                    unit.within.name if unit.within is not None else None,
                    unit.loaded.sources.locate(("properties", name), key=True),
                )
            )
    return tuple(promises)


def openings(root: Node, drafts: Mapping[Node, Draft]) -> Callable[[str], Tree]:
    """Says of a choice where it is offered and open, as an expression."""

    def opening(choice: str) -> Tree:
        found: dict[int, tuple[Tree, list[str]]] = {}
        for leaf in root.leaves():
            declared = (drafts[node].choices.get(choice) for node in leaf.ancestors())
            spec = next((each for each in declared if each is not None), None)
            if spec is not None and leaf.kind != "final":
                found.setdefault(id(spec), (spec.needs, []))[1].append(leaf.name)
        parts: list[Tree] = []
        for needs, leaves in found.values():
            here = At(_NOWHERE, BOOL, "at", choice, tuple(sorted(leaves)))
            parts.append(here if needs == TRUE else And(_NOWHERE, BOOL, (here, needs)))
        if not parts:
            return Not(_NOWHERE, BOOL, TRUE)
        return parts[0] if len(parts) == 1 else Or(_NOWHERE, BOOL, tuple(parts))

    return opening


def _endings(unit: Unit) -> dict[str, frozenset[str]]:
    """For each outcome of a file, the leaves in which it has ended so."""
    endings: dict[str, set[str]] = {}
    for node in unit.nodes.values():
        outcome = node.state.outcome if node.kind == "final" else node.ends
        if outcome is not None:
            endings.setdefault(outcome, set()).add(node.name)
    return {outcome: frozenset(leaves) for outcome, leaves in endings.items()}


def check_migrations(
    outermost: Unit, names: Names, drafter: Drafter, findings: Findings
) -> tuple[MigrationPlan, ...]:
    """The migrations of the outermost file, with their expressions parsed; what does not hold
    together in them goes to `findings`."""
    plans = []
    seen: set[str] = set()
    for index, migration in enumerate(outermost.file.migrations):
        path = ("migrations", index)
        if migration.from_version in seen:
            findings.error(
                "HL802", f"there are two migrations from {migration.from_version}", outermost,
                (*path, "from"), "make them one",
            )  # fmt: skip
        seen.add(migration.from_version)
        if migration.from_version == outermost.file.version:
            findings.error(
                "HL802", f"a migration from {migration.from_version} leads to the same version",
                outermost, (*path, "from"), "raise the file's version, or mend the migration's",
            )  # fmt: skip
        plans.append(_migration(outermost, names, drafter, migration, path, findings))
    return tuple(plans)


def _migration(
    unit: Unit,
    names: Names,
    drafter: Drafter,
    migration: Migration,
    path: tuple[str | int, ...],
    findings: Findings,
) -> MigrationPlan:
    choices = {name for node in unit.nodes.values() for name in node.state.choices}
    sections = (
        ("states", "state", "HL301", set(unit.nodes)),
        ("variables", "variable", "HL302", set(unit.file.context)),
        ("timers", "timer", "HL304", set(unit.file.timers)),
        ("choices", "choice", "HL309", choices | set(unit.file.choices)),
    )
    for section, what, code, known in sections:
        taken: dict[str, str] = {}
        for old, new in getattr(migration, section).items():
            if new not in known:
                findings.unknown(code, what, new, known, unit, (*path, section, old))
            elif new in taken and section in ("variables", "timers"):
                message = f"both {taken[new]} and {old} become {new}, which can be one of them only"
                findings.error("HL802", message, unit, (*path, section, old), "leave one out")
            taken[new] = old
    sets: dict[str, Tree] = {}
    for name, source in migration.set.items():
        declared = names.variables.get(name)
        if declared is None:
            findings.unknown(
                "HL302", "variable", name, names.variables, unit, (*path, "set", name), key=True
            )
            continue
        parsed = parse_expression(source, names.scopes[unit.prefix], declared.type)
        tree = findings.take(parsed, unit, (*path, "set", name))
        if tree is not None:
            drafter.note((tree,))
            sets[name] = tree
    return MigrationPlan(
        migration.from_version, migration.states, migration.variables, migration.timers,
        migration.choices, sets,
    )  # fmt: skip
