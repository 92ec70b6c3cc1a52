"""`heartline schema`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command(
    "schema",
    epilog="""\b
Examples:
  heartline schema > scenario.schema.json
  heartline schema --tests > tests.schema.json
  heartline schema --stdio > stdio.schema.json

\b
An editor that knows YAML uses it when a file's first line is
  # yaml-language-server: $schema=scenario.schema.json

The schema goes to standard output. Exit code 0.""",
)
@click.option("--tests", is_flag=True, help="That of test files.")
@click.option("--stdio", is_flag=True, help="That of the lines of `heartline run --on stdio`.")
def command(tests: bool, stdio: bool) -> None:
    """Print the JSON Schema of the scenario format."""
    if tests and stdio:
        raise click.UsageError("--tests and --stdio are two schemas: ask for one of them.")
    if stdio:
        from heartline.frontends.stdio import forms

        click.echo(forms.schema_text(), nl=False)
    elif tests:
        from heartline.testing.files.schema import tests_schema_text

        click.echo(tests_schema_text(), nl=False)
    else:
        from heartline.schema import schema_text

        click.echo(schema_text(), nl=False)
