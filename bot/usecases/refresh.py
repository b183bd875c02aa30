"""Use case: keep what we know of Slack user groups fresh, so that rights can be decided from the table alone."""

from __future__ import annotations

from bot.domain.people import MEMBERS_FRESH_SECONDS, Members, Policy
from bot.ports import KeepsPeople, ReadsPeople


def refresh_members(*, people: KeepsPeople, slack: ReadsPeople, policy: Policy, now: int) -> int:
    """Reads each of the policy's groups whose members were read half a freshness ago; how many were read.

    A group that is gone from Slack has no members any more, so nobody holds a right through it.
    """
    known = people.members(policy.all_groups)
    stale = [
        group_id
        for group_id in sorted(policy.all_groups)
        if group_id not in known or now - known[group_id].read_at > MEMBERS_FRESH_SECONDS // 2
    ]
    for group_id in stale:
        people.save_members(slack.read_members(group_id) or Members(group_id, frozenset(), now))
    return len(stale)
