"""Properties and migrations: their names and expressions are checked when a scenario is loaded.

What they promise is proved, and what they carry over is carried over, elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions import parse_expression, parse_property

if TYPE_CHECKING:
    from heartline.compiler.drafts import Drafter
    from heartline.compiler.findings import Findings
    from heartline.compiler.names import Names
    from heartline.compiler.units import Unit
    from heartline.scenario import Migration

__all__ = ["check_promises"]

_EXPRESSIONS = (
    "always", "never", "eventually", "whenever", "leads_to", "must", "of", "after", "before",
)  # fmt: skip


def check_promises(units: list[Unit], names: Names, drafter: Drafter, findings: Findings) -> None:
    """Report what does not hold together in the properties and migrations of all files."""
    for unit in units:
        scope = names.scopes[unit.prefix]
        for name, authored in unit.file.properties.items():
            for field in _EXPRESSIONS:
                source = getattr(authored, field)
                if source is not None:
                    parsed = parse_property(source, scope)
                    tree = findings.take(parsed, unit, ("properties", name, field))
                    if tree is not None:
                        drafter.note((tree,))
    outermost = units[0]
    seen: dict[str, int] = {}
    for index, migration in enumerate(outermost.file.migrations):
        path = ("migrations", index)
        if migration.from_version in seen:
            findings.error(
                "HL802", f"there are two migrations from {migration.from_version}", outermost,
                (*path, "from"), "make them one",
            )  # fmt: skip
        seen[migration.from_version] = index
        if migration.from_version == outermost.file.version:
            findings.error(
                "HL802", f"a migration from {migration.from_version} leads to the same version",
                outermost, (*path, "from"), "raise the file's version, or mend the migration's",
            )  # fmt: skip
        _migration(outermost, names, migration, path, findings)


def _migration(
    unit: Unit, names: Names, migration: Migration, path: tuple[str | int, ...], findings: Findings
) -> None:
    choices = {name for node in unit.nodes.values() for name in node.state.choices}
    sections = (
        ("states", "state", "HL301", set(unit.nodes)),
        ("variables", "variable", "HL302", set(unit.file.context)),
        ("timers", "timer", "HL304", set(unit.file.timers)),
        ("choices", "choice", "HL309", choices | set(unit.file.choices)),
    )
    for section, what, code, known in sections:
        for old, new in getattr(migration, section).items():
            if new not in known:
                findings.unknown(code, what, new, known, unit, (*path, section, old))
    for name, source in migration.set.items():
        declared = names.variables.get(name)
        if declared is None:
            findings.unknown(
                "HL302", "variable", name, names.variables, unit, (*path, "set", name), key=True
            )
            continue
        parsed = parse_expression(source, names.scopes[unit.prefix], declared.type)
        findings.take(parsed, unit, (*path, "set", name))
