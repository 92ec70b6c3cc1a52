"""Probes of what is said: lines in order, lines that must not come, who speaks, support."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from heartline.testing.runs.probe import Probe, listed, with_note
from heartline.testing.runs.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.testing.files.form import Expect, LineExpected
    from heartline.testing.runs.probe import Told
    from heartline.testing.runs.scene import Scene
    from heartline.turn import Said

__all__ = ["line_probes"]


@dataclass(frozen=True, slots=True)
class _Line:
    speaker: str | None
    words: Wording

    @classmethod
    def of(cls, line: LineExpected) -> _Line:
        return cls(line.speaker, Wording.of(line))

    def matches(self, said: Said) -> bool:
        return self.speaker in (None, said.speaker) and self.words.matches(said.text)

    def __str__(self) -> str:
        return f"{self.speaker or 'anybody'}: {self.words}"


def line_probes(expect: Expect) -> Iterator[Probe]:
    lines = tuple(map(_Line.of, expect.lines or ()))
    for number in range(len(lines)):
        yield Probe(
            "lines", ("lines", number),
            partial(_is_said, lines, number), partial(_not_said_but, lines, number),
        )  # fmt: skip
    for number, line in enumerate(map(_Line.of, expect.not_said or ())):
        yield Probe(
            "not_said", ("not_said", number),
            partial(_is_not_said, line), partial(_said_after_all, line),
        )  # fmt: skip
    if expect.said_by is not None:
        speakers = list(expect.said_by)
        yield Probe(
            "said_by", ("said_by",),
            lambda scene: [said.speaker for said in scene.lines] == speakers,
            lambda scene: (listed(speakers, "nobody"), _all_said(scene)),
        )  # fmt: skip
    if expect.nothing_more_said:
        yield Probe(
            "nothing_more_said", ("nothing_more_said",),
            lambda scene: not _more(lines, scene),
            lambda scene: (
                "no other lines" if lines else "nothing is said",
                "\n".join(map(_said, _more(lines, scene))),
            ),
        )  # fmt: skip
    if expect.support is not None:
        support = Wording.of(expect.support)
        yield Probe(
            "support", ("support",),
            lambda scene: support.matches(scene.support),
            lambda scene: (
                str(support),
                with_note(f'"{scene.support}"' if scene.support else "no such text here",
                      support.difference(scene.support)),
            ),
        )  # fmt: skip


def _found(lines: Sequence[_Line], said: Sequence[Said]) -> list[int]:
    """Where the expected lines stand, in order; as many as are found before the first that isn't.

    The earliest place for each is the best for those that follow.
    """
    places: list[int] = []
    at = 0
    for line in lines:
        while at < len(said) and not line.matches(said[at]):
            at += 1
        if at == len(said):
            break
        places.append(at)
        at += 1
    return places


def _is_said(lines: tuple[_Line, ...], number: int, scene: Scene) -> bool:
    """Whether this line came. Only the first that is missing is told: what comes after it cannot
    be placed, unless it is nowhere at all."""
    missing = len(_found(lines, scene.lines))
    if number <= missing:
        return number != missing
    return any(lines[number].matches(said) for said in scene.lines)


def _not_said_but(lines: tuple[_Line, ...], number: int, scene: Scene) -> Told:
    line, said = lines[number], scene.lines
    if not said:
        return str(line), "nothing was said"
    if any(line.matches(each) for each in said):
        before = next(each for each in reversed(lines[:number]))
        return str(line), f"it is said, but not after {before}\n{_all_said(scene)}"
    nearest = max(
        said,
        key=lambda each: (line.words.nearness(each.text), line.speaker in (None, each.speaker)),
    )
    note = line.words.difference(nearest.text)
    if line.words.matches(nearest.text):
        note = f"the words are as expected, but {nearest.speaker} says them"
    return str(line), with_note(_said(nearest), note)


def _is_not_said(line: _Line, scene: Scene) -> bool:
    return not any(line.matches(said) for said in scene.lines)


def _said_after_all(line: _Line, scene: Scene) -> Told:
    said = next(said for said in scene.lines if line.matches(said))
    return f"not said: {line}", _said(said)


def _more(lines: tuple[_Line, ...], scene: Scene) -> list[Said]:
    places = set(_found(lines, scene.lines))
    return [said for at, said in enumerate(scene.lines) if at not in places]


def _said(said: Said) -> str:
    only = f" (only to {said.only_to})" if said.only_to else ""
    return f'{said.speaker}{only}: "{said.text}"'


def _all_said(scene: Scene) -> str:
    return "\n".join(map(_said, scene.lines)) or "nothing was said"
