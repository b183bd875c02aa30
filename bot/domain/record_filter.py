"""Which open records a person wants to see, in plain words: a status, a carrier, what is theirs, how long unchanged.

`failed guardian older than 5 days`: the connections to Guardian that failed and have not changed for five days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, Disconnection, DisconnectionStatus, EntityKind, EntityRef
from bot.domain.search_text import words_in

KindAndStatus = tuple[EntityKind, str]
_CONNECTION, _REQUEST = EntityKind.CONNECTION, EntityKind.DISCONNECTION
NEED_OUR_ACTION: tuple[KindAndStatus, ...] = (
    (_REQUEST, DisconnectionStatus.NEEDS_REVIEW.value),
    (_CONNECTION, ConnectionStatus.UNABLE_TO_CONNECT.value),
    (_CONNECTION, ConnectionStatus.ACTION_REQUIRED.value),
    (_CONNECTION, ConnectionStatus.CARRIER_AUTHORIZATION.value),
)
"""Most urgent first."""
IN_PROGRESS: tuple[KindAndStatus, ...] = (
    (_REQUEST, DisconnectionStatus.PROCESSING.value),
    (_CONNECTION, ConnectionStatus.WAITING_ON_CARRIER.value),
    (_CONNECTION, ConnectionStatus.NOYO_REVIEW.value),
    (_CONNECTION, ConnectionStatus.PROCESSING.value),
    (_CONNECTION, ConnectionStatus.CREATED.value),
)
"""Most urgent first. A status that this release does not know comes before them."""
_RANKS: dict[KindAndStatus | None, int] = {
    each: rank for rank, each in enumerate((*NEED_OUR_ACTION, None, *IN_PROGRESS))
}
STATUS_PHRASES: Mapping[str, tuple[KindAndStatus, ...]] = {
    "needs action": NEED_OUR_ACTION,
    "needs us": NEED_OUR_ACTION,
    "needs review": NEED_OUR_ACTION[0:1],
    "decision": NEED_OUR_ACTION[0:1],
    "decisions": NEED_OUR_ACTION[0:1],
    "unable to connect": NEED_OUR_ACTION[1:2],
    "failed": NEED_OUR_ACTION[1:2],
    "action required": NEED_OUR_ACTION[2:3],
    "carrier authorization": NEED_OUR_ACTION[3:4],
    "authorization": NEED_OUR_ACTION[3:4],
    "disconnecting": IN_PROGRESS[0:1],
    "waiting on the carrier": IN_PROGRESS[1:2],
    "waiting on carrier": IN_PROGRESS[1:2],
    "waiting": IN_PROGRESS[1:2],
    "noyo review": IN_PROGRESS[2:3],
    "review": (NEED_OUR_ACTION[0], IN_PROGRESS[2]),
    "processing": (IN_PROGRESS[0], IN_PROGRESS[3]),
    "created": IN_PROGRESS[4:5],
}
"""What people call the open statuses."""
_CONNECTED, _DISCONNECTED = ConnectionStatus.COMPLETED.value, DisconnectionStatus.COMPLETED.value
ALL_PHRASES: Mapping[str, tuple[KindAndStatus, ...]] = {
    **STATUS_PHRASES,
    "completed": ((_CONNECTION, _CONNECTED), (_REQUEST, _DISCONNECTED)),
    "connected": ((_CONNECTION, _CONNECTED),),
    "disconnected": ((_REQUEST, _DISCONNECTED),),
    "rejected": ((_REQUEST, DisconnectionStatus.REJECTED.value),),
}
"""Also the closed statuses."""
KIND_WORDS = {
    "connection": _CONNECTION,
    "connections": _CONNECTION,
    "disconnection": _REQUEST,
    "disconnections": _REQUEST,
    "requests": _REQUEST,
}
_MINE = frozenset({"mine", "my"})
_IGNORED = frozenset("all and are at everything for from have in is of on open or that the those to which with".split())
_DAYS_IN = {"day": 1, "days": 1, "week": 7, "weeks": 7}
MOST_DAYS = 10_000
LONGEST_NAME = 8
"""Words in the longest beginning of a carrier's name that is recognized."""


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """What the index says of an open record. `modified` is Noyo's time of its last change, in Unix seconds.

    `end_date` is the last managed day of a disconnection request. `carrier_id` is None if the index does not name it.
    """

    entity: EntityRef
    status: str
    modified: int
    end_date: date | None = None
    carrier_id: str | None = None


def listed(record_state: RecordState) -> OpenRecord:
    """What the index says of this record once it is up to date."""
    record = record_state.record
    end = record.effective_end_date if isinstance(record, Disconnection) else None
    return OpenRecord(record_state.entity, record.status.value, record.modified, end, record.carrier_id)


def order_in_index(record: OpenRecord) -> tuple[date, int]:
    """The order within a status: the soonest last managed day first, then the longest unchanged."""
    return record.end_date or date.max, record.modified


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What to list. A part that is empty or None filters nothing."""

    statuses: frozenset[KindAndStatus] = frozenset()
    kinds: frozenset[EntityKind] = frozenset()
    carrier_ids: frozenset[str] = frozenset()
    mine: bool = False
    """What this person requested or has claimed."""
    unchanged_days: int | None = None
    """Unchanged for more than this number of days."""
    unknown: tuple[str, ...] = ()
    """Words that mean nothing here."""

    @property
    def is_empty(self) -> bool:
        """Whether it filters nothing."""
        chosen = self.statuses or self.kinds or self.carrier_ids or self.mine
        return not chosen and self.unchanged_days is None

    def fits(self, record_state: RecordState, person: str, now: int) -> bool:
        return self.may_list(listed(record_state), now) and self.lists(record_state, person)

    def may_list(self, record: OpenRecord, now: int) -> bool:
        """Whether the index says nothing against it. Statuses, kinds and carriers each name alternatives."""
        if self.statuses and (record.entity.kind, record.status) not in self.statuses:
            return False
        if self.kinds and record.entity.kind not in self.kinds:
            return False
        if self.carrier_ids and record.carrier_id is not None and record.carrier_id not in self.carrier_ids:
            return False
        return self.unchanged_days is None or now - record.modified > self.unchanged_days * 86400

    def is_decided(self, record: OpenRecord) -> bool:
        """Whether the index alone decides, unless only a person's own are wanted."""
        return not self.carrier_ids or record.carrier_id is not None

    def lists(self, record_state: RecordState, person: str) -> bool:
        """Whether it has a wanted carrier and is this person's."""
        if self.carrier_ids and record_state.record.carrier_id not in self.carrier_ids:
            return False
        return not self.mine or person in (record_state.requester, record_state.owner)


def by_urgency(records: Iterable[OpenRecord]) -> list[OpenRecord]:
    """By status; records of one kind and status keep their order."""
    return sorted(records, key=urgency)


def urgency(record: OpenRecord) -> int:
    """The lower, the more urgent."""
    return _RANKS.get((record.entity.kind, record.status), _RANKS[None])


def parse_filter(
    text: str, carriers: Iterable[tuple[str, str]], phrases: Mapping[str, tuple[KindAndStatus, ...]] = STATUS_PHRASES
) -> RecordFilter:
    """The filter that the words describe. `carriers`: their ids and names; the beginning of a name is enough."""
    words, unknown = words_in(text), list[str]()
    names = [(carrier_id, words_in(name)) for carrier_id, name in carriers]
    statuses, kinds, carrier_ids = set[KindAndStatus](), set[EntityKind](), set[str]()
    mine, days = False, None
    while words:
        phrase, carrier = _phrase(words, phrases), _carrier(words, names)
        taken = 1
        if (age := _age(words)) is not None:
            days, taken = age, 4
        elif len(phrase.split()) >= max(carrier, 1):
            statuses.update(phrases[phrase])
            taken = len(phrase.split())
        elif carrier:
            carrier_ids.update(carrier_id for carrier_id, name in names if name[:carrier] == words[:carrier])
            taken = carrier
        elif words[0] in KIND_WORDS:
            kinds.add(KIND_WORDS[words[0]])
        elif words[0] in _MINE:
            mine = True
        elif words[0] not in _IGNORED:
            unknown.append(words[0])
        words = words[taken:]
    return RecordFilter(frozenset(statuses), frozenset(kinds), frozenset(carrier_ids), mine, days, tuple(unknown))


def _age(words: Sequence[str]) -> int | None:
    """`older than 2 weeks`: 14."""
    if len(words) < 4 or words[:2] != ["older", "than"] or words[3] not in _DAYS_IN or not words[2].isdecimal():
        return None
    return min(int(words[2][:6]) * _DAYS_IN[words[3]], MOST_DAYS)


def _phrase(words: Sequence[str], phrases: Iterable[str]) -> str:
    """The longest phrase for a status with which the words begin; empty without one."""
    spoken = " ".join([*words[:4], ""])
    return max((phrase for phrase in phrases if spoken.startswith(f"{phrase} ")), key=len, default="")


def _carrier(words: Sequence[str], names: Sequence[tuple[str, list[str]]]) -> int:
    """How many of the first words begin the name of a carrier, as many as possible."""
    counts = range(min(len(words), LONGEST_NAME), 0, -1)
    return next((count for count in counts if any(name[:count] == words[:count] for _, name in names)), 0)
