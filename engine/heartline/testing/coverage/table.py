"""Coverage as text: a table of the kinds, and what was not met, by file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.testing.coverage.points import KINDS, MOST_PAIRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.testing.coverage.results import Coverage, Total

__all__ = ["as_percent", "as_text"]

MOST_LISTED = 12  # of one kind; the reports hold all


def as_text(coverage: Coverage) -> str:
    """The table of one scenario and what is missing, with a line end at the end."""
    return "\n".join(_lines(coverage)) + "\n"


def as_percent(total: Total) -> str:
    """A share in words: never rounded up to 100 or down to 0."""
    if total.covered in (0, total.total):
        return f"{total.percent:.0f}"
    return f"{min(max(total.percent, 0.1), 99.9):.1f}"


def _lines(coverage: Coverage) -> Iterator[str]:
    yield f"Coverage of {coverage.scenario.id} ({coverage.name})"
    yield ""
    yield f"  {'':<12}{'covered':>8}{'of':>7}{'%':>7}"
    for kind, total in coverage.totals().items():
        share = as_percent(total) if total.total else "-"
        yield f"  {kind:<12}{total.covered:>8}{total.total:>7}{share:>7}"
    if coverage.survey.countless:
        yield ""
        yield f"  There are more than {MOST_PAIRS:,} pairs of transitions, so none are counted."
    for kind in KINDS:
        missing = coverage.missing(kind)
        if not missing:
            continue
        yield ""
        yield f"  {kind} that are missing:"
        for point in missing[:MOST_LISTED]:
            where = f"{point.location.file}:{point.location.line}"
            yield f"    {where}: {point.subject} {point.missing}"
        if len(missing) > MOST_LISTED:
            yield f"    and {len(missing) - MOST_LISTED} more"
