"""`heartline schema`."""

from __future__ import annotations

import click

from heartline.schema import schema_text

__all__ = ["command"]


@click.command(
    "schema",
    epilog="""\b
Example:
  heartline schema > scenario.schema.json

\b
An editor that knows YAML uses it when a scenario's first line is
  # yaml-language-server: $schema=scenario.schema.json

The schema goes to standard output. Exit code 0.""",
)
def command() -> None:
    """Print the JSON Schema of the scenario format."""
    click.echo(schema_text(), nl=False)
