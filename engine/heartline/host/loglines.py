"""What a host does, as records of the standard library's logging, and as lines.

    logging.getLogger(LOGGER).addHandler(handler)
    handler.setFormatter(JsonLines())

No text of a conversation, no reference and no id of one is in any of them.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from heartline.host.forecasting import WAITS
from heartline.host.observing import Observer

__all__ = ["LOGGER", "JsonLines", "Logs", "TextLines"]

LOGGER = "heartline.host"

# What each record of the standard library has; all else in it are fields that somebody gave it.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Logs(Observer):
    """Records of the standard library: the message says what happened, fields say the rest."""

    def __init__(self) -> None:
        self._logger = logging.getLogger(LOGGER)

    def _tell(self, what: str, level: int = logging.INFO, **fields: object) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, what, extra=fields)

    def unloaded(self, scenario: str, why: str) -> None:
        self._tell("scenario does not load", logging.ERROR, scenario=scenario, why=why)

    def noted(self, scenario: str, version: str, count: int, fate: str, note: str) -> None:
        self._tell(
            "conversations in another version", logging.ERROR if fate == WAITS else logging.INFO,
            scenario=scenario, version=version, count=count, fate=fate, note=note,
        )  # fmt: skip

    def turn(self, scenario: str, seconds: float) -> None:
        self._tell("turn", scenario=scenario, seconds=round(seconds, 6))

    def refused(self, kind: str) -> None:
        self._tell("refused", error=kind)

    def conflict(self) -> None:
        self._tell("conflict")

    def fired(self, count: int, late: float) -> None:
        self._tell("timers fired", count=count, late=round(late, 3))

    def stuck(self, scenario: str, kind: str) -> None:
        self._tell("timers stuck", logging.ERROR, scenario=scenario, error=kind)

    def unavailable(self, kind: str) -> None:
        self._tell("store unavailable", logging.ERROR, error=kind)

    def back(self, seconds: float) -> None:
        self._tell("store is back", away=round(seconds, 3))

    def delivered(self) -> None:
        self._tell("parcel delivered")

    def undelivered(self) -> None:
        self._tell("parcel not delivered", logging.WARNING)

    def parked(self) -> None:
        self._tell("parcel parked", logging.ERROR)

    def waiting(self, scenario: str) -> None:
        self._tell("conversation waits", logging.ERROR, scenario=scenario)


class JsonLines(logging.Formatter):
    """Each record as one line of JSON: at, level, logger, message, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        found: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        found |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False, default=str, separators=(",", ":"))


class TextLines(logging.Formatter):
    """Each record as one line for people: when (UTC), what, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC)
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        fields = "".join(
            f" {name}={value}" for name, value in vars(record).items() if name not in _STANDARD
        )
        return f"{at:%Y-%m-%d %H:%M:%S} {level}{record.getMessage()}{fields}"
