"""Coverage as web pages: each scenario's files with their lines marked, and its diagram coloured.

A folder of plain files that needs nothing else: no script, no font, no picture from elsewhere. The
pages are light or dark as the reader's system is, and no meaning rests on a colour alone.

    index.html      the totals of all scenarios
    ID.html         one scenario: totals, what is missing, the diagram, the files
    ID.svg          its diagram, where this machine can draw one
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from heartline.diagram.chart import Marks, chart
from heartline.diagram.layout import DrawingFailed
from heartline.diagram.svg import to_svg
from heartline.testing.coverage.pagestyle import STYLE
from heartline.testing.coverage.table import as_percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.testing.coverage.points import Point
    from heartline.testing.coverage.results import Coverage, Line, Total

__all__ = ["pages"]

MOST_LISTED = 200  # of one kind, on a page
MOST_NOTES = 8  # below one line
SIGNS = {"met": ("\u2713", "covered"), "partly": ("\u25d0", "partly covered"),
         "missed": ("\u2717", "not covered")}  # fmt: skip


def pages(results: Sequence[Coverage]) -> dict[str, str]:
    """The content of each file, by its name."""
    files: dict[str, str] = {}
    sections = []
    for coverage in results:
        stem = coverage.scenario.id
        while f"{stem}.html" in files or stem == "index":
            stem += "_"
        drawn, problem = _diagram(coverage)
        if drawn is not None:
            files[f"{stem}.svg"] = drawn
        files[f"{stem}.html"] = _scenario(coverage, None if drawn is None else stem, problem)
        title = escape(coverage.scenario.title)
        sections.append(
            f'<h2><a href="{stem}.html">{title}</a></h2>\n'
            f"<p class=soft>{escape(coverage.name)}</p>\n"
            f"{_table(coverage.totals(), f'{stem}.html')}"
        )
    body = "\n".join(sections) or "<p>No test was run.</p>"
    files["index.html"] = _page("Coverage", f"<h1>Coverage</h1>\n{body}")
    return files


def _page(title: str, body: str) -> str:
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _table(totals: Mapping[str, Total], page: str = "") -> str:
    rows = []
    for kind, total in totals.items():
        share = f"{as_percent(total)} %" if total.total else "\u2013"
        name = escape(kind)
        if total.covered < total.total:
            name = f'<a href="{page}#missing-{kind}">{name}</a>'
        rows.append(
            f"<tr><th scope=row>{name}</th><td>{total.covered}</td><td>{total.total}</td>"
            f"<td>{share}</td><td><meter min=0 low=50 high=99.99 max=100 optimum=100 "
            f"value={total.percent:.1f}>"
            f"{share}</meter></td></tr>"
        )
    head = "".join(f"<th scope=col>{name}</th>" for name in ("", "covered", "of", "%", ""))
    return f"<table class=totals><tr>{head}</tr>\n{chr(10).join(rows)}\n</table>"


# One scenario ---------------------------------------------------------------------------------


def _scenario(coverage: Coverage, drawing: str | None, problem: str) -> str:
    lines = coverage.lines()
    numbers = {file: f"f{place}" for place, file in enumerate(lines)}
    parts = [
        '<p><a href="index.html">all scenarios</a></p>',
        f"<h1>{escape(coverage.scenario.title)}</h1>",
        f"<p class=soft>{escape(coverage.name)}, version {escape(coverage.scenario.version)}</p>",
        _table(coverage.totals()),
        "<p>There are too many pairs of transitions to count them.</p>"
        if coverage.survey.countless
        else "",
        *_missing(coverage, numbers),
        "<h2 id=diagram>Diagram</h2>",
    ]
    if drawing is not None:
        words = f"The diagram of {coverage.scenario.title}, with what tests cover in colour."
        parts.append(
            f'<p><a href="{drawing}.svg"><img class=diagram src="{drawing}.svg" '
            f'alt="{escape(words)}"></a></p>\n<p class=soft>Select it to see it whole.</p>'
        )
    else:
        parts.append(f"<p>{escape(problem)}</p>")
    for file, marked in lines.items():
        parts.append(f"<h2 id={numbers[file]}>{escape(file)}</h2>")
        parts.append(_source(coverage.text(file), marked, numbers[file]))
    return _page(f"Coverage of {coverage.scenario.title}", "\n".join(parts))


def _missing(coverage: Coverage, numbers: Mapping[str, str]) -> Iterator[str]:
    for kind, total in coverage.totals().items():
        missing = coverage.missing(kind)
        if not missing:
            continue
        items = [
            f"<li>{_link(point, numbers)} {_told(point)}</li>" for point in missing[:MOST_LISTED]
        ]
        if len(missing) > MOST_LISTED:
            items.append(f"<li>and {len(missing) - MOST_LISTED} more</li>")
        share = f"{len(missing)} of {total.total} missing"
        yield (
            f"<details id=missing-{kind}><summary>{escape(kind)}: {share}</summary>\n"
            f"<ul>\n{chr(10).join(items)}\n</ul></details>"
        )


def _link(point: Point, numbers: Mapping[str, str]) -> str:
    where = point.location
    place = f"{escape(where.file)}:{where.line}"
    return f'<a href="#{numbers[where.file]}-{where.line}">{place}</a>'


def _told(point: Point) -> str:
    return f"{escape(point.subject)} <b>{escape(point.missing)}</b>"


def _source(text: str, marked: Mapping[int, Line], prefix: str) -> str:
    """A file, line by line, with what is missing written below its line."""
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        here = marked.get(number)
        mark = "" if here is None else mark_of(here)
        sign, meaning = SIGNS.get(mark, ("", ""))
        shown = f'<span title="{meaning}">{sign}</span>' if sign else ""
        rows.append(
            f'<tr id={prefix}-{number} class="{mark}"><td class=n>{number}</td>'
            f"<td class=s>{shown}</td><td class=c>{escape(line)}</td></tr>"
        )
        if here is not None and here.missed:
            notes = [_told(point) for point in here.missed[:MOST_NOTES]]
            if len(here.missed) > MOST_NOTES:
                notes.append(f"and {len(here.missed) - MOST_NOTES} more")
            indent = len(line) - len(line.lstrip(" "))
            told = "<br>".join(notes)
            rows.append(
                f'<tr class=note><td></td><td></td><td style="padding-left:{indent + 1}ch">'
                f"{told}</td></tr>"
            )
    return f"<table class=code>\n{chr(10).join(rows)}\n</table>"


def mark_of(line: Line) -> str:
    """Whether a line is "met", "partly" or "missed"."""
    if not line.missed:
        return "met"
    return "partly" if line.hits else "missed"


def _diagram(coverage: Coverage) -> tuple[str | None, str]:
    """The coloured diagram, or None and why there is none."""
    survey, machine = coverage.survey, coverage.scenario.machine
    met = {True: "met", False: "missed"}
    states = {
        name: met[coverage.counts[number] > 0]
        for leaf, numbers in survey.states.items()
        for name, number in zip(machine.leaves[leaf].path, numbers, strict=True)
    }
    edges = {edge: met[coverage.counts[number] > 0] for edge, number in survey.transitions.items()}
    try:
        return to_svg(chart(machine, None, Marks(states, edges))), ""
    except DrawingFailed as why:
        return None, str(why)
