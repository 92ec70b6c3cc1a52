"""Saves are whole or not there: full disks, killed processes, damaged and foreign files."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.errors import SnapshotDamaged
from heartline.frontends.terminal import saving
from heartline.frontends.terminal.record import Beginning, Saved
from heartline.frontends.terminal.saving import (
    NotSaved,
    folder_of,
    keep_as,
    newest,
    read_save,
    write_save,
)

SAVED = Saved(
    scenario="talk",
    version="1.0.0",
    title="A talk",
    path="/somewhere/talk",
    beginning=Beginning(7, "2026-01-05T09:00:00+00:00", (("name", "Zoë {x}"),), ("partner",)),
    now="2026-01-19T09:00:00+00:00",
    over=False,
    snapshot={"state": "space", "draws": 3, "context": {"trust": 2}},
    way=({"choose": "ask", "role": "you", "typed": "1", "turn": 1, "state": "x", "new": True},),
    transcript=({"turn": 0, "typed": None, "state": "talk", "lines": []},),
)
LATER = replace(SAVED, now="2026-02-01T09:00:00+00:00")


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    write_save(tmp_path / "a.json", SAVED)
    assert read_save(tmp_path / "a.json") == SAVED


def test_a_save_leaves_no_other_file_behind(tmp_path: Path) -> None:
    write_save(tmp_path / "a.json", SAVED)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_the_save_before_stays_as_a_backup(tmp_path: Path) -> None:
    write_save(tmp_path / "a.json", SAVED)
    write_save(tmp_path / "a.json", LATER)
    assert read_save(tmp_path / "a.json") == LATER
    assert read_save(tmp_path / "a.json.bak") == SAVED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.json.bak"]


def test_a_backup_never_replaces_a_file_that_is_no_save(tmp_path: Path) -> None:
    (tmp_path / "a.json.bak").write_text("my notes")
    write_save(tmp_path / "a.json", SAVED)
    write_save(tmp_path / "a.json", LATER)
    assert (tmp_path / "a.json.bak").read_text() == "my notes"
    assert read_save(tmp_path / "a.json") == LATER


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX systems")
def test_a_save_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_save(tmp_path / "a.json", SAVED)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_save_through_a_link_replaces_what_the_link_points_at(tmp_path: Path) -> None:
    write_save(tmp_path / "real.json", SAVED)
    (tmp_path / "link.json").symlink_to("real.json")
    write_save(tmp_path / "link.json", LATER)
    assert (tmp_path / "link.json").is_symlink()
    assert read_save(tmp_path / "real.json") == LATER


@pytest.mark.parametrize("content", ["my diary", "", "{}", '{"heartline-save": 1}', "[1, 2]"])
def test_a_file_that_is_no_whole_save_is_never_written_over(tmp_path: Path, content: str) -> None:
    path = tmp_path / "diary.txt"
    path.write_text(content)
    with pytest.raises(NotSaved, match="stays as it is"):
        write_save(path, SAVED)
    assert path.read_text() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_no_place_for_a_save(tmp_path: Path) -> None:
    with pytest.raises(NotSaved):
        write_save(tmp_path, SAVED)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotSaved, match=r"no such file or directory"):
        write_save(tmp_path / "nowhere" / "a.json", SAVED)


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_a_write_that_fails_leaves_the_old_save_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "a.json"
    write_save(path, SAVED)

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*((saving.os, "fsync") if call == "fsync" else (Path, "replace")), fails)
    with pytest.raises(NotSaved, match=r"a\.json .*untouched"):
        write_save(path, LATER)
    monkeypatch.undo()
    assert read_save(path) == SAVED
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


FULL = """
import resource, signal, sys
from pathlib import Path
from heartline.frontends.terminal.saving import NotSaved, read_save, write_save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
saved = read_save(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    write_save(path, saved)
except NotSaved as refusal:
    print(refusal)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs the limits of a POSIX process")
def test_a_disk_that_is_full_in_the_middle_of_a_write_leaves_the_old_save_whole(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.json"
    write_save(path, SAVED)
    done = run_python(FULL, str(path))
    assert "could not be saved" in done.stdout, done.stderr
    assert read_save(path) == SAVED
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


BUSY = """
import sys
from dataclasses import replace
from pathlib import Path
from heartline.frontends.terminal.saving import read_save, write_save
path = Path(sys.argv[1])
saved = read_save(path)
print("going", flush=True)
for number in range(100_000):
    write_save(path, replace(saved, snapshot={"number": number, "filling": "x" * 20_000}))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("milliseconds", [1, 7, 23, 50])
def test_a_process_that_is_killed_while_writing_leaves_a_whole_save(
    tmp_path: Path, milliseconds: int
) -> None:
    path = tmp_path / "a.json"
    write_save(path, SAVED)
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "going\n"
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
    assert read_save(path).scenario == "talk"
    write_save(path, SAVED)  # and what it left behind is in nobody's way
    assert read_save(path) == SAVED


@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_any_damaged_byte_is_found(
    tmp_path_factory: pytest.TempPathFactory, place: float, change: int
) -> None:
    path = tmp_path_factory.mktemp("damage") / "a.json"
    write_save(path, SAVED)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= change
    path.write_bytes(bytes(content))
    try:
        found = read_save(path)
    except SnapshotDamaged as refusal:
        assert "a.json" in str(refusal)  # noqa: PT017
    else:  # white space between the parts: nothing that counts was changed
        assert found == SAVED


@given(share=st.floats(0, 0.99))
def test_a_file_that_is_cut_off_is_refused(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.json"
    write_save(path, SAVED)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * (len(content) - 2))])
    with pytest.raises(SnapshotDamaged, match=r"a\.json"):
        read_save(path)


@given(content=st.binary(max_size=200))
def test_any_file_at_all_is_read_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=r"a\.json .*\."):
        read_save(path)


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"heartline-save": NaN}', '{"heartline-save": 1, "checksum": {}}'],
)
def test_hostile_files_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(SnapshotDamaged):
        read_save(tmp_path / "a.json")


def test_a_whole_file_with_parts_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_save(path, SAVED)
    content = json.loads(path.read_text())
    del content["beginning"], content["checksum"]
    content["checksum"] = saving._checksum(content)
    path.write_text(json.dumps(content))
    with pytest.raises(SnapshotDamaged, match="parts missing"):
        read_save(path)


def test_a_later_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"heartline-save": 2}')
    with pytest.raises(SnapshotDamaged, match="form 2, and this Heartline reads form 1"):
        read_save(tmp_path / "a.json")


def test_where_the_save_before_is_whole_the_refusal_names_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_save(path, SAVED)
    write_save(path, LATER)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SnapshotDamaged, match=r"save before it is whole: resume .*a\.json\.bak"):
        read_save(path)


def test_conversations_are_kept_in_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert folder_of("talk") == tmp_path / "heartline" / "talk"
    assert newest("talk") is None
    first, second = keep_as("talk"), keep_as("talk")
    assert first != second
    first.parent.mkdir(parents=True)
    write_save(first, SAVED)
    os.utime(first, (1, 1))
    write_save(second, LATER)
    assert newest("talk") == second


def test_a_state_folder_that_is_not_absolute_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "relative/place")
    assert folder_of("talk").is_absolute()


def environment() -> dict[str, str]:
    engine = str(Path(saving.__file__).parents[3])
    return {**os.environ, "PYTHONPATH": engine}


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment(),
    )
