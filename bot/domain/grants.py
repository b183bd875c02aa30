"""Who users which right at the last audit, and what has changes since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.people import AccessPolicy, GroupMembers, Person, Right

GRANTABLE_RIGHTS = (Right.REQUEST, Right.APPROVE, Right.ADMINISTER)
"""Rights that the settings grant by name; every full member may view."""
EVERYONE = "everyone"
"""Stands for a user id if every full member holds a right."""

Holders = Mapping[Right, frozenset[str]]


@dataclass(frozen=True, slots=True)
class GrantSnapshot:
    """Who users which right. `revision` is incremented by each write; 0 if it was never written."""

    holders: Holders
    revision: int = 0


@dataclass(frozen=True, slots=True, order=True)
class GrantChange:
    """A person gained or lost a right."""

    user_id: str
    right: Right
    gained: bool


def current_holders(
    policy: AccessPolicy, groups: Mapping[str, GroupMembers], people: Mapping[str, Person]
) -> dict[Right, frozenset[str]]:
    """Who holds each right. A right that depends on a group with unknown members is left out."""
    holders = {}
    for right in GRANTABLE_RIGHTS:
        if policy.open_to_members(right):
            holders[right] = frozenset({EVERYONE})
        elif policy.groups(right) <= groups.keys():
            holders[right] = frozenset(
                user_id for user_id in _named_for(right, policy, groups) if _is_eligible(people.get(user_id), policy)
            )
    return holders


def named_people(policy: AccessPolicy, groups: Mapping[str, GroupMembers]) -> frozenset[str]:
    """Everyone named for some right, eligible or not."""
    return frozenset().union(*(_named_for(right, policy, groups) for right in GRANTABLE_RIGHTS))


def grant_changes(before: Holders, now: Holders) -> list[GrantChange]:
    """What changed for whom. A right that is missing in `now` is unchanged."""
    changes = []
    for right, users in now.items():
        users_before = before.get(right, frozenset())
        changes += [GrantChange(user_id, right, gained=True) for user_id in users - users_before]
        changes += [GrantChange(user_id, right, gained=False) for user_id in users_before - users]
    return sorted(changes)


def with_changes(snapshot: GrantSnapshot, changes: list[GrantChange]) -> GrantSnapshot:
    """The snapshot with these changes applied."""
    holders = {right: set(users) for right, users in snapshot.holders.items()}
    for change in changes:
        users = holders.setdefault(change.right, set())
        (users.add if change.gained else users.discard)(change.user_id)
    frozen = {right: frozenset(users) for right, users in holders.items()}
    return replace(snapshot, holders=frozen, revision=snapshot.revision + 1)


def _named_for(right: Right, policy: AccessPolicy, groups: Mapping[str, GroupMembers]) -> frozenset[str]:
    by_group = (groups[group_id].user_ids for group_id in policy.groups(right) if group_id in groups)
    return (policy.holders(right) - policy.groups(right)).union(*by_group)


def _is_eligible(person: Person | None, policy: AccessPolicy) -> bool:
    """A person about whom nothing is known yet counts as eligible."""
    if person is None:
        return True
    return not (person.is_deactivated or person.is_bot or person.is_guest or person.team_id != policy.team_id)
