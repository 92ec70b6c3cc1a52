"""What arguments and options take: a scenario by its name or path, whole numbers, sizes,
lengths of time, how fast time runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import timedelta

    from click.shell_completion import CompletionItem

__all__ = ["Length", "Number", "Port", "ScenarioName", "Size", "Speed"]

LAST_PORT = 65_535
FASTEST = 1e9  # with which a second is thirty years


class ScenarioName(click.ParamType[str]):
    """A scenario by name or path. Whether there is one is found out on loading it."""

    name = "scenario"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from heartline.loader import bundled_scenarios

        names = [
            CompletionItem(name)
            for name in sorted(bundled_scenarios())
            if name.startswith(incomplete)
        ]
        return [*names, *click.Path().shell_complete(ctx, param, incomplete)]


class Number(click.IntRange):
    """A whole number between two bounds, refused in words where it is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            bounds = f"from {self.min:,}" + (f" to {self.max:,}" if self.max is not None else "")
            shown = repr(str(value)[:40])
            self.fail(f"{shown} is not a whole number {bounds}.", param, ctx)


class Size(click.ParamType[int]):
    """A size such as 2GB."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        from heartline.cli.proving import size

        try:
            return size(str(value))
        except ValueError as fault:
            self.fail(str(fault), param, ctx)


class Length(click.ParamType["timedelta"]):
    """A length of time such as 14d."""

    name = "length"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        from heartline.durations import parse_duration

        try:
            return parse_duration(str(value))
        except ValueError as fault:
            self.fail(f"{fault}.", param, ctx)


class Port(click.ParamType["int | None"]):
    """A port of this machine, or `off`, which is None."""

    name = "port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        text = str(value)
        if text == "off":
            return None
        if not (text.isascii() and text.isdigit() and int(text[:6]) <= LAST_PORT):
            self.fail(
                f"{text[:40]!r} is no port: write a number from 0 to {LAST_PORT}, or off.",
                param, ctx,
            )  # fmt: skip
        return int(text[:6])


class Speed(click.ParamType[float]):
    """How many times as fast as the machine's a clock runs."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed <= FASTEST:
            self.fail(
                f"{str(value)[:40]!r} is no speed: write a number above 0, as in 86400, with which "
                "a day takes a second.",
                param, ctx,
            )  # fmt: skip
        return speed
