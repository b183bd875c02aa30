"""Authorize people from what the table knows of them, and keep that knowledge fresh."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from bot import policies
from bot.domain.people import (
    EVERYONE,
    GRANTABLE_RIGHTS,
    AuditEntry,
    GrantChange,
    GrantSnapshot,
    GroupMembers,
    Permission,
    Person,
    Right,
    authorize,
    current_holders,
    grant_changes,
    named_people,
    with_changes,
)
from bot.domain.records import GRANTS, person_ref
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
            person = deps.user_directory.read_person(user_id)
        except SlackError:
            person = None
        if person is not None:
            deps.people.save_person(person)
    groups = deps.people.members(deps.policy.groups(right))
    return authorize(right, person, groups, deps.policy, deps.now())


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


logger = logging.getLogger("switchboard")


def audit_grants(deps: Dependencies) -> int:
    """Returns the number of changes written. The first run writes one entry that lists all grants."""
    groups = deps.people.members(deps.policy.all_groups)
    people = dict(_known_people(sorted(named_people(deps.policy, groups)), deps))
    now = current_holders(deps.policy, groups, people)
    snapshot = deps.grants.snapshot()
    if snapshot is None:
        # Only once all grants are known: an incomplete first entry would be read as complete.
        if set(now) == set(GRANTABLE_RIGHTS):
            deps.grants.save(GrantSnapshot(now, revision=1), [_first_entry(GrantSnapshot(now), deps)])
        return 0
    changes = grant_changes(snapshot.holders, now)
    for start in range(0, len(changes), policies.GRANT_CHANGES_PER_TRANSACTION):
        batch = changes[start : start + policies.GRANT_CHANGES_PER_TRANSACTION]
        snapshot = with_changes(snapshot, batch)
        if not deps.grants.save(snapshot, [_entry(change, deps) for change in batch]):
            return start  # Another run writes the rest.
    return len(changes)


def _known_people(user_ids: list[str], deps: Dependencies) -> Iterator[tuple[str, Person]]:
    """The people known to the table. A few stale ones are read from Slack in each run, so that leavers are noticed."""
    reads_left = policies.GRANT_AUDIT_PEOPLE_PER_RUN
    for user_id in user_ids:
        person_ = deps.people.person(user_id)
        stale = person_ is None or deps.clock() - person_.read_at > policies.GRANT_AUDIT_PERSON_FRESH_SECONDS
        if stale and reads_left:
            reads_left -= 1
            person_ = _read(user_id, deps) or person_
        if person_ is not None:
            yield user_id, person_


def _read(user_id: str, deps: Dependencies) -> Person | None:
    try:
        read = deps.user_directory.read_person(user_id)
    except SlackError:
        logger.warning("person with a grant could not be read", exc_info=True, extra={"user_id": user_id})
        return None
    if read is not None:
        deps.people.save_person(read)
    return read


def _first_entry(snapshot: GrantSnapshot, deps: Dependencies) -> AuditEntry:
    details = tuple((right.value, ",".join(sorted(users))) for right, users in snapshot.holders.items())
    return AuditEntry(deps.new_id(), GRANTS, int(deps.clock()), None, "grants_first_recorded", details)


def _entry(change: GrantChange, deps: Dependencies) -> AuditEntry:
    entity = GRANTS if change.user_id == EVERYONE else person_ref(change.user_id)
    action = "grant_added" if change.gained else "grant_removed"
    now = int(deps.clock())
    return AuditEntry(deps.new_id(), entity, now, None, action, (("right", change.right.value),))
