"""`heartline graph`."""

from __future__ import annotations

import io
import sys
from datetime import datetime
from pathlib import Path

import click

from heartline.cli.names import ScenarioName
from heartline.conversation import Scenario, load
from heartline.diagram import FORMATS, Trail, draw, follow
from heartline.errors import SnapshotMismatch
from heartline.frontends.terminal.saving import read_save

__all__ = ["command"]


@click.command(
    "graph",
    epilog="""\b
Examples:
  heartline graph reconciliation --format svg > reconciliation.svg
  heartline graph my_scenario --path saved.json

\b
mermaid  text that many sites and editors draw
dot      text for Graphviz
svg      a picture
json     the states and transitions, for programs

The diagram goes to standard output. Exit codes: 0; 1 for a scenario with errors, a save that
does not belong to it, or a picture that cannot be drawn here; 2 for usage.""",
)
@click.argument("scenario", type=ScenarioName())
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="mermaid", show_default=True,
    help="What to write.",
)  # fmt: skip
@click.option(
    "--path", "played", metavar="FILE",
    help="Mark the way that was played in a saved conversation (:save makes one).",
)  # fmt: skip
def command(scenario: str, form: str, played: str | None) -> None:
    """Draw a scenario as a diagram.

    SCENARIO is the name of one that came with Heartline, a folder with a scenario.yaml, or a file.
    """
    loaded = load(scenario)
    trail = _trail(loaded, Path(played).expanduser()) if played is not None else None
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # what an SVG, and JSON, is written in
    click.echo(draw(loaded.machine, form, trail), nl=False)


def _trail(scenario: Scenario, path: Path) -> Trail:
    """The way that a save holds; raises SnapshotMismatch for one of another scenario."""
    saved = read_save(path)
    if saved.scenario != scenario.id:
        raise SnapshotMismatch(
            f"{path} is a conversation of the scenario {saved.scenario!r}, not of {scenario.id!r}."
        )
    trail = follow(
        scenario,
        start=datetime.fromisoformat(saved.beginning.start),
        seed=saved.beginning.seed,
        inputs=dict(saved.beginning.inputs),
        persons=saved.beginning.persons,
        draws=saved.beginning.draws,
        moves=saved.way,
    )
    if not trail.complete:
        click.echo(
            f"The scenario was edited after {path} was saved: the way is marked as far as it can "
            "still be followed.",
            err=True,
        )
    return trail
