"""Coverage as JSON, for programs.

    {"format": 1,
     "totals": {"states": {"covered": 12, "total": 14}, ...},         all scenarios together
     "scenarios": [
       {"id": "...", "version": "...", "file": "...", "totals": {...},
        "points": {"states": [{"line": 3, ...}, ...], ...}}]}

A point has `file`, `line`, `column`, `subject`, `hits` and, where it was not met, `missing`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heartline.testing.coverage.points import KINDS
from heartline.testing.coverage.results import sum_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.testing.coverage.points import Point
    from heartline.testing.coverage.results import Coverage, Total

__all__ = ["as_json"]


def as_json(results: Sequence[Coverage]) -> str:
    """All that is known of each point of each scenario."""
    document = {
        "format": 1,
        "totals": _totals(sum_of(results)),
        "scenarios": [
            {
                "id": coverage.scenario.id,
                "version": coverage.scenario.version,
                "file": coverage.name,
                "totals": _totals(coverage.totals()),
                "points": _points(coverage),
            }
            for coverage in results
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _totals(totals: Mapping[str, Total]) -> dict[str, dict[str, int]]:
    return {
        kind: {"covered": total.covered, "total": total.total} for kind, total in totals.items()
    }


def _points(coverage: Coverage) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for point, count in coverage.points():
        found[point.kind].append(_point(point, count))
    return found


def _point(point: Point, count: int) -> dict[str, Any]:
    where = point.location
    told = {
        "file": where.file, "line": where.line, "column": where.column,
        "subject": point.subject, "hits": count,
    }  # fmt: skip
    return told if count else {**told, "missing": point.missing}
