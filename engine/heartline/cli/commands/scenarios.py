"""`heartline scenarios`."""

from __future__ import annotations

import click

from heartline.loader import bundled_scenarios, load_file

__all__ = ["command"]


@click.command(
    "scenarios",
    epilog="""\b
Example:
  heartline scenarios

One line each on standard output: the name, a tab, the title. Exit code 0.""",
)
def command() -> None:
    """List the scenarios that come with Heartline."""
    for name, folder in sorted(bundled_scenarios().items()):
        file = load_file(folder).file
        click.echo(f"{name}\t{file.title if file else '(cannot be read: heartline check it)'}")
