"""`heartline explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from heartline.checking.codes import CODES, FAMILIES, page
from heartline.cli.guard import USAGE

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["command"]


class CodeName(click.ParamType[str]):
    """A code of a finding, in capitals or not."""

    name = "code"

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(code, help=CODES[code].title)
            for code in CODES
            if code.startswith(incomplete.upper())
        ]


@click.command(
    "explain",
    epilog="""\b
Examples:
  heartline explain HL301
  heartline explain

Without a code, all codes and their titles. Both go to standard output. Exit codes: 0; 2 for
a code that there is not.""",
)
@click.argument("code", type=CodeName(), required=False)
def command(code: str | None) -> int:
    """Explain the code of a finding.

    CODE stands before each finding of heartline check, as in HL301.
    """
    if code is None:
        for family, title in FAMILIES.items():
            click.echo(f"{family}xx  {title}")
            for known in CODES.values():
                if known.code.startswith(family):
                    click.echo(f"  {known.code}  {known.title} ({known.severity.value})")
        return 0
    name = code.upper()
    if name not in CODES:
        click.echo(f"There is no code {code[:40]!r}; {_instead(name)}", err=True)
        return USAGE
    click.echo(page(name).strip())
    return 0


def _instead(name: str) -> str:
    """What to look at: the code of these digits, or all of its family; digits mean no more."""
    meant = "HL" + "".join(filter(str.isdecimal, name[:40]))
    if meant in CODES:
        return f"did you mean {meant!r}?"
    family = [known for known in CODES if len(meant) == len(known) and known[:3] == meant[:3]]
    if family:
        return f"those of {meant[:3]}xx are {', '.join(family)}"
    return "heartline explain lists them all"
