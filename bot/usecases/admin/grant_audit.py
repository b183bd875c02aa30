"""Note in the audit trail who gained or lost a right, whatever changed it.

The settings, a user group's members and a person's own standing change outside; what is noted is found by comparing
with a snapshot, which is written together with the entries. Of two runs at once one writes each change.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from bot.domain.audit import AuditEntry
from bot.domain.entities import GRANTS, person_ref
from bot.domain.grants import (
    EVERYONE,
    GRANTABLE_RIGHTS,
    GrantChange,
    GrantSnapshot,
    current_holders,
    grant_changes,
    named_people,
    with_changes,
)
from bot.domain.people import Person
from bot.errors import SlackError
from bot.usecases.dependencies import Dependencies

AT_ONCE = 99
"""Entries in one transaction, which holds a hundred parts with the snapshot."""
PERSON_OLD_SECONDS = 24 * 3600
READ_AT_ONCE = 3

logger = logging.getLogger("switchboard")


def audit_grants(deps: Dependencies) -> int:
    """How many gains and losses were noted; on the first run none, but one entry that says who holds what."""
    groups = deps.people.members(deps.policy.all_groups)
    people = dict(_known(sorted(named_people(deps.policy, groups)), deps))
    now = current_holders(deps.policy, groups, people)
    noted = deps.grants.snapshot()
    if noted is None:
        # Only what is known whole: a first entry that leaves somebody out would be read as all.
        if set(now) == set(GRANTABLE_RIGHTS):
            deps.grants.save(GrantSnapshot(now, revision=1), [_first(GrantSnapshot(now), deps)])
        return 0
    changed = grant_changes(noted.holders, now)
    for start in range(0, len(changed), AT_ONCE):
        part = changed[start : start + AT_ONCE]
        noted = with_changes(noted, part)
        if not deps.grants.save(noted, [_entry(turn, deps) for turn in part]):
            return start  # Another run is at it.
    return len(changed)


def _known(user_ids: list[str], deps: Dependencies) -> Iterator[tuple[str, Person]]:
    """What is known of them; of some whom nobody has seen for a day Slack is asked, so that leavers are noticed."""
    left = READ_AT_ONCE
    for user_id in user_ids:
        held = deps.people.person(user_id)
        old = held is None or deps.clock() - held.read_at > PERSON_OLD_SECONDS
        if old and left:
            left -= 1
            held = _read(user_id, deps) or held
        if held is not None:
            yield user_id, held


def _read(user_id: str, deps: Dependencies) -> Person | None:
    try:
        read = deps.user_directory.read_person(user_id)
    except SlackError:
        logger.warning(
            "a person who holds a right could not be read", exc_info=True, extra={"user_id": user_id}
        )
        return None
    if read is not None:
        deps.people.save_person(read)
    return read


def _first(noted: GrantSnapshot, deps: Dependencies) -> AuditEntry:
    details = tuple((right.value, ",".join(sorted(held))) for right, held in noted.holders.items())
    return AuditEntry(deps.new_id(), GRANTS, int(deps.clock()), None, "grants_first_recorded", details)


def _entry(turn: GrantChange, deps: Dependencies) -> AuditEntry:
    entity = GRANTS if turn.user_id == EVERYONE else person_ref(turn.user_id)
    action = "grant_added" if turn.gained else "grant_removed"
    now = int(deps.clock())
    return AuditEntry(deps.new_id(), entity, now, None, action, (("right", turn.right.value),))
