"""Authorize people from what the table knows of them, and keep that knowledge fresh."""

from __future__ import annotations

import logging

from bot import policies
from bot.domain.people import GroupMembers, Obstacle, Permission, Person, Right, Verdict, authorize, obstacle
from bot.errors import SlackError
from bot.usecases.dependencies import Dependencies

logger = logging.getLogger("switchboard")


def authorized_by_table(right: Right, user_id: str, deps: Dependencies) -> Permission:
    """Authorize from the table alone, for workers that must not call Slack."""
    groups = deps.people.members(deps.policy.groups(right))
    return authorize(right, deps.people.person(user_id), groups, deps.policy, deps.now())


def authorized(right: Right, user_id: str, deps: Dependencies) -> Permission:
    """Like `authorized_by_table`, but read the person from Slack first if the table's copy is missing or stale.

    If Slack does not answer in time, the verdict is unknown.
    """
    person = deps.people.person(user_id)
    if person is None or deps.now() - person.read_at > policies.PERSON_FRESH_SECONDS:
        try:
            person = read_person(user_id, deps)
        except SlackError:
            person = None
    groups = deps.people.members(deps.policy.groups(right))
    return authorize(right, person, groups, deps.policy, deps.now())


def why_not_owner(user_id: str, deps: Dependencies) -> Obstacle | None:
    """Why a colleague cannot be given claims; None if they can. People who may request or decide may claim."""
    permissions = [authorized(right, user_id, deps) for right in (Right.REQUEST, Right.APPROVE)]
    if any(permission.allowed for permission in permissions):
        return None
    unknown = any(permission.verdict is Verdict.UNKNOWN for permission in permissions)
    return obstacle(deps.people.person(user_id), deps.policy, is_unknown=unknown)


def read_person(user_id: str, deps: Dependencies) -> Person | None:
    """Read the person from Slack and save what it says; None if Slack does not know them."""
    person = deps.user_directory.read_person(user_id)
    if person is not None:
        deps.people.save_person(person)
    return person


def current_person(user_id: str, deps: Dependencies) -> Person | None:
    """The person as the table has them, or as Slack says if that is stale or missing. `SlackError`s are raised."""
    person = deps.people.person(user_id)
    if person is None or deps.now() - person.read_at > policies.PERSON_FRESH_SECONDS:
        person = read_person(user_id, deps)
    return person


def name_of(user_id: str | None, deps: Dependencies) -> str:
    """The name that people know, for messages that must mention nobody; empty for nobody and if Slack has no name."""
    if user_id is None:
        return ""
    person = deps.people.person(user_id)
    if person is None or not person.name:
        person = read_person(user_id, deps)
    return person.name if person is not None else ""


def refresh_group_members(deps: Dependencies) -> int:
    """Read each user group of the policy that is halfway to stale again; returns how many were read.

    A group that Slack no longer knows is saved as empty, so nobody holds a right through it. A group that cannot be
    read is tried again at the next run; once its members are stale, rights that depend on it are refused.
    """
    groups = deps.policy.all_groups
    known = deps.people.members(groups)
    stale = [
        group_id
        for group_id in sorted(groups)
        if group_id not in known or deps.now() - known[group_id].read_at > policies.GROUP_MEMBERS_FRESH_SECONDS // 2
    ]
    return sum(_refresh(group_id, deps) for group_id in stale)


def _refresh(group_id: str, deps: Dependencies) -> bool:
    try:
        members = deps.user_directory.read_members(group_id)
    except SlackError:
        logger.warning("user group could not be read", exc_info=True, extra={"group_id": group_id})
        return False
    deps.people.save_members(members or GroupMembers(group_id, frozenset(), deps.now()))
    return True
