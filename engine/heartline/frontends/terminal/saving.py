"""Conversations in files: each write is whole or does not happen, each read is checked.

A save is one JSON object: "heartline-save" (the version of this form, 1), "scenario" (id, version,
title and path), "beginning" (seed, moment, inputs, persons, draws), "snapshot", "way", "transcript"
and "draws" (see `record`), "now", "over", "saved", and "checksum", which is the SHA-256 of all the
rest.

A file is written whole or not at all (`wholefiles`). The save that is replaced stays beside it as
FILE.bak. A file that is no save is never replaced.
Files and folders made here are for their owner's eyes alone, since they hold what people said.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heartline.errors import HeartlineError, SnapshotDamaged
from heartline.frontends.terminal.record import Beginning, Saved
from heartline.wholefiles import replace_whole

__all__ = ["NotSaved", "folder_of", "keep_as", "newest", "read_save", "write_save"]

FORM = 1
MARK = "heartline-save"
LARGEST = 64 * 1024 * 1024  # bytes; a save of a thousand turns has less than one of them
BACKUP = ".bak"


class NotSaved(HeartlineError):
    """The save could not be written; what was there before is as it was."""


def write_save(path: Path, saved: Saved, *, backup: bool = True) -> None:
    """Keep a conversation under this path; raises NotSaved with the reason, changing nothing.

    `backup` lets the save that is replaced stay beside it, as FILE.bak.
    """
    try:
        target = path.resolve()
        if target.exists() and not _is_save(target):
            raise NotSaved(
                f"{path} exists and is not a whole Heartline save, so it stays as it is: "
                "save under another name."
            )
        before = _back_up if backup else None
        replace_whole(target, _encode(saved), private=True, before_rename=before)
    except (OSError, RuntimeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise NotSaved(
            f"The conversation could not be saved as {path} ({reason[:1].lower()}{reason[1:]}). "
            "What was there before is untouched; save somewhere else, or make room and try again."
        ) from fault


def read_save(path: Path) -> Saved:
    """Read a save; raises SnapshotDamaged where it is not a whole one, OSError if unreadable."""
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    try:
        return _decode(raw)
    except _Damage as damage:
        advice = ""
        backup = path.with_name(path.name + BACKUP)
        if _is_save(backup):
            advice = f" The save before it is whole: resume {backup}."
        raise SnapshotDamaged(f"{path} {damage}{advice}") from None


def folder_of(scenario: str) -> Path:
    """Where conversations are kept unasked: in the user's state folder, by scenario.

    Raises NotSaved for a user without a home.
    """
    home = os.environ.get("XDG_STATE_HOME", "")
    if not home and os.name == "nt":
        home = os.environ.get("LOCALAPPDATA", "")
    # The specification of XDG_STATE_HOME says to ignore a path that is not absolute.
    try:
        base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:
        raise NotSaved(
            "This user has no home folder to keep conversations in: set XDG_STATE_HOME to a "
            "folder, or play with --no-keep."
        ) from None
    return base / "heartline" / scenario


def keep_as(scenario: str) -> Path:
    """A new name in that folder, after the present moment."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return folder_of(scenario) / f"{stamp}-{secrets.token_hex(2)}.json"


def newest(scenario: str) -> Path | None:
    """The conversation that was kept last, None where none is."""
    with contextlib.suppress(OSError):
        kept = [(path.stat().st_mtime_ns, path) for path in folder_of(scenario).glob("*.json")]
        return max(kept)[1] if kept else None
    return None


class _Damage(Exception):
    """Why bytes are not a save: the rest of a sentence that begins with the file's name."""


def _back_up(target: Path) -> None:
    """Let FILE.bak be the save that is about to be replaced; the target itself never vanishes."""
    backup = target.with_name(target.name + BACKUP)
    if not target.exists() or (backup.exists() and not _is_save(backup)):
        return
    spare = target.with_name(f".{target.name}.{secrets.token_hex(4)}{BACKUP}")
    try:
        spare.hardlink_to(target)
        spare.replace(backup)
    except OSError:  # a file system without links: the rename alone keeps the save whole
        spare.unlink(missing_ok=True)


def _is_save(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            _decode(file.read(LARGEST + 1))
    except (OSError, _Damage):
        return False
    return True


def _encode(saved: Saved) -> bytes:
    content: dict[str, Any] = {
        MARK: FORM,
        "scenario": {
            "id": saved.scenario,
            "version": saved.version,
            "title": saved.title,
            "path": saved.path,
        },
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "beginning": asdict(saved.beginning),
        "now": saved.now,
        "over": saved.over,
        "snapshot": saved.snapshot,
        "way": list(saved.way),
        "transcript": list(saved.transcript),
        "draws": list(saved.draws),
    }
    # Through JSON and back first: what is hashed is then what a reader will see.
    content = json.loads(json.dumps(content))
    content["checksum"] = _checksum(content)
    return json.dumps(content, indent=1).encode() + b"\n"


def _decode(raw: bytes) -> Saved:
    if len(raw) > LARGEST:
        raise _Damage("is far too large for a Heartline save.")
    if not raw.strip():
        raise _Damage("is empty, so it is not a Heartline save.")
    try:
        content = json.loads(raw.decode())
    except (ValueError, RecursionError):
        if f'"{MARK}"'.encode() in raw[:200]:
            raise _Damage("is a Heartline save that was cut off or damaged.") from None
        raise _Damage("is not a Heartline save.") from None
    if not isinstance(content, dict) or MARK not in content:
        raise _Damage("is not a Heartline save.")
    if content[MARK] != FORM:
        raise _Damage(f"is a save of form {content[MARK]!r}, and this Heartline reads form {FORM}.")
    if content.pop("checksum", None) != _checksum(content):
        raise _Damage("is a Heartline save, but was changed or damaged: its checksum is wrong.")
    try:
        return _saved(content)
    except (KeyError, TypeError, ValueError):
        raise _Damage("is a Heartline save with parts missing.") from None


def _saved(content: dict[str, Any]) -> Saved:
    beginning = content["beginning"]
    scenario = content["scenario"]
    datetime.fromisoformat(content["now"])
    datetime.fromisoformat(beginning["start"])
    return Saved(
        scenario=scenario["id"],
        version=scenario["version"],
        title=scenario["title"],
        path=scenario["path"],
        beginning=Beginning(
            seed=beginning["seed"],
            start=beginning["start"],
            inputs=tuple((name, value) for name, value in beginning["inputs"]),
            persons=tuple(beginning["persons"]),
            draws=tuple(beginning.get("draws", ())),
        ),
        now=content["now"],
        over=content["over"],
        snapshot=content["snapshot"],
        way=tuple(content["way"]),
        transcript=tuple(content["transcript"]),
        draws=tuple(content.get("draws", ())),
    )


def _checksum(content: dict[str, Any]) -> str:
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
