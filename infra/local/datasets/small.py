"""The data set of `make demo`: connections as a small team has them after some months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from typing import Any

from infra.local import environment
from infra.local.datasets.dataset import DAY, Dataset, connection, record_id, utc_date

GROUPS, CONNECTIONS, REQUESTS = 70, 200, 12

_FIRST = (
    "Alder Birch Cedar Dogwood Elm Fir Gorse Hazel Ivy Juniper Katsura Larch Maple Nettle Oak Pine Quince Rowan".split()
)
_SECOND = (
    "Bakery Brewery Clinic Dairy Designs Electric Farms Freight Garage Interiors Labs Logistics Partners Press".split()
)
_LEGAL = ("Inc", "LLC", "Co", "Group", "& Sons", "of Ohio")
_STATUSES = (
    *["completed"] * 14,
    *["processing"] * 2,
    *["waiting_on_carrier"] * 2,
    "noyo_review",
    "carrier_authorization",
    "unable_to_connect",
)


def group_name(number: int) -> str:
    first, rest = _FIRST[number % len(_FIRST)], number // len(_FIRST)
    second, rest = _SECOND[rest % len(_SECOND)], rest // len(_SECOND)
    return f"{first} {second} {_LEGAL[rest % len(_LEGAL)]}"


def _connections(now: int) -> Iterator[dict[str, Any]]:
    for number, carrier in zip(range(CONNECTIONS), cycle(environment.CARRIERS), strict=False):
        group, status = number % GROUPS, _STATUSES[number * 7 % len(_STATUSES)]
        age = 60 * DAY * (CONNECTIONS - number) // CONNECTIONS
        yield connection(number, (group, group_name(group)), carrier, status, now - age)


def _requests(now: int) -> Iterator[dict[str, Any]]:
    """A third of them wait for a decision."""
    today = utc_date(now)
    for number, carrier in zip(range(REQUESTS), cycle(environment.CARRIERS), strict=False):
        group = number * 3 % GROUPS
        yield {
            "id": record_id("request", number),
            "version": record_id("request version", number),
            "carrier_id": carrier,
            "group_id": record_id("group", group),
            "group_name": group_name(group),
            "effective_end_date": str(today + timedelta(days=3 + number * 2)),
            "source_date": str(today - timedelta(days=number % 20)),
            "status": "needs_review" if number % 3 == 0 else "rejected",
            "created": now - number % 20 * DAY,
            "modified": now - number % 10 * 3600,
        }


SMALL = Dataset("small", environment.CARRIERS, _connections, _requests)
