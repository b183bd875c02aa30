"""The data set of `make demo`: connections as a small team has them after some months."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from infra.local import environment
from infra.local.datasets.dataset import DAY, Dataset, connection, disconnection_request

GROUPS, CONNECTIONS, REQUESTS = 70, 200, 12

_FIRST = (
    "Alder Birch Cedar Dogwood Elm Fir Gorse Hazel Ivy Juniper Katsura Larch Maple Nettle Oak Pine Quince Rowan".split()
)
_SECOND = (
    "Bakery Brewery Clinic Dairy Designs Electric Farms Freight Garage Interiors Labs Logistics Partners Press".split()
)
_LEGAL = ("Inc", "LLC", "Co", "Group", "& Sons", "of Ohio")
_STATUSES = (
    *["completed"] * 19,
    *["waiting_on_carrier"] * 2,
    *["processing"] * 2,
    "noyo_review",
    "created",
    "carrier_authorization",
    "unable_to_connect",
    "action_required",
)
_STRIDE = 25
"""From one connection's status to the next one's. It has no factor in common with 28, so that each status occurs."""


def group_name(number: int) -> str:
    first, rest = _FIRST[number % len(_FIRST)], number // len(_FIRST)
    second, rest = _SECOND[rest % len(_SECOND)], rest // len(_SECOND)
    return f"{first} {second} {_LEGAL[rest % len(_LEGAL)]}"


def _connections(now: int) -> Iterator[dict[str, Any]]:
    for number, carrier in zip(range(CONNECTIONS), cycle(environment.CARRIERS), strict=False):
        group, status = number % GROUPS, _STATUSES[number * _STRIDE % len(_STATUSES)]
        age = 60 * DAY * (CONNECTIONS - number) // CONNECTIONS
        yield connection(number, (group, group_name(group)), carrier, status, now - age)


def _requests(now: int) -> Iterator[dict[str, Any]]:
    """Each is for a completed connection. A third of them wait for a decision."""
    for number, carrier in zip(range(REQUESTS), cycle(environment.CARRIERS), strict=False):
        group = number * 3 % GROUPS
        status = "needs_review" if number % 3 == 0 else "rejected"
        yield disconnection_request(number, (group, group_name(group)), carrier, status, now)


SMALL = Dataset("small", environment.CARRIERS, _connections, _requests)
