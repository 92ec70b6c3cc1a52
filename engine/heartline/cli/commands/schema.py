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
  heartline schema --http > openapi.json

\b
An editor that knows YAML uses it when a file's first line is
  # yaml-language-server: $schema=scenario.schema.json

The schema goes to standard output. Exit code 0.""",
)
@click.option("--tests", is_flag=True, help="That of test files.")
@click.option("--stdio", is_flag=True, help="That of the lines of `heartline run --on stdio`.")
@click.option("--http", is_flag=True, help="The OpenAPI of `heartline serve`.")
def command(tests: bool, stdio: bool, http: bool) -> None:
    """Print the JSON Schema of the scenario format."""
    if tests + stdio + http > 1:
        raise click.UsageError("--tests, --stdio and --http are different ones: ask for one.")
    if http:
        from heartline.frontends.web.app import openapi_text

        click.echo(openapi_text(), nl=False)
    elif stdio:
        from heartline.frontends.stdio import forms

        click.echo(forms.schema_text(), nl=False)
    elif tests:
        from heartline.testing.files.schema import tests_schema_text

        click.echo(tests_schema_text(), nl=False)
    else:
        from heartline.schema import schema_text

        click.echo(schema_text(), nl=False)
