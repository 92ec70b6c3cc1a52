"""An export is brought into a store: first all of it is checked, then it is stored.

    checked = await check(store, file, "backup.jsonl", progress)
    failed = await bring_in(store, file, checked, progress)

Checked is that each line is one of an export and none is missing, that each log is whole and leads
to what its record says when it is played again, and that the store has nothing else under the same
names. So an export that was cut off, or changed by hand, changes nothing. What the store has
already is left as it is: importing twice changes nothing. Conversations are stored in the order in
which they began, since a reference that none has any more names the one that had it last.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from heartline.errors import CallerError, HeartlineError
from heartline.host.breathing import Breathing
from heartline.host.exported import Carried, End, Head, Unreadable, read_line
from heartline.host.fitting import load_again
from heartline.host.replaying import check_whole, fingerprints, verify
from heartline.host.values import LIVE, STORED, Change, StoredScenario, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartline.conversation import Scenario
    from heartline.host.exported import Line
    from heartline.host.store import Store
    from heartline.host.values import Parcel, Record

    Progress = Callable[[int], None]  # is told how far it is

__all__ = ["Checked", "ImportRefused", "bring_in", "check"]

LONGEST_LINE = 1 << 28  # bytes: a log of a million entries is below it
_AT_ONCE = 100  # conversations that are stored in one transaction
_ENTRIES = 2000  # or as many as have so many entries

_KNOWN, _NEW, _LONGER = "known", "new", "longer"


class ImportRefused(CallerError):
    """An export cannot be brought in; nothing of it has been."""


class Checked(NamedTuple):
    """What is in an export: conversations that the store does not have, those that go on further
    than in the store, and those that it has as they are; of the first two, what is still to be
    delivered, and what is tried no more; sentences about what is left out; and where in the file
    the lines are that are to be stored, in order."""

    new: int
    longer: int
    known: int
    parcels: int
    parked: int
    left_out: tuple[str, ...]
    places: array[int]


# Checking -----------------------------------------------------------------------------------------


async def check(
    store: Store, file: BinaryIO, name: str, progress: Progress, *, skip_damaged: bool = False
) -> Checked:
    """Look at all of an export. With `skip_damaged`, what does not follow from its log, or does not
    load, is left out, and keeps nothing else from being stored. Raises ImportRefused, HostError."""
    checking = _Checking(store, skip_damaged=skip_damaged)
    number = 0
    ended: End | None = None
    breathing = Breathing()
    for number, place, line in _lines(file):
        await breathing.breathe()
        try:
            what = read_line(line)
            if ended is not None:
                raise Unreadable("comes after the end of the export")
            if (number == 1) != isinstance(what, Head):
                raise Unreadable(
                    "is not the head of an export" if number == 1 else "is a second head: give "
                    "each export on its own"
                )  # fmt: skip
            if isinstance(what, End):
                ended = what
            else:
                await checking.take(what, place)
        except Unreadable as error:
            raise ImportRefused(_refused(name, f"line {number} {error}.")) from None
        progress(place + len(line))
    if number == 0:
        raise ImportRefused(_refused(name, "it is empty."))
    if ended is None:
        raise ImportRefused(
            _refused(name, f"it was cut off after line {number}: its last line is missing.")
        )
    found = End(checking.versions, checking.conversations)
    if ended != found:
        raise ImportRefused(_refused(
            name, f"its last line counts {ended.conversations:,} conversations and "
            f"{ended.scenarios:,} versions of scenarios, and it holds {found.conversations:,} and "
            f"{found.scenarios:,}: lines are missing.",
        ))  # fmt: skip
    new, longer, known = (checking.found[each] for each in (_NEW, _LONGER, _KNOWN))
    return Checked(
        new, longer, known, checking.parcels, checking.parked, tuple(checking.left_out),
        checking.places(),
    )  # fmt: skip


class _Checking:
    """What has been seen of an export so far."""

    def __init__(self, store: Store, *, skip_damaged: bool) -> None:
        self.store = store
        self.scenarios: dict[str, Scenario] = {}
        self.versions = self.conversations = 0
        self.left_out: list[str] = []
        self._skip = skip_damaged
        self.found = dict.fromkeys((_NEW, _LONGER, _KNOWN), 0)
        self.parcels = self.parked = 0
        self._stored: dict[str, Scenario | None] = {}  # versions that only the store has
        self._last = ""
        # Of a conversation no more is kept than where it is, when it began, and its reference.
        self._live: set[str] = set()
        self._begun = array("q")
        self._places = array("q")
        self._versions = array("q")

    async def take(self, what: Line, place: int) -> None:
        """Check a line. Raises Unreadable."""
        if isinstance(what, StoredScenario):
            self.versions += 1
            if self._take_scenario(what):
                self._versions.append(place)
        elif isinstance(what, Carried) and await self._take_conversation(what):
            self._begun.append(microseconds(what.record.created))
            self._places.append(place)

    def places(self) -> array[int]:
        """Where the lines are that are to be stored: versions, then conversations by their age."""
        order = sorted(range(len(self._places)), key=self._begun.__getitem__)
        return self._versions + array("q", [self._places[each] for each in order])

    def _leave_out(self, why: str) -> bool:
        """Leave something out, where that is asked for: False, as what is not to be stored."""
        if not self._skip:
            raise Unreadable(why)
        self.left_out.append(f"Left out is a line that {why}.")
        return False

    def _take_scenario(self, stored: StoredScenario) -> bool:
        """Check a version; whether it is to be stored. Raises Unreadable."""
        if stored.fingerprint in self.scenarios:
            raise Unreadable(f"brings version {stored.version} of {stored.scenario} a second time")
        scenario, why = load_again(stored)
        if scenario is None:
            return self._leave_out(
                f"holds version {stored.version} of the scenario {stored.scenario}, which does not "
                f"load here: {(why or '').rstrip('.')}"
            )
        self.scenarios[stored.fingerprint] = scenario
        return True

    async def _take_conversation(self, carried: Carried) -> bool:
        """Check a conversation; whether it is to be stored. Raises Unreadable."""
        record = carried.record
        if record.id <= self._last:
            raise Unreadable(
                f"has the conversation {record.id} after {self._last}: they stand in the order of "
                "their ids, each once"
            )
        self._last = record.id
        if record.status == LIVE:
            if record.reference in self._live:
                raise Unreadable(
                    f"has a second live conversation with the reference {record.reference[:60]!r}"
                )
            self._live.add(record.reference)
        self.conversations += 1
        if why := await self._wrong(carried):
            return self._leave_out(f"is refused. {why}".rstrip("."))
        standing, before = await _standing(self.store, carried)
        if standing != _KNOWN:
            parked = [each.parked is not None for each in _parcels(carried, before)]
            self.parked += sum(parked)
            self.parcels += len(parked) - sum(parked)
        self.found[standing] += 1
        return standing != _KNOWN

    async def _wrong(self, carried: Carried) -> str | None:
        """What of a conversation does not follow from its log."""
        record, entries, timers, _ = carried
        keys = [entry.key for entry in entries if entry.key is not None]
        if len(set(keys)) != len(keys):
            return f"The log of the conversation {record.id} has one key twice."
        try:
            check_whole(record.id, entries)
            scenarios = {}
            names = fingerprints(entries)
            for fingerprint in names:
                scenario = self.scenarios.get(fingerprint) or await self._of_store(fingerprint)
                if scenario is not None:
                    scenarios[fingerprint] = scenario
            if names and names[-1] not in scenarios:
                return (
                    f"Version {record.version} of the scenario {record.scenario}, in which the "
                    f"conversation {record.id} is, comes neither before it nor is in the store."
                )
            return verify(record, timers, entries, scenarios) or _wrong_parcel(carried)
        except HeartlineError as error:
            return str(error)
        except (AttributeError, ArithmeticError, AssertionError, LookupError, RecursionError,
                TypeError, ValueError):  # fmt: skip
            return f"The log of the conversation {record.id} cannot be played again."

    async def _of_store(self, fingerprint: str) -> Scenario | None:
        if fingerprint not in self._stored:
            stored = await self.store.scenario(fingerprint)
            self._stored[fingerprint] = None if stored is None else load_again(stored)[0]
        return self._stored[fingerprint]


def _wrong_parcel(carried: Carried) -> str | None:
    """Which parcel does not tell of the entry that it names, or not whom the conversation tells."""
    record, entries, _, parcels = carried
    told, last = list(record.seats), (0, -1)
    for parcel in parcels:
        place, payload = (parcel.sequence, parcel.index), parcel.payload
        if not (last < place and 1 <= parcel.sequence <= len(entries)):
            return f"The parcels of the conversation {record.id} do not follow its log."
        data, last = entries[parcel.sequence - 1].data, place
        says = [payload.get(name) for name in ("conversation", "sequence", "turn", "state")]
        follows = [record.id, parcel.sequence, data["at_turn"], data["state"]]
        if says != follows or not isinstance(payload.get("said"), list):
            return f"The parcel {parcel.id} tells of something else than its entry of the log."
        # Its place among the seats says the role where the parcel does not: none did once.
        role = payload.get("role", dict(enumerate(told)).get(parcel.index))
        if record.seats.get(role) != parcel.reference:
            return f"The parcel {parcel.id} is to somebody whom the conversation does not tell."
    return None


async def _standing(store: Store, carried: Carried) -> tuple[str, int]:
    """Whether the store has a conversation already, and up to which entry. Raises Unreadable where
    it has another."""
    record = carried.record
    there = await store.get(record.id)
    if there is not None:
        if not await _agree(store, there, carried):
            raise Unreadable(
                f"has the conversation {record.id}, which has gone on in another way in this "
                "store: delete it there, or import into an empty store"
            )
        if there.sequence >= record.sequence:
            return _KNOWN, there.sequence
    if record.status == LIVE:
        holder = await store.find(record.reference)
        if holder is not None and holder.status == LIVE and holder.id != record.id:
            raise Unreadable(
                f"has the conversation {record.id} with the reference {record.reference[:60]!r}, "
                f"which the live conversation {holder.id} has in this store: close that first"
            )
    return (_NEW, 0) if there is None else (_LONGER, there.sequence)


async def _agree(store: Store, there: Record, carried: Carried) -> bool:
    """Whether what the store has is the beginning of what is brought, or the other way round."""
    after, most = 0, min(there.sequence, carried.record.sequence)
    while after < most:
        portion = await store.log(there.id, after, min(1000, most - after))
        if not portion or list(portion) != list(carried.entries[after : after + len(portion)]):
            return False
        after += len(portion)
    return True


# Storing ------------------------------------------------------------------------------------------


async def bring_in(
    store: Store, file: BinaryIO, checked: Checked, progress: Progress, *, parcels: bool = True
) -> list[str]:
    """Store what was checked, with or without what is still to be delivered; gives a sentence for
    each that could not be stored since somebody was at it meanwhile. `progress` is told how many
    lines have been stored."""
    failed: list[str] = []
    breathing = Breathing()
    portion: list[Change] = []
    names: set[str] = set()  # references in the portion, as of conversations and of seats
    entries = 0
    for number, place in enumerate(checked.places, 1):
        file.seek(place)
        try:
            what = read_line(file.readline(LONGEST_LINE))
            if isinstance(what, StoredScenario) and await store.scenario(what.fingerprint) is None:
                await store.keep_scenario(what)
            change = await _change(store, what, parcels) if isinstance(what, Carried) else None
        except Unreadable as error:
            failed.append(f"The line at byte {place:,} {error}.")
            continue
        if change is not None:
            its = {change.record.reference, *change.record.seats.values()}
            # A store may turn round what it stores at once, and the last is to stay the last.
            if len(portion) >= _AT_ONCE or entries >= _ENTRIES or names & its:
                failed += await _store(store, portion)
                portion, entries = [], 0
                names.clear()
            portion.append(change)
            names |= its
            entries += len(change.entries)
        progress(number)
        await breathing.breathe()
    return failed + await _store(store, portion)


async def _change(store: Store, carried: Carried, parcels: bool) -> Change | None:
    """What is to be stored of a conversation; None where the store has it. Raises Unreadable."""
    record, entries, timers, _ = carried
    standing, before = await _standing(store, carried)
    if standing == _KNOWN:
        return None
    timers = timers if record.status == LIVE else ()
    told = _parcels(carried, before) if parcels else ()
    return Change(record, before, entries[before:], timers, told)


def _parcels(carried: Carried, before: int) -> tuple[Parcel, ...]:
    """The parcels that tell of what the store does not have: the others it has, or they have
    arrived from there."""
    return tuple([parcel for parcel in carried.parcels if parcel.sequence > before])


async def _store(store: Store, portion: list[Change]) -> list[str]:
    if not portion:
        return []
    told = await store.commit_all(portion)
    return [
        f"The conversation {change.record.id} was not stored: somebody used its reference or went "
        "on with it meanwhile. Import again."
        for change, each in zip(portion, told, strict=True)
        if each != STORED
    ]


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """The lines, each with its number and the place where it begins."""
    number = place = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        yield number, place, line if len(line) < LONGEST_LINE else b""  # too long to be one
        place += len(line)


def _refused(name: str, why: str) -> str:
    return f"{name} is not imported, and nothing of it is stored: {why}"
