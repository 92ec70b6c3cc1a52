"""What is promised about speed, and whether it is kept."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that was measured, beside what is promised of it; None where nothing is.

    `spread` is the middle half of the rounds, where there were rounds.
    """

    what: str
    measured: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    spread: tuple[float, float] | None = None

    @property
    def kept(self) -> bool:
        """Whether the promise is kept; true where there is none."""
        return (self.at_least is None or self.measured >= self.at_least) and (
            self.at_most is None or self.measured <= self.at_most
        )

    @property
    def promise(self) -> str:
        """The promise in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}{self.unit}"
        if self.at_most is not None:
            return f"at most {self.at_most:g}{self.unit}"
        return ""
