"""Whoever watches over a host learns how much and how long, and nothing that somebody said."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client.parser import text_string_to_metric_families

from heartline import Choose, ManualClock, Tick
from heartline.errors import CallerError, HeartlineError
from heartline.host import Host, JsonLines, Parcel, Watching
from heartline.host.observing import Observer
from heartline.host.values import Counts
from hosting import INN, host_on, inn, later, url_of

# Words that stand in texts, in references, in keys and in what goes wrong.
PLANTED = ("Zanzibar", "quagga", "ocelot", "marzipan")


class Kept(SpanExporter):
    """Keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: object) -> SpanExportResult:
        self.spans += spans  # type: ignore[arg-type, operator]
        return SpanExportResult.SUCCESS


class Lines(logging.Handler):
    """Keeps the lines of a log, as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Lines]:
    handler, logger = Lines(), logging.getLogger("heartline.host")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def spans() -> Iterator[tuple[TracerProvider, Kept]]:
    kept, provider = Kept(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    yield provider, kept
    provider.shutdown()


def happens(observer: Observer) -> list[str]:
    """Something of everything happens on a host; gives the ids of what was in it."""
    ids = []

    async def deliver(reference: str, parcel: Parcel) -> None:
        raise OSError("marzipan")

    async def main() -> None:
        clock = ManualClock()
        host = host_on("memory:", clock=clock, observer=observer, deliver=deliver)
        async with host:
            told = {"mo": "ocelot-2"}
            first = await host.open(
                "quagga-1", "inn", {"nick": "Zanzibar"}, tell=told, key="ocelot"
            )
            ids.append(first.conversation)
            await host.submit("quagga-1", Choose("take"), key="quagga")
            for wrong in (Choose("ask"), Choose("Zanzibar"), Choose("rest", 1)):
                with pytest.raises(HeartlineError):
                    await host.submit("quagga-1", wrong)
            with pytest.raises(HeartlineError):
                await host.submit("quagga-2", Tick())
            later(clock, hours=3)
            await host.fire_due()
            running = asyncio.create_task(host.run())
            while not (await host.store.parcels(clock.now() + timedelta(days=9), 1, 0)):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            running.cancel()
            await asyncio.wait([running])

    asyncio.run(main())
    return ids


def samples(page: str) -> dict[tuple[str, ...], float]:
    """What the page for Prometheus says, by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_metrics_count_what_happened_as_prometheus_reads_it() -> None:
    watching = Watching(metrics=True)
    happens(watching)
    found = samples(watching.text(Counts(7, 6, 5, 4, 3)))
    assert found["heartline_turn_seconds_count", "inn"] == 2
    assert 0 < found["heartline_turn_seconds_sum", "inn"] < 10
    assert found["heartline_timers_fired_total",] == 1
    assert found["heartline_timer_late_seconds_sum",] == 7200
    assert found["heartline_refused_total", "StaleTurn"] == 1
    assert found["heartline_refused_total", "UnknownConversation"] == 1
    assert found["heartline_parcels_undelivered_total",] >= 1
    assert found["heartline_held", "live"] == 6
    assert samples(watching.text())["heartline_held", "live"] == 6


def test_logs_have_fields_and_are_lines_of_json(log: Lines) -> None:
    happens(Watching(logs=True))
    told = [json.loads(line) for line in log.lines]
    turn = next(each for each in told if each["message"] == "turn")
    assert (turn["level"], turn["logger"], turn["scenario"]) == ("info", "heartline.host", "inn")
    assert turn["seconds"] >= 0
    assert datetime.fromisoformat(turn["at"]).tzinfo is not None
    fired = next(each for each in told if each["message"] == "timers fired")
    assert (fired["count"], fired["late"]) == (1, 7200)
    assert {each["error"] for each in told if each["message"] == "refused"} >= {"StaleTurn"}
    missed = next(each for each in told if each["message"] == "parcel not delivered")
    assert missed["level"] == "warning"


def test_a_store_that_is_back_is_told_with_how_long_it_was_away(log: Lines) -> None:
    watching = Watching(logs=True, metrics=True)
    watching.unavailable("StoreUnavailable")
    watching.back(2.5)
    lost, back = [json.loads(line) for line in log.lines]
    assert (lost["level"], lost["message"]) == ("error", "store unavailable")
    assert (back["level"], back["message"], back["away"]) == ("info", "store is back", 2.5)


def test_a_log_of_others_keeps_its_own_fields_and_its_exception(log: Lines) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("heartline.host").exception("it %s", "broke", extra={"where": {1}})
    told = json.loads(log.lines[0])
    assert (told["message"], told["level"], told["where"]) == ("it broke", "error", "{1}")
    assert "ValueError: odd" in told["exception"]


def test_spans_last_as_long_as_the_turn_did(spans: tuple[TracerProvider, Kept]) -> None:
    provider, kept = spans
    with provider.get_tracer("caller").start_as_current_span("the caller's") as caller:
        Watching(tracers=provider).turn("inn", 2.5)
    turn = next(span for span in kept.spans if span.name == "heartline turn")
    assert turn.end_time is not None
    assert turn.start_time is not None
    assert turn.end_time - turn.start_time == 2_500_000_000
    assert dict(turn.attributes or {}) == {"heartline.scenario": "inn"}
    assert turn.parent is not None
    assert turn.parent.span_id == caller.get_span_context().span_id


def test_what_goes_wrong_is_a_span_with_the_kind_of_error(
    spans: tuple[TracerProvider, Kept],
) -> None:
    provider, kept = spans
    happens(Watching(tracers=provider))
    wrong = [span for span in kept.spans if not span.status.is_ok and not span.status.is_unset]
    assert {(span.attributes or {}).get("error.type") for span in wrong} >= {"StaleTurn"}
    assert any(span.name == "heartline timers fired" for span in kept.spans)


def test_no_text_no_reference_and_no_id_is_in_any_of_them(
    log: Lines, spans: tuple[TracerProvider, Kept]
) -> None:
    provider, kept = spans
    watching = Watching(metrics=True, logs=True, tracers=provider)
    ids = happens(watching)
    told = [watching.text(), *log.lines, *(span.to_json() for span in kept.spans)]
    for word in (*PLANTED, *ids, "It rains", "secret"):
        assert not [each for each in told if word in each], word


# What an observer can be told; a test that fails for want of one here is to be given it.
GIVEN = {
    "scenario": "inn", "kind": "Odd", "seconds": 0.5, "count": 2, "late": 3.0, "version": "1.0.0",
    "fate": "waits", "note": "It waits.", "why": "It does not load.",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in vars(Observer) if not name.startswith("_")])
def test_every_thing_that_an_observer_is_told_is_told_in_each_way(
    log: Lines, spans: tuple[TracerProvider, Kept], name: str
) -> None:
    provider, kept = spans
    watching = Watching(metrics=True, logs=True, tracers=provider)
    takes = list(inspect.signature(getattr(Observer, name)).parameters)[1:]
    before = watching.text()
    getattr(watching, name)(*(GIVEN[each] for each in takes))
    assert watching.text() != before, "by no metric"
    assert len(log.lines) == 1, "by no log"
    assert len(kept.spans) == 1, "by no span"


def starts(observer: Observer, folder: Path) -> str:
    """A host starts while conversations are in another version, and in one that is gone, and with
    a scenario that does not load; gives the id of one of them."""
    broken = folder / "broken.yaml"
    broken.write_text(INN.replace("id: inn", "id: barn").replace("to: room}", "to: rom}"))

    async def main() -> str:
        url, clock = url_of("sqlite", folder), ManualClock()
        pub = inn("id: inn", "id: pub")
        async with host_on(url, inn(), pub, clock=clock) as before:
            answer = await before.open("quagga-1", "inn", {"nick": "Zanzibar"}, seed=1)
            await before.open("quagga-2", "inn", seed=1)
            await before.open("quagga-3", "pub", seed=1)
        db = sqlite3.connect(folder / "heartline.db")
        with db:
            db.execute("DELETE FROM scenarios WHERE scenario = 'pub'")
        db.close()
        later = inn(
            "  gone: {type: final", "  away: {type: final, outcome: away}\n  gone: {type: final"
        )
        async with Host(url, [later, broken], clock=clock, observer=observer):
            pass
        return answer.conversation

    return asyncio.run(main())


def test_a_start_tells_what_does_not_load_and_who_is_in_another_version(
    log: Lines, spans: tuple[TracerProvider, Kept], tmp_path: Path
) -> None:
    provider, kept = spans
    watching = Watching(metrics=True, logs=True, tracers=provider)
    conversation = starts(watching, tmp_path)
    told = [json.loads(line) for line in log.lines]
    barn, inns, pubs = told
    assert (barn["level"], barn["scenario"]) == ("error", "barn")
    assert "did you mean 'room'?" in barn["why"]
    assert (inns["level"], inns["scenario"], inns["version"]) == ("info", "inn", "1.0.0")
    assert (inns["count"], inns["fate"]) == (2, "stays")
    assert inns["note"].startswith("Live conversations of inn in its version 1.0.0: 2. They go on")
    assert (pubs["level"], pubs["count"], pubs["fate"]) == ("error", 1, "waits")
    assert "is not in the store" in pubs["note"]
    found = samples(watching.text())
    assert found["heartline_unloaded_total", "barn"] == 1
    assert found["heartline_other_versions_total", "stays", "inn", "1.0.0"] == 2
    assert found["heartline_other_versions_total", "waits", "pub", "1.0.0"] == 1
    assert [span.name for span in kept.spans if not span.status.is_unset] == [
        "heartline scenario does not load", "heartline conversations in another version",
    ]  # fmt: skip
    for word in (*PLANTED, conversation):
        assert not [
            each for each in (watching.text(), *log.lines, *(s.to_json() for s in kept.spans))
            if word in each
        ]  # fmt: skip


def test_only_what_is_asked_for_is_told(log: Lines) -> None:
    watching = Watching()
    happens(watching)
    assert not log.lines
    with pytest.raises(CallerError, match=r"Watching\(metrics=True\)"):
        watching.text()


@pytest.mark.parametrize(
    ("module", "asked", "package"),
    [
        ("prometheus_client", "metrics", "prometheus-client"),
        ("opentelemetry", "spans", "opentelemetry-api"),
    ],
)
def test_a_missing_package_is_named_with_the_way_to_get_it(
    module: str, asked: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    Watching(logs=True)
    with pytest.raises(CallerError, match=f"need {package}: pip install 'heartline.watch.'"):
        Watching(metrics=asked == "metrics", spans=asked == "spans")
