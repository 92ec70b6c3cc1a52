"""Two versions of a scenario on the command line. A part of `heartline check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from heartline.cli.guard import DONE, FINDINGS, INTERRUPTED
from heartline.cli.proving import clear, reporting
from heartline.cli.screen import columns
from heartline.conversation import load

if TYPE_CHECKING:
    from heartline.checking.exploring.explorer import Limits
    from heartline.checking.exploring.graph import Graph

__all__ = ["difference", "migration"]


def difference(old: str, new: str, form: str, limits: Limits) -> int:
    """Say which conversations only one of two versions has; gives the exit code."""
    from heartline.checking.comparing.difference import compare, same_structure
    from heartline.checking.comparing.report import Side, difference_data, difference_text
    from heartline.checking.exploring.explorer import explore
    from heartline.migrating import Names, plan_from

    _known(form, "--diff")
    one, other = load(old), load(new)
    before: Graph | None = None
    after: Graph | None = None
    if one.machine.fingerprint == other.machine.fingerprint:
        found = same_structure()
    else:
        before = explore(one.machine, limits=limits, progress=reporting())
        if before.stopped != "interrupt":
            after = explore(other.machine, limits=limits, progress=reporting())
        clear()
        if after is None:
            return INTERRUPTED
        plan = plan_from(other.machine, one.version)
        found = compare(before, after, Names(plan) if plan is not None else None)
    sides = Side(one, before), Side(other, after)
    if form == "json":
        click.echo(difference_data(found, *sides), nl=False)
    else:
        click.echo(difference_text(found, *sides, columns()), nl=False)
    return _code(found.verdict == "same", before, after)


def migration(old: str, new: str, form: str, limits: Limits) -> int:
    """Say whether conversations of an old version go on in a new one; gives the exit code."""
    from heartline.checking.comparing.migration import migrate
    from heartline.checking.comparing.report import Side, migration_data, migration_text

    _known(form, "--migrate")
    one, other = load(old), load(new)
    found = migrate(one.machine, other.machine, limits, reporting())
    clear()
    sides = Side(one, found.old), Side(other, found.new)
    if form == "json":
        click.echo(migration_data(found, *sides), nl=False)
    else:
        click.echo(migration_text(found, *sides, columns()), nl=False)
    return _code(found.verdict in ("proved", "unchanged"), found.old, found.new)


def _known(form: str, option: str) -> None:
    if form == "sarif":
        raise click.UsageError(f"{option} is about two files: take --format text or json.")


def _code(good: bool, *graphs: Graph | None) -> int:
    if any(graph is not None and graph.stopped == "interrupt" for graph in graphs):
        return INTERRUPTED
    return DONE if good else FINDINGS
