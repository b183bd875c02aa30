"""What a data set consists of, and what the records of all data sets have in common."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from infra.local.noyo import NoyoFake

DAY = 86_400
MESSAGES = {
    "unable_to_connect": "The carrier does not know this group id.",
    "action_required": "The carrier needs a signed authorization form.",
}
"""What Noyo says about connections with these statuses."""

Records = Callable[[int], Iterator[dict[str, Any]]]
"""The fields of each record. The parameter is the present time in Unix seconds."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """`carriers` are names by id. `connections` come with their groups; `requests` are disconnection requests."""

    name: str
    carriers: Mapping[str, str]
    connections: Records
    requests: Records

    def add_to(self, noyo: NoyoFake, now: int) -> None:
        for fields in self.connections(now):
            noyo.add_connection(**fields)
        for fields in self.requests(now):
            noyo.carrier_requests_disconnection(**fields)


def record_id(kind: str, number: int) -> str:
    """A UUID. Data sets may share ids, because a stack has one."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{number}"))


def utc_date(now: int) -> date:
    return datetime.fromtimestamp(now, UTC).date()


def connection(number: int, group: tuple[int, str], carrier: str, status: str, changed: int) -> dict[str, Any]:
    """The fields of a connection. `group` is its number and name; `changed` is in Unix seconds."""
    message = MESSAGES.get(status)
    return {
        "id": record_id("connection", number),
        "version": record_id("version", number),
        "carrier_id": carrier,
        "carrier_group_id": f"{4_410_000 + number:08d}",
        "group_name": group[1],
        "group_id": record_id("group", group[0]),
        "status": status,
        "created": changed - 3 * DAY,
        "modified": changed,
        "completed": changed if status == "completed" else None,
        "setup_result": {"error": message} if message else {},
    }


def disconnection_request(number: int, group: tuple[int, str], carrier: str, status: str, now: int) -> dict[str, Any]:
    """The fields of a carrier's request. The higher its number, the later its last managed day; each is in future."""
    today = utc_date(now)
    return {
        "id": record_id("request", number),
        "version": record_id("request version", number),
        "carrier_id": carrier,
        "group_id": record_id("group", group[0]),
        "group_name": group[1],
        "effective_end_date": str(today + timedelta(days=3 + number * 2)),
        "source_date": str(today - timedelta(days=number % 20)),
        "status": status,
        "created": now - (number % 20 + 1) * DAY,
        "modified": now - (number + 1) * 900,
    }
