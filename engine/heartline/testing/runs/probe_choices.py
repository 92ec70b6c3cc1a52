"""Probes of what is offered: choices that can be taken, that cannot, that are shown but closed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.reasons import explain_choice
from heartline.testing.runs.probe import Probe, listed, with_note
from heartline.testing.runs.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.plan import ChoiceSpec
    from heartline.testing.files.form import Expect
    from heartline.testing.runs.probe import Told
    from heartline.testing.runs.scene import Scene

__all__ = ["choice_probes"]


def choice_probes(expect: Expect) -> Iterator[Probe]:
    for number, name in enumerate(expect.offered or ()):
        yield Probe(
            "offered", ("offered", number),
            partial(_is_open, name), partial(_why_not_offered, name),
        )  # fmt: skip
    for number, name in enumerate(expect.not_offered or ()):
        yield Probe(
            "not_offered", ("not_offered", number),
            partial(_is_not_open, name), partial(_can_be_chosen, name),
        )  # fmt: skip
    if expect.only_offered is not None:
        names = expect.only_offered
        wanted = frozenset(names)
        yield Probe(
            "only_offered", ("only_offered",),
            lambda scene: scene.open.keys() == wanted,
            lambda scene: (listed(names, "none"), _other_choices(wanted, scene)),
        )  # fmt: skip
    for name, words in (expect.closed or {}).items():
        reason = Wording.of(words) if words is not None else None
        yield Probe(
            "closed", ("closed", name),
            partial(_is_closed, name, reason), partial(_why_not_closed, name, reason),
        )  # fmt: skip


def _is_open(name: str, scene: Scene) -> bool:
    return name in scene.open


def _can_be_chosen(name: str, _scene: Scene) -> Told:
    return f"{name} cannot be chosen", "it can be chosen"


def _is_not_open(name: str, scene: Scene) -> bool:
    return name not in scene.open


def _is_closed(name: str, reason: Wording | None, scene: Scene) -> bool:
    return name in scene.shut and (reason is None or reason.matches(scene.reason(name)))


def _why_not_offered(name: str, scene: Scene) -> Told:
    return f"{name} can be chosen", f"{_standing(name, scene)}\n{_offered(scene)}"


def _why_not_closed(name: str, reason: Wording | None, scene: Scene) -> Told:
    expected = f"{name} is shown, but closed" + (f": {reason}" if reason is not None else "")
    came = _standing(name, scene)
    if name in scene.shut and reason is not None:
        came = with_note(came, reason.difference(scene.reason(name)))
    return expected, came


def _other_choices(wanted: frozenset[str], scene: Scene) -> str:
    lines = [listed(scene.open, "none")]
    missing = sorted(wanted - scene.open.keys())
    lines += [f"missing: {name} ({_standing(name, scene)})" for name in missing]
    extra = [name for name in scene.open if name not in wanted]
    if extra:
        lines.append(f"too much: {listed(extra)}")
    return "\n".join(lines)


def _standing(name: str, scene: Scene) -> str:
    """How it stands with a choice, in a few words."""
    if name in scene.open:
        return "it can be chosen"
    if name in scene.shut:
        return f'closed: "{scene.reason(name)}"'
    machine = scene.machine
    for spec in machine.leaves[scene.frame[0]].choices:
        if spec.id == name:
            if machine.roles[spec.role].engine and spec.role not in scene.position.persons:
                return f"the engine plays {spec.role}, whose choice it is"
            return f"not shown, since it is closed: {_exactly(spec, scene)}"
    hint = did_you_mean(name, [*scene.open, *scene.shut])
    return f"no choice of {scene.frame[0]}" + (f"; {hint}" if hint else "")


def _exactly(spec: ChoiceSpec, scene: Scene) -> str:
    """What a choice that nobody is shown needs, in the words of its file."""
    if spec.once and scene.frame[scene.machine.layout["taken", spec.id]]:
        return "it has been taken once"
    return explain_choice(scene.machine, scene.position, spec, reveal_hidden=True).exact


def _offered(scene: Scene) -> str:
    return f"what can be chosen: {listed(scene.open, 'nothing')}"
