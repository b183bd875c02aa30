"""Tell whether a person may do something, from what the table knows of people and groups."""

from __future__ import annotations

from bot.domain.people import PERSON_FRESH_SECONDS, AccessPolicy, Permission, Right, authorize
from bot.errors import SlackError
from bot.usecases.ports.slack import UserDirectory
from bot.usecases.ports.storage import PeopleRepository


def authorized_by_table(
    right: Right, user_id: str, *, people: PeopleRepository, policy: AccessPolicy, now: int
) -> Permission:
    """By the table alone, as a worker decides that must not call Slack."""
    groups = people.members(policy.groups(right))
    return authorize(right, people.person(user_id), groups, policy, now)


def authorized(
    right: Right,
    user_id: str,
    *,
    people: PeopleRepository,
    slack: UserDirectory,
    policy: AccessPolicy,
    now: int,
) -> Permission:
    """As `permitted`, after asking Slack about the person where the table's answer is missing or stale.

    Where Slack does not answer in time the verdict is unknown, never a guess.
    """
    person = people.person(user_id)
    if person is None or now - person.read_at > PERSON_FRESH_SECONDS:
        try:
            person = slack.read_person(user_id)
        except SlackError:
            person = None
        if person is not None:
            people.save_person(person)
    return authorize(right, person, people.members(policy.groups(right)), policy, now)
