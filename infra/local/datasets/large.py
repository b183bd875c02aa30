"""The data set of a large team: `make demo WORLD=large`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from infra.local.datasets.dataset import DAY, Dataset, connection, record_id, utc_date
from infra.local.datasets.names import CARRIER_NAMES, group_name

GROUPS, CONNECTIONS, REQUESTS = 3_000, 9_000, 60

_CARRIERS = {record_id("carrier", number): name for number, name in enumerate(CARRIER_NAMES)}
_CARRIER_IDS = tuple(_CARRIERS)
_STATUSES = (
    *["completed"] * 28,
    *["processing"] * 4,
    *["waiting_on_carrier"] * 4,
    *["noyo_review"] * 2,
    *["carrier_authorization"] * 2,
    "unable_to_connect",
    "action_required",
    "created",
)
_REQUEST_STATUSES = ("needs_review", "rejected", "processing")


def _group(number: int) -> int:
    return number % GROUPS


def _carrier(number: int) -> str:
    """The connections of a group are at different carriers."""
    return _CARRIER_IDS[(number + 7 * (number // GROUPS)) % len(_CARRIER_IDS)]


def _connections(now: int) -> Iterator[dict[str, Any]]:
    for number in range(CONNECTIONS):
        group, status = _group(number), _STATUSES[number * 7 % len(_STATUSES)]
        age = 365 * DAY * (CONNECTIONS - number) // CONNECTIONS
        yield connection(number, (group, group_name(group)), _carrier(number), status, now - age)


def _requests(now: int) -> Iterator[dict[str, Any]]:
    """Each is for a completed connection. The last managed days are in the next four months."""
    today = utc_date(now)
    for number in range(REQUESTS):
        ended = number * 3 * len(_STATUSES)
        yield {
            "id": record_id("request", number),
            "version": record_id("request version", number),
            "carrier_id": _carrier(ended),
            "group_id": record_id("group", _group(ended)),
            "group_name": group_name(_group(ended)),
            "effective_end_date": str(today + timedelta(days=3 + number * 2)),
            "source_date": str(today - timedelta(days=number % 20)),
            "status": _REQUEST_STATUSES[number % len(_REQUEST_STATUSES)],
            "created": now - (number % 20 + 1) * DAY,
            "modified": now - (number + 1) * 900,
        }


LARGE = Dataset("large", _CARRIERS, _connections, _requests)
