"""What a morning summary is made of: what needs people, how much of it by kind, and who is to act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.operations import Operation, OperationState
from bot.domain.record_filter import NEED_OUR_ACTION, OpenRecord
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, needs_our_action

NO_SUMMARY = "none"
LAST_HOUR = 16
"""The last hour of a working day."""


class Need(StrEnum):
    """Why something needs the team, most urgent first."""

    ANSWER = "answer"
    """Noyo does not show whether an operation took effect, so a person must say."""
    SECOND_APPROVAL = "second_approval"
    DECISION = "decision"
    RETRY = "retry"
    CORRECTION = "correction"
    AUTHORIZATION = "authorization"


_NEED_OF_STATUS = dict(
    zip(NEED_OUR_ACTION, (Need.DECISION, Need.RETRY, Need.CORRECTION, Need.AUTHORIZATION), strict=True)
)


@dataclass(frozen=True, slots=True)
class NeedCount:
    """How many wait for the same thing. `since` is when the longest waiting one changed last (Unix seconds);
    `end_date` is the first last managed day among them."""

    need: Need
    number: int
    since: int
    end_date: date | None = None


def parse_hour(text: str) -> int | None:
    """The hour of day of a setting; None for `none`. Raises ValueError."""
    if text == NO_SUMMARY:
        return None
    if not text.isdecimal() or int(text) > LAST_HOUR:
        raise ValueError(f"it must be a whole hour from 0 to {LAST_HOUR}, or {NO_SUMMARY}")
    return int(text)


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something that needs a person: an operation, with the record that it concerns if there is one, or a record."""

    record_state: RecordState | None
    operation: Operation | None = None
    owner_name: str = ""
    """The name of the person who claimed the record; empty if it is unknown."""

    @property
    def responsible(self) -> str | None:
        """The Slack user id of the person who is to act, if it is one person: the person who claimed the record, or
        else requested the connection; of an operation whose outcome is unknown, the person who asked for it.

        Nobody decides on their own request to disconnect, so a decision is anyone's until it is claimed.
        """
        if self.operation is not None:
            return self.operation.actor if is_question(self.operation) else None
        if self.record_state is None or not needs_our_action(self.record_state.status):
            return None
        if self.record_state.owner is not None or not isinstance(self.record_state.record, Connection):
            return self.record_state.owner
        return self.record_state.requester


def is_question(operation: Operation) -> bool:
    """Whether a person must say what became of it."""
    return operation.state is OperationState.NEEDS_RESOLUTION


def count_needs(records: Iterable[OpenRecord], operations: Iterable[Operation]) -> tuple[NeedCount, ...]:
    """The counts of what needs the team, most urgent kind first. Kinds of which there are none are left out."""
    found: dict[Need, list[tuple[int, date | None]]] = {need: [] for need in Need}
    for operation in operations:
        asked = is_question(operation)
        need = Need.ANSWER if asked else Need.SECOND_APPROVAL
        found[need].append((operation.submitted_at, None if asked else operation.requested_end_date))
    for record in records:
        found[_NEED_OF_STATUS[record.entity.kind, record.status]].append((record.modified, record.end_date))
    return tuple(_count(need, each) for need, each in found.items() if each)


def _count(need: Need, found: list[tuple[int, date | None]]) -> NeedCount:
    end = min((end for _, end in found if end is not None), default=None)
    return NeedCount(need, len(found), min(since for since, _ in found), end)


def needs_team(record: OpenRecord) -> bool:
    return (record.entity.kind, record.status) in _NEED_OF_STATUS
