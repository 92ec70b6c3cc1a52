"""What a host does, for those who watch over it: Prometheus text, structured logs, spans.

    watching = Watching(metrics=True, logs=True, spans=True)     # each only where it is asked for
    host = Host("sqlite:///heartline.db", ["reconciliation"], observer=watching)
    page = watching.text(await host.store.counts())

All of them tell how much happens, how long it takes and what goes wrong, by the ids of scenarios
and the names of errors. None of them ever holds a text of a conversation, a reference or an id of
one, so they may be kept longer, and be read by others, than the conversations themselves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from heartline.errors import CallerError
from heartline.host.forecasting import WAITS
from heartline.host.loglines import LOGGER, Logs
from heartline.host.observing import Observer

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider
    from prometheus_client import CollectorRegistry

    from heartline.host.values import Counts

__all__ = ["Watching"]

# Seconds, as the upper ends of what is counted together: turns take fractions of one, and timers
# are late by seconds while a host runs, by days when none did.
_TURN = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LATE = (0.1, 1, 5, 30, 60, 600, 3600, 21_600, 86_400, 604_800)


class Watching(Observer):
    """Writes down what a host does.

    `metrics` counts for Prometheus (`text`, in `registry` or one of its own); `logs` writes to the
    logger `heartline.host`, with fields; `spans` gives each turn and what else happens to
    OpenTelemetry, to `tracers` or those that the program has set. Raises CallerError where a
    package is missing.
    """

    def __init__(
        self,
        *,
        metrics: bool = False,
        logs: bool = False,
        spans: bool = False,
        registry: CollectorRegistry | None = None,
        tracers: TracerProvider | None = None,
    ) -> None:
        self._metrics = _Metrics(registry) if metrics or registry is not None else None
        parts: list[Observer] = [] if self._metrics is None else [self._metrics]
        if logs:
            parts.append(Logs())
        if spans or tracers is not None:
            parts.append(_Spans(tracers))
        self._parts = tuple(parts)

    def text(self, counts: Counts | None = None) -> str:
        """The page for Prometheus, with how much the store holds where that is given. Raises
        CallerError where metrics were not asked for."""
        if self._metrics is not None and counts is not None:
            self._metrics.hold(counts)
        return self._metrics_here().text()

    @property
    def registry(self) -> CollectorRegistry:
        """What is counted, for prometheus-client's own ways to show it. Raises CallerError as
        `text` does."""
        return self._metrics_here().registry

    def hold(self, counts: Counts) -> None:
        """The store holds so much: for a page that is shown from `registry`."""
        if self._metrics is not None:
            self._metrics.hold(counts)

    def _metrics_here(self) -> _Metrics:
        if self._metrics is None:
            raise CallerError("Nothing was counted: say Watching(metrics=True).")
        return self._metrics

    def unloaded(self, scenario: str, why: str) -> None:
        for part in self._parts:
            part.unloaded(scenario, why)

    def noted(self, scenario: str, version: str, count: int, fate: str, note: str) -> None:
        for part in self._parts:
            part.noted(scenario, version, count, fate, note)

    def turn(self, scenario: str, seconds: float) -> None:
        for part in self._parts:
            part.turn(scenario, seconds)

    def refused(self, kind: str) -> None:
        for part in self._parts:
            part.refused(kind)

    def conflict(self) -> None:
        for part in self._parts:
            part.conflict()

    def fired(self, count: int, late: float) -> None:
        for part in self._parts:
            part.fired(count, late)

    def stuck(self, scenario: str, kind: str) -> None:
        for part in self._parts:
            part.stuck(scenario, kind)

    def unavailable(self, kind: str) -> None:
        for part in self._parts:
            part.unavailable(kind)

    def back(self, seconds: float) -> None:
        for part in self._parts:
            part.back(seconds)

    def delivered(self) -> None:
        for part in self._parts:
            part.delivered()

    def undelivered(self) -> None:
        for part in self._parts:
            part.undelivered()

    def parked(self) -> None:
        for part in self._parts:
            part.parked()

    def waiting(self, scenario: str) -> None:
        for part in self._parts:
            part.waiting(scenario)


class _Metrics(Observer):
    """Counts for Prometheus. Labels are ids of scenarios and names of errors: few, and known."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        try:
            import prometheus_client as prometheus
        except ModuleNotFoundError as error:
            raise _missing("Metrics", "prometheus-client", "prometheus_client", error) from None
        self._generate = prometheus.generate_latest
        self.registry = registry = registry or prometheus.CollectorRegistry()

        def count(name: str, what: str, *labels: str) -> Any:
            return prometheus.Counter(f"heartline_{name}", what, labels, registry=registry)

        def spread(name: str, what: str, ends: tuple[float, ...], *labels: str) -> Any:
            return prometheus.Histogram(
                f"heartline_{name}", what, labels, buckets=ends, registry=registry
            )

        self._turns = spread("turn_seconds", "Turns that were stored", _TURN, "scenario")
        self._refused = count("refused", "Calls that were refused", "error")
        self._conflicts = count("conflicts", "Turns that were worked out anew")
        self._fired = count("timers_fired", "Timers that fired")
        self._late = spread("timer_late_seconds", "How late timers fired", _LATE)
        self._stuck = count(
            "timers_stuck", "Tries to let timers fire in vain", "scenario", "error"
        )  # fmt: skip
        self._unavailable = count(
            "store_unavailable", "Times that the store did not answer", "error"
        )  # fmt: skip
        self._away = spread(
            "store_away_seconds", "How long the store did not answer, each time", _LATE
        )  # fmt: skip
        self._delivered = count("parcels_delivered", "Parcels that have arrived")
        self._undelivered = count("parcels_undelivered", "Tries to deliver in vain")
        self._parked = count("parcels_parked", "Parcels that are tried no more")
        self._waiting = count(
            "waiting", "Calls for conversations whose scenario does not load", "scenario"
        )  # fmt: skip
        self._unloaded = count("unloaded", "Starts at which a scenario did not load", "scenario")
        self._noted = count(
            "other_versions", "Live conversations that a start found in other versions",
            "scenario", "version", "fate",
        )  # fmt: skip
        self._held = prometheus.Gauge(
            "heartline_held", "How much the store holds", ("what",), registry=None
        )  # fmt: skip
        self._holds = False

    def hold(self, counts: Counts) -> None:
        if not self._holds:
            self.registry.register(self._held)
            self._holds = True
        for what in ("conversations", "live", "timers", "parcels", "parked"):
            self._held.labels(what).set(getattr(counts, what))

    def text(self) -> str:
        return self._generate(self.registry).decode()

    def unloaded(self, scenario: str, why: str) -> None:  # noqa: ARG002 - no number is in it
        self._unloaded.labels(scenario).inc()

    def noted(
        self,
        scenario: str,
        version: str,
        count: int,
        fate: str,
        note: str,  # noqa: ARG002 - as above
    ) -> None:
        self._noted.labels(scenario, version, fate).inc(count)

    def turn(self, scenario: str, seconds: float) -> None:
        self._turns.labels(scenario).observe(seconds)

    def refused(self, kind: str) -> None:
        self._refused.labels(kind).inc()

    def conflict(self) -> None:
        self._conflicts.inc()

    def fired(self, count: int, late: float) -> None:
        self._fired.inc(count)
        self._late.observe(late)

    def stuck(self, scenario: str, kind: str) -> None:
        self._stuck.labels(scenario, kind).inc()

    def unavailable(self, kind: str) -> None:
        self._unavailable.labels(kind).inc()

    def back(self, seconds: float) -> None:
        self._away.observe(seconds)

    def delivered(self) -> None:
        self._delivered.inc()

    def undelivered(self) -> None:
        self._undelivered.inc()

    def parked(self) -> None:
        self._parked.inc()

    def waiting(self, scenario: str) -> None:
        self._waiting.labels(scenario).inc()


class _Spans(Observer):
    """Spans, made when what they tell of is over: a turn's begins as long ago as it took, and is a
    child of whatever span the caller is in."""

    def __init__(self, tracers: TracerProvider | None) -> None:
        try:
            from opentelemetry import trace
        except ModuleNotFoundError as error:
            raise _missing("Spans", "opentelemetry-api", "opentelemetry", error) from None
        self._tracer = trace.get_tracer(LOGGER, tracer_provider=tracers)
        self._failed = trace.Status(trace.StatusCode.ERROR)

    def _span(
        self, name: str, seconds: float = 0.0, *, failed: bool = False, **fields: str | float
    ) -> None:
        now = time.time_ns()
        attributes = {f"heartline.{field}": value for field, value in fields.items()}
        if "heartline.error" in attributes:  # what OpenTelemetry calls it
            attributes["error.type"] = attributes.pop("heartline.error")
        span = self._tracer.start_span(
            f"heartline {name}", attributes=attributes, start_time=now - int(seconds * 1e9)
        )
        if failed:
            span.set_status(self._failed)
        span.end(now)

    def unloaded(self, scenario: str, why: str) -> None:
        self._span("scenario does not load", failed=True, scenario=scenario, why=why)

    def noted(self, scenario: str, version: str, count: int, fate: str, note: str) -> None:
        self._span(
            "conversations in another version", failed=fate == WAITS,
            scenario=scenario, version=version, count=count, fate=fate, note=note,
        )  # fmt: skip

    def turn(self, scenario: str, seconds: float) -> None:
        self._span("turn", seconds, scenario=scenario)

    def refused(self, kind: str) -> None:
        self._span("refused", failed=True, error=kind)

    def conflict(self) -> None:
        self._span("conflict")

    def fired(self, count: int, late: float) -> None:
        self._span("timers fired", count=count, late=late)

    def stuck(self, scenario: str, kind: str) -> None:
        self._span("timers stuck", failed=True, scenario=scenario, error=kind)

    def unavailable(self, kind: str) -> None:
        self._span("store unavailable", failed=True, error=kind)

    def back(self, seconds: float) -> None:
        self._span("store is back", away=seconds)

    def delivered(self) -> None:
        self._span("parcel delivered")

    def undelivered(self) -> None:
        self._span("parcel not delivered", failed=True)

    def parked(self) -> None:
        self._span("parcel parked", failed=True)

    def waiting(self, scenario: str) -> None:
        self._span("conversation waits", failed=True, scenario=scenario)


def _missing(what: str, package: str, module: str, error: ModuleNotFoundError) -> Exception:
    if (error.name or "").partition(".")[0] != module:
        return error  # it is there, and something in it is not
    return CallerError(f"{what} need {package}: pip install 'heartline[watch]'.")
