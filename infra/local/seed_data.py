"""The people of the demo, and what happens once the bot has loaded a data set (`infra/local/datasets`)."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local import environment
from infra.local.datasets.dataset import MESSAGES, record_id
from infra.local.noyo import NoyoFake
from infra.local.slack import SlackFake


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


def add_people(slack: SlackFake) -> None:
    for person in PEOPLE:
        slack.add_user(person.id, person.name, is_restricted=person.guest)


def join_channels(slack: SlackFake) -> None:
    for channel in (environment.CONNECTIONS, environment.ALERTS, environment.DECISIONS):
        slack.workspace.channels[channel].members.update(person.id for person in PEOPLE)


def let_carriers_answer(noyo: NoyoFake) -> None:
    """Moves some connections. Only what changes after the bot has loaded everything is announced."""
    for number, status in enumerate(("completed", "unable_to_connect", "action_required", "completed")):
        noyo.move_connection(record_id("connection", number * 10 + 1), status, error=MESSAGES.get(status))
