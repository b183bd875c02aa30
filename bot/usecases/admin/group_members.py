"""Keep what we know of Slack user groups fresh, so that rights can be decided from the table alone."""

from __future__ import annotations

import logging

from bot.domain.people import MEMBERS_FRESH_SECONDS, AccessPolicy, GroupMembers
from bot.errors import SlackError
from bot.usecases.ports.slack import UserDirectory
from bot.usecases.ports.storage import PeopleRepository

logger = logging.getLogger("switchboard")


def refresh_group_members(
    *, people: PeopleRepository, slack: UserDirectory, policy: AccessPolicy, now: int
) -> int:
    """Reads each of the policy's groups whose members were read half a freshness ago; how many were read.

    A group that is gone from Slack has no members any more, so nobody holds a right through it. One that cannot be read
    just now keeps none of the others from being read; it is read again at the next run, and refused on once too old.
    """
    known = people.members(policy.all_groups)
    stale = [
        group_id
        for group_id in sorted(policy.all_groups)
        if group_id not in known or now - known[group_id].read_at > MEMBERS_FRESH_SECONDS // 2
    ]
    return sum(_refreshed(group_id, people, slack, now) for group_id in stale)


def _refreshed(group_id: str, people: PeopleRepository, slack: UserDirectory, now: int) -> bool:
    try:
        members = slack.read_members(group_id)
    except SlackError:
        logger.warning("a user group could not be read", exc_info=True, extra={"group_id": group_id})
        return False
    people.save_members(members or GroupMembers(group_id, frozenset(), now))
    return True
