"""Shared beginnings: a test that starts where another ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heartline.testing.case import Case
    from heartline.testing.faults import Faults
    from heartline.testing.form import TestFile

__all__ = ["chained"]


def chained(cases: list[Case], file: TestFile, faults: Faults) -> list[Case]:
    """The cases, each with the steps of those that it starts after."""
    by_name = {case.name: case for case in cases}
    found = []
    for case in cases:
        steps, base = [], case
        while base.after is not None and base.after in by_name and len(steps) < 1000:
            base = by_name[base.after]
            steps.insert(
                0,
                tuple(
                    s
                    for s in base.steps
                    if s.step.act and not (s.step.expect and s.step.expect.error)
                ),
            )
        if base is not case:
            case = replace(
                case,
                beginning=sum(steps, ()),
                seed=base.seed,
                start=base.start,
                inputs=base.inputs,
                seats=base.seats,
                draws=base.draws,
            )
        found.append(case)
    return found
