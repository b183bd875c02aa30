"""Write an audit entry for each person who gained or lost a right.

Settings, user groups and people change outside of Switchboard, so the present grants are compared with a snapshot that
is written together with the entries. Of two concurrent runs, one writes each change.
"""

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
    Person,
    current_holders,
    grant_changes,
    named_people,
    with_changes,
)
from bot.domain.records import GRANTS, person_ref
from bot.errors import SlackError
from bot.usecases.admin.authorization import read_person
from bot.usecases.dependencies import Dependencies

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
        return read_person(user_id, deps)
    except SlackError:
        logger.warning("person with a grant could not be read", exc_info=True, extra={"user_id": user_id})
        return None


def _first_entry(snapshot: GrantSnapshot, deps: Dependencies) -> AuditEntry:
    details = tuple((right.value, ",".join(sorted(users))) for right, users in snapshot.holders.items())
    return AuditEntry(deps.new_id(), GRANTS, int(deps.clock()), None, "grants_first_recorded", details)


def _entry(change: GrantChange, deps: Dependencies) -> AuditEntry:
    entity = GRANTS if change.user_id == EVERYONE else person_ref(change.user_id)
    action = "grant_added" if change.gained else "grant_removed"
    now = int(deps.clock())
    return AuditEntry(deps.new_id(), entity, now, None, action, (("right", change.right.value),))
