"""The data of the demo: people, and connections in all statuses, as a team has them after some months.

It is the same each time: names, ids and times follow from the number of a record.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle

from infra.local import environment
from infra.local.noyo import NoyoFake
from infra.local.slack import SlackFake

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    role: str
    guest: bool = False


ANA = Person(environment.ANA, "Ana", "requests and retries")
BEN = Person(environment.BEN, "Ben", "approver")
CARA = Person("U0CARA", "Cara", "approver")
DAN = Person("U0DAN", "Dan", "admin")
GUS = Person("U0GUEST", "Gus", "guest", guest=True)
PEOPLE = (ANA, BEN, CARA, DAN, GUS)
SETTINGS = {"APPROVERS": f"{BEN.id},{CARA.id}", "ADMINS": DAN.id, "CHECK_AFTER_SECONDS": "6"}
"""The rights of these people, and a delay that is long enough to see the check of a lost answer."""


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
_MESSAGES = {
    "unable_to_connect": "The carrier does not know this group id.",
    "action_required": "The carrier needs a signed authorization form.",
}


def add_people(slack: SlackFake) -> None:
    for person in PEOPLE:
        slack.add_user(person.id, person.name, is_restricted=person.guest)


def join_channels(slack: SlackFake) -> None:
    for channel in (environment.CONNECTIONS, environment.ALERTS, environment.DECISIONS):
        slack.workspace.channels[channel].members.update(person.id for person in PEOPLE)


def add_records(noyo: NoyoFake, now: int) -> None:
    """What Noyo has when the bot runs for the first time."""
    for number, carrier in zip(range(CONNECTIONS), cycle(environment.CARRIERS), strict=False):
        _add_connection(noyo, number, carrier, now)
    for number, carrier in zip(range(REQUESTS), cycle(environment.CARRIERS), strict=False):
        _add_request(noyo, number, carrier, now)


def group_name(number: int) -> str:
    first, rest = _FIRST[number % len(_FIRST)], number // len(_FIRST)
    second, rest = _SECOND[rest % len(_SECOND)], rest // len(_SECOND)
    return f"{first} {second} {_LEGAL[rest % len(_LEGAL)]}"


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{number}"))


def _add_connection(noyo: NoyoFake, number: int, carrier: str, now: int) -> None:
    group, status = number % GROUPS, _STATUSES[number * 7 % len(_STATUSES)]
    age = 60 * DAY * (CONNECTIONS - number) // CONNECTIONS
    message = _MESSAGES.get(status)
    noyo.add_connection(
        id=_id("connection", number),
        version=_id("version", number),
        carrier_id=carrier,
        carrier_group_id=f"{4_410_000 + number:08d}",
        group_name=group_name(group),
        group_id=_id("group", group),
        status=status,
        created=now - age - 3 * DAY,
        modified=now - age,
        completed=now - age if status == "completed" else None,
        setup_result={"error": message} if message else {},
    )


def _add_request(noyo: NoyoFake, number: int, carrier: str, now: int) -> None:
    """A third of them wait for a decision."""
    group = number * 3 % GROUPS
    today = datetime.fromtimestamp(now, UTC).date()
    waits = number % 3 == 0
    noyo.carrier_requests_disconnection(
        id=_id("request", number),
        version=_id("request version", number),
        carrier_id=carrier,
        group_id=_id("group", group),
        group_name=group_name(group),
        effective_end_date=_end_date(today, number),
        source_date=str(today - timedelta(days=number % 20)),
        status="needs_review" if waits else "rejected",
        created=now - number % 20 * DAY,
        modified=now - number % 10 * 3600,
    )


def _end_date(today: date, number: int) -> str:
    return str(today + timedelta(days=3 + number * 2))


def continue_story(noyo: NoyoFake) -> None:
    """Once the bot has loaded everything, which it does silently: carriers answer."""
    for number, status in enumerate(("completed", "unable_to_connect", "action_required", "completed")):
        noyo.move_connection(_id("connection", number * 10 + 1), status, error=_MESSAGES.get(status))
