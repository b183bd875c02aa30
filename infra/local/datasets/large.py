"""The data set of a large team: `make demo WORLD=large`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.local.datasets.dataset import DAY, Dataset, connection, disconnection_request, record_id
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
    """Each is for a completed connection."""
    for number in range(REQUESTS):
        ended = number * 3 * len(_STATUSES)
        group, status = _group(ended), _REQUEST_STATUSES[number % len(_REQUEST_STATUSES)]
        yield disconnection_request(number, (group, group_name(group)), _carrier(ended), status, now)


LARGE = Dataset("large", _CARRIERS, _connections, _requests)
