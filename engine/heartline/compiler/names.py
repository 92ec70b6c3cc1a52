"""What the names of a file mean: variables, guards, timers, roles, and where texts may use them.

All names of all files are declared in one set under their whole names; the scope of an included
file finds a name under its own prefix first. Roles, variables, guards and timers share one
namespace within a file, so that a name in an expression or a text means one thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heartline.expressions import (
    BOOL,
    DURATION,
    TRUE,
    Declaration,
    DurationType,
    EnumType,
    Guard,
    IntType,
    Scope,
    TextType,
    Tree,
    Type,
    parse_expression,
)
from heartline.plan import When
from heartline.scenario import (
    NARRATOR,
    BoolVariable,
    DurationVariable,
    EnumVariable,
    IntVariable,
    Variable,
)
from heartline.text import RESERVED, RoleText, TextScope, parse_text
from heartline.words import PRONOUNS

if TYPE_CHECKING:
    from heartline.compiler.findings import Findings
    from heartline.compiler.units import Node, Unit
    from heartline.text import Text

__all__ = ["Names", "declare", "type_of"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DONE = -1


@dataclass
class Names:
    """Everything that is declared, under whole names, and each unit's view of it."""

    variables: dict[str, Declaration] = field(default_factory=dict)
    authored: dict[str, Variable] = field(default_factory=dict)
    timers: dict[str, Tree | None] = field(default_factory=dict)
    timer_titles: dict[str, str] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)
    whys: dict[str, Text] = field(default_factory=dict)
    whens: list[When] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)
    texts: dict[str, TextScope] = field(default_factory=dict)


def type_of(variable: Variable) -> Type:
    """The type of a variable in expressions."""
    if isinstance(variable, IntVariable):
        return IntType(variable.min, variable.max)
    if isinstance(variable, BoolVariable):
        return BOOL
    if isinstance(variable, EnumVariable):
        return EnumType(variable.values)
    if isinstance(variable, DurationVariable):
        return DurationType(tuple(sorted(variable.values)))
    return TextType()


def declare(root: Node, units: list[Unit], findings: Findings) -> Names:
    """Declare all names of all units; faults go to `findings`."""
    names = Names()
    labels: dict[str, dict[str, str]] = {}
    for unit in units:
        _one_meaning(unit, findings)
        for name, variable in unit.file.context.items():
            whole = unit.qualify(name)
            named = variable.labels if isinstance(variable, EnumVariable) else {}
            names.authored[whole] = variable
            names.variables[whole] = Declaration(
                whole, type_of(variable), variable.hidden, variable.title, tuple(named.items())
            )
            labels[whole] = dict(named)
        for name, timer in unit.file.timers.items():
            names.timers[unit.qualify(name)] = None
            names.timer_titles[unit.qualify(name)] = timer.title or name.replace("_", " ")
    states = {
        node.name: frozenset(leaf.name for leaf in node.leaves())
        for unit in units
        for node in unit.nodes.values()
        if node.kind != "history"
    }
    lengths: dict[str, Tree] = {}
    for unit in units:
        names.scopes[unit.prefix] = Scope(
            variables=names.variables,
            guards=names.guards,
            timers=names.timers.keys(),
            timer_lengths=lengths,
            states=states,
            choices=_choices(units),
            tags=_tags(root),
            outcomes={
                node.state.outcome
                for each in units
                for node in each.nodes.values()
                if node.state.outcome
            },
            roles=units[0].file.cast.keys(),
            prefix=unit.prefix,
        )
        names.texts[unit.prefix] = TextScope(
            roles={
                inner: RoleText(units[0].file.cast[role].name, units[0].file.cast[role].pronouns)
                for inner, role in unit.roles.items()
            },
            variables=names.variables,
            labels=labels,
            timers=names.timers.keys(),
            has_support=units[0].file.support is not None,
            prefix=unit.prefix,
            language=units[0].file.language,
        )
    for unit in reversed(units):  # an outer file may use the guards of one that it includes
        _guards(unit, names, findings)
    for unit in units:
        _timers(unit, names, lengths, findings)
    _cast(units[0], names, findings)
    return names


def _choices(units: list[Unit]) -> set[str]:
    found: set[str] = set()
    for unit in units:
        found.update(unit.file.choices)
        for node in unit.nodes.values():
            found.update(node.state.choices)
    return found


def _tags(root: Node) -> dict[str, frozenset[str]]:
    """Each tag of a state, and the leaves that have it; tags of choices have no leaves."""
    found: dict[str, set[str]] = {}

    def visit(node: Node) -> None:
        for layer in node.layers:
            for choice in layer.choices.values():
                for tag in choice.tags:
                    found.setdefault(tag, set())
        for tag in node.state.tags if node.name else ():
            found.setdefault(tag, set()).update(leaf.name for leaf in node.leaves())
        for child in node.children:
            visit(child)

    visit(root)
    return {tag: frozenset(leaves) for tag, leaves in found.items()}


def _one_meaning(unit: Unit, findings: Findings) -> None:
    file, seen = unit.file, {NARRATOR: "the narrator", **dict.fromkeys(RESERVED, "a placeholder")}
    for section, what in (
        ("cast", "a role"), ("context", "a variable"), ("timers", "a timer"), ("guards", "a guard"),
    ):  # fmt: skip
        for name in getattr(file, section):
            if name in seen:
                findings.error(
                    "HL308", f"{name!r} is already {seen[name]}, and cannot be {what} too", unit,
                    (section, name), "roles, variables, timers and guards need different names",
                    key=True,
                )  # fmt: skip
            seen.setdefault(name, what)


def _timers(unit: Unit, names: Names, lengths: dict[str, Tree], findings: Findings) -> None:
    scope = names.scopes[unit.prefix]
    for name, timer in unit.file.timers.items():
        parsed = parse_expression(timer.length, scope, DURATION)
        tree = findings.take(parsed, unit, ("timers", name, "length"))
        names.timers[unit.qualify(name)] = tree
        if tree is not None:
            lengths[unit.qualify(name)] = tree


def _guards(unit: Unit, names: Names, findings: Findings) -> None:
    """Parse the named guards, those that others use first."""
    authored, scope = unit.file.guards, names.scopes[unit.prefix]
    order, circles = _in_order(
        {
            name: [word for word in _WORD.findall(guard.when) if word in authored]
            for name, guard in authored.items()
        }
    )
    # A guard with a fault stands as one that holds, so that its users are not complained of.
    for name, circle in circles.items():
        chain = " uses ".join(circle)
        message = f"the guard {name!r} is made of itself: {chain}"
        findings.error("HL402", message, unit, ("guards", name, "when"))
        names.guards[unit.qualify(name)] = Guard(TRUE, authored[name].why)
    for name in order:
        guard = authored[name]
        if name not in circles:
            parsed = parse_expression(guard.when, scope, BOOL)
            tree = findings.take(parsed, unit, ("guards", name, "when"))
            names.guards[unit.qualify(name)] = Guard(tree or TRUE, guard.why)
            path = ("guards", name, "when")
            whole, where = unit.qualify(name), unit.loaded.sources.locate(path)
            names.whens.append(When(f"guard {whole}", tree or TRUE, where, path, whole))
        if guard.why is not None:
            read = parse_text(guard.why, names.texts[unit.prefix])
            why = findings.take(read, unit, ("guards", name, "why"))
            if why is not None:
                names.whys[unit.qualify(name)] = why


def _in_order(uses: dict[str, list[str]]) -> tuple[list[str], dict[str, list[str]]]:
    """All names, each after those that it uses; and a circle for names that lead to themselves.

    Without recursion: a file may make a chain of thousands.
    """
    order: list[str] = []
    circles: dict[str, list[str]] = {}
    places: dict[str, int] = {}  # where a name stands in the chain, or that it is done
    for start in uses:
        if start in places:
            continue
        places[start] = 0
        chain, waiting = [start], [iter(uses[start])]
        while chain:
            word = next(waiting[-1], None)
            if word is None:
                waiting.pop()
                order.append(chain.pop())
                places[order[-1]] = _DONE
            elif word not in places:
                places[word] = len(chain)
                chain.append(word)
                waiting.append(iter(uses[word]))
            elif places[word] != _DONE and word not in circles:
                circle = chain[places[word] :]
                circles[word] = [*circle[:6], *["..."] * (len(circle) > 6), word]
    return order, circles


def _cast(unit: Unit, names: Names, findings: Findings) -> None:
    for role, authored in unit.file.cast.items():
        if authored.pronouns in PRONOUNS:
            continue
        declared = names.variables.get(authored.pronouns)
        if declared is None:
            findings.unknown(
                "HL302", "set of pronouns, and no enum variable,", authored.pronouns,
                {*PRONOUNS, *names.variables}, unit, ("cast", role, "pronouns"),
            )  # fmt: skip
        elif not isinstance(declared.type, EnumType) or set(declared.type.values) - set(PRONOUNS):
            findings.error(
                "HL403", f"{authored.pronouns!r} cannot hold the pronouns of {role!r}", unit,
                ("cast", role, "pronouns"),
                f"make it an enum whose values are among {', '.join(PRONOUNS)}",
            )  # fmt: skip
