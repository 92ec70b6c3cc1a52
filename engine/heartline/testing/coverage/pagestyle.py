"""How the pages of a coverage report look, on a light and on a dark ground."""

from __future__ import annotations

from heartline.diagram import palette

__all__ = ["STYLE"]


def _colours(dark: bool) -> str:
    def of(colour: str) -> str:
        return palette.DARK[colour] if dark else colour

    named = {"paper": palette.PAPER, "ink": palette.INK, "soft": palette.SOFT,
             "box": palette.BOX, "line": palette.INNER_LINE}  # fmt: skip
    for mark, (line, ground) in palette.COVERED.items():
        named |= {mark: line, f"{mark}-ground": ground}
    return ";".join(f"--{name}:{of(colour)}" for name, colour in named.items())


_MARKS = "".join(
    f"tr.{mark} .s{{color:var(--{mark})}}tr.{mark} .c{{background:var(--{mark}-ground)}}"
    for mark in palette.COVERED
)

STYLE = f"""
:root{{color-scheme:light dark;{_colours(dark=False)}}}
@media (prefers-color-scheme:dark){{:root{{{_colours(dark=True)}}}}}
body{{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}}
main{{max-width:78rem;margin:0 auto;padding:1.5rem}}
h1,h2{{line-height:1.2}}
a{{color:inherit;text-underline-offset:.15em}}
.soft{{color:var(--soft)}}
table{{border-collapse:collapse}}
.totals td,.totals th{{padding:.15rem .9rem .15rem 0;text-align:right;
font-variant-numeric:tabular-nums}}
.totals th[scope=row]{{text-align:left}}
.totals th[scope=col]{{color:var(--soft);font-weight:normal}}
details{{margin:.4rem 0}}
summary{{cursor:pointer}}
li{{overflow-wrap:anywhere}}
img.diagram{{max-width:100%;height:auto;border:1px solid var(--line)}}
.code{{width:100%;table-layout:fixed;font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace}}
.code td{{padding:0 .5ch;vertical-align:top}}
.code .n{{width:5ch;text-align:right;color:var(--soft);user-select:none}}
.code .s{{width:2ch;text-align:center;user-select:none}}
.code .c{{white-space:pre-wrap;overflow-wrap:anywhere}}
.code tr:target .n{{color:var(--ink);font-weight:bold;outline:2px solid var(--ink)}}
.note td{{color:var(--missed);font-family:system-ui,sans-serif;font-size:13px}}
{_MARKS}
"""
