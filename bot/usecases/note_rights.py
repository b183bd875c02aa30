"""Use case: note in the audit trail who gained or lost a right, whatever changed it.

The settings, a user group's members and a person's own standing change outside; what is noted is found by comparing
with a snapshot, which is written together with the entries. Of two runs at once one writes each change.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.people import Person, Policy
from bot.domain.rights import EVERYONE, NAMED, Noted, Turn, after, holders, named, turns
from bot.domain.subjects import RIGHTS, person
from bot.errors import SlackError
from bot.ports import AuditEntry, Clock, KeepsPeople, KeepsRights, NewId, ReadsPeople

AT_ONCE = 99
"""Entries in one transaction, which holds a hundred parts with the snapshot."""
PERSON_OLD_SECONDS = 24 * 3600
READ_AT_ONCE = 3

logger = logging.getLogger("switchboard")


@dataclass(frozen=True, slots=True)
class Tools:
    """What noting rights touches."""

    rights: KeepsRights
    people: KeepsPeople
    slack: ReadsPeople
    policy: Policy
    clock: Clock
    new_id: NewId


def note_rights(tools: Tools) -> int:
    """How many gains and losses were noted; on the first run none, but one entry that says who holds what."""
    groups = tools.people.members(tools.policy.all_groups)
    people = dict(_known(sorted(named(tools.policy, groups)), tools))
    now = holders(tools.policy, groups, people)
    noted = tools.rights.noted()
    if noted is None:
        # Only what is known whole: a first entry that leaves somebody out would be read as all.
        if set(now) == set(NAMED):
            tools.rights.note(Noted(now, revision=1), [_first(Noted(now), tools)])
        return 0
    changed = turns(noted.holders, now)
    for start in range(0, len(changed), AT_ONCE):
        part = changed[start : start + AT_ONCE]
        noted = after(noted, part)
        if not tools.rights.note(noted, [_entry(turn, tools) for turn in part]):
            return start  # Another run is at it.
    return len(changed)


def _known(user_ids: list[str], tools: Tools) -> Iterator[tuple[str, Person]]:
    """What is known of them; of some whom nobody has seen for a day Slack is asked, so that leavers are noticed."""
    left = READ_AT_ONCE
    for user_id in user_ids:
        held = tools.people.person(user_id)
        old = held is None or tools.clock() - held.read_at > PERSON_OLD_SECONDS
        if old and left:
            left -= 1
            held = _read(user_id, tools) or held
        if held is not None:
            yield user_id, held


def _read(user_id: str, tools: Tools) -> Person | None:
    try:
        read = tools.slack.read_person(user_id)
    except SlackError:
        logger.warning(
            "a person who holds a right could not be read", exc_info=True, extra={"user_id": user_id}
        )
        return None
    if read is not None:
        tools.people.save_person(read)
    return read


def _first(noted: Noted, tools: Tools) -> AuditEntry:
    details = tuple((right.value, ",".join(sorted(held))) for right, held in noted.holders.items())
    return AuditEntry(tools.new_id(), RIGHTS, int(tools.clock()), None, "rights_noted_first", details)


def _entry(turn: Turn, tools: Tools) -> AuditEntry:
    subject = RIGHTS if turn.user_id == EVERYONE else person(turn.user_id)
    deed = "right_gained" if turn.gained else "right_lost"
    now = int(tools.clock())
    return AuditEntry(tools.new_id(), subject, now, None, deed, (("right", turn.right.value),))
