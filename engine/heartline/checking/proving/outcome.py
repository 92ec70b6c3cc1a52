"""What a proof came to: figures, a verdict for each promise, findings, and plays that show them.

`judge` has the runtime play each way that shows something. What is broken only by the graph's word,
and not in such a play, is inconclusive.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Thread
from types import MappingProxyType
from typing import TYPE_CHECKING

from heartline.checking.monitor import Watch
from heartline.checking.patterns import is_monitored
from heartline.checking.proving.findings import find, unsaid
from heartline.checking.proving.ordering import Order
from heartline.checking.proving.promises import INCONCLUSIVE, VIOLATED, Verdict, decide
from heartline.checking.proving.witness import NotReplayed, Replayer
from heartline.diagnostics import Diagnostic, Severity, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    from heartline.checking.exploring.graph import Graph
    from heartline.checking.proving.findings import Finding
    from heartline.checking.proving.slices import Sliced
    from heartline.checking.proving.witness import Witness
    from heartline.conversation import Scenario
    from heartline.plan import Promise

    Result = TypeVar("Result")

__all__ = ["Outcome", "Shown", "judge"]

BROKEN, UNDECIDED, VACUOUS = "HL001", "HL002", "HL003"
MANY = 1_000_000  # configurations, from which on the promises are decided in two threads


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding, or a promise, with the play that shows it. `name` is a short name for it, for
    files; `doubt` says why there is no play where there should be one."""

    name: str
    diagnostic: Diagnostic | None
    witness: Witness | None = None
    doubt: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the proof of a scenario came to. `promises` are in the order of the file; `findings`
    are by place, and what lint found is among them."""

    scenario: Scenario
    graph: Graph
    promises: tuple[Shown, ...]
    findings: tuple[Shown, ...]
    seconds: float

    def after(self, seconds: float) -> Outcome:
        """The same, after so many seconds."""
        return replace(self, seconds=seconds)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that there is to say, by place."""
        said = [each.diagnostic for each in self.shown if each.diagnostic is not None]
        return tuple(sorted(said, key=sort_key))

    @property
    def shown(self) -> tuple[Shown, ...]:
        """What is said of promises, then the other findings."""
        return (*self.promises, *self.findings)

    @property
    def is_good(self) -> bool:
        """Whether all is proved, and no finding is more than a note."""
        return self.graph.is_whole and all(
            each.severity is Severity.NOTE for each in self.diagnostics
        )

    @property
    def depth(self) -> int:
        """How many moves lead to the farthest configuration, by a shortest way."""
        return max(len(self.graph.levels) - 2, 0)


def judge(
    scenario: Scenario,
    graph: Graph,
    *,
    only: Sequence[Promise] | None = None,
    linted: Sequence[Diagnostic] = (),
    sliced: Mapping[str, Sliced] = MappingProxyType({}),
) -> Outcome:
    """Decide what a graph shows of its scenario, and have the runtime play it.

    With `only` these promises are decided, and nothing else is looked for. `linted` is what lint
    has found, and `sliced` what slices have decided, which the graph need not decide again. Where
    it is interrupted, what was not decided until then is inconclusive.
    """
    order = Order(graph)
    looking = _beside(lambda: find(graph, order)) if only is None else None
    judge = _Judge(scenario, graph)
    asked = scenario.machine.promises if only is None else only
    rest = [promise for promise in asked if promise.name not in sliced]
    try:
        verdicts = _decided(graph, rest, order)
    except KeyboardInterrupt:
        graph.stopped = "interrupt"
        verdicts = tuple(_interrupted(promise) for promise in rest)
    shown = {verdict.promise.name: judge.promise(verdict) for verdict in verdicts}
    for name, each in sliced.items():
        shown[name] = _Judge(scenario, each.graph).promise(each.verdict)
    judged = tuple(shown[promise.name] for promise in asked)
    found: tuple[Shown, ...] = ()
    if looking is not None:
        found = tuple(Shown(each.code.lower(), each) for each in linted)
        try:
            if graph.stopped != "interrupt":
                found += tuple(judge.finding(each) for each in unsaid(looking.result(), linted))
        except KeyboardInterrupt:
            graph.stopped = "interrupt"
        found = tuple(sorted(found, key=lambda each: sort_key(_said(each))))
    return Outcome(scenario, graph, judged, found, graph.seconds)


def _decided(graph: Graph, promises: Sequence[Promise], order: Order) -> tuple[Verdict, ...]:
    """The verdicts, of a large graph in two halves side by side."""
    if len(graph) < MANY:
        return decide(graph, promises, order)
    # What asks for what can be reached is answered all at once.
    first = [each for each in promises if not is_monitored(each)]
    others = [each for each in promises if is_monitored(each)]
    half = max(len(promises) // 2 - len(first), 0)
    first, second = first + others[:half], others[half:]
    beside = _beside(lambda: decide(graph, second, order))
    return decide(graph, first, order) + beside.result()


def _beside(work: Callable[[], Result]) -> Future[Result]:
    """Have something done in another thread: arrays leave the interpreter to others for most of the
    time. Nothing waits for it at the end of an interrupted program."""
    found: Future[Result] = Future()

    def do() -> None:
        try:
            found.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            found.set_exception(error)

    Thread(target=do, daemon=True).start()
    return found


def _interrupted(promise: Promise) -> Verdict:
    return Verdict(
        promise, INCONCLUSIVE, vacuous=False, path=None,
        sentence=f"The promise {promise.name!r} is not decided: it was interrupted.",
    )  # fmt: skip


def _said(shown: Shown) -> Diagnostic:
    assert shown.diagnostic is not None
    return shown.diagnostic


class _Judge:
    """Believes a graph what the runtime plays."""

    def __init__(self, scenario: Scenario, graph: Graph) -> None:
        self._replayer = Replayer(scenario, graph)
        self._watch = Watch(scenario)

    def promise(self, verdict: Verdict) -> Shown:
        """What is said of a promise."""
        promise, witness, doubt = verdict.promise, None, None
        if verdict.path is not None:
            try:
                witness = self._replayer.replay(verdict.path)
                verdict = replace(verdict, sentence=self._broken(verdict, witness))
            except NotReplayed as reason:
                witness, doubt = None, str(reason)
                verdict = replace(
                    verdict, verdict=INCONCLUSIVE, path=None,
                    sentence=f"The promise {promise.name!r} is not decided: a play was found that "
                    f"seems to break it, and it could not be played. {reason}",
                )  # fmt: skip
        return Shown(promise.name, _diagnostic(verdict), witness, doubt, verdict)

    def _broken(self, verdict: Verdict, witness: Witness) -> str:
        """How a play breaks a promise, as the monitor beside it says; raises NotReplayed where it
        does not break it."""
        if not is_monitored(verdict.promise):
            return verdict.sentence
        monitor = self._watch.monitor()
        for number, turn in enumerate(witness.turns):
            violations = monitor.stepped(turn.step) if number else monitor.began(turn.step)
            for violation in violations:
                if violation.name == verdict.promise.name:
                    return violation.sentence
        raise NotReplayed("The runtime plays it, and the promise is kept in that play.")

    def finding(self, found: Finding) -> Shown:
        """A finding with its play; one that cannot be played is no error."""
        name = f"{found.kind}_{found.name}"
        if found.path is None:
            return Shown(name, found.diagnostic)
        try:
            return Shown(name, found.diagnostic, self._replayer.replay(found.path))
        except NotReplayed as reason:
            said = found.diagnostic
            if said.severity is Severity.ERROR:
                said = replace(said, severity=Severity.WARNING)
            return Shown(name, said, None, str(reason))


def _diagnostic(verdict: Verdict) -> Diagnostic | None:
    promise, sentence = verdict.promise, verdict.sentence
    if verdict.verdict == VIOLATED:
        return Diagnostic(BROKEN, Severity.ERROR, sentence, promise.location)
    if verdict.verdict == INCONCLUSIVE:
        return Diagnostic(UNDECIDED, Severity.WARNING, sentence, promise.location)
    if verdict.vacuous:
        return Diagnostic(VACUOUS, Severity.WARNING, sentence, promise.location)
    return None
