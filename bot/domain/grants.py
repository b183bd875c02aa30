"""Who holds which right, as it was last noted, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.people import AccessPolicy, GroupMembers, Person, Right

GRANTABLE_RIGHTS = (Right.REQUEST, Right.APPROVE, Right.ADMINISTER)
"""What settings give to somebody by name; every full member may view."""
EVERYONE = "everyone"
"""In the place of a user id where every full member holds a right."""

Holders = Mapping[Right, frozenset[str]]


@dataclass(frozen=True, slots=True)
class GrantSnapshot:
    """The snapshot. `revision` grows with each write of it; 0 where it was never written."""

    holders: Holders
    revision: int = 0


@dataclass(frozen=True, slots=True, order=True)
class GrantChange:
    """Somebody gained a right or lost it."""

    user_id: str
    right: Right
    gained: bool


def current_holders(
    policy: AccessPolicy, groups: Mapping[str, GroupMembers], people: Mapping[str, Person]
) -> dict[Right, frozenset[str]]:
    """Who can use each right. One that hangs on a group whose members are not known is left out: nobody can tell."""
    told = {}
    for right in GRANTABLE_RIGHTS:
        if policy.open_to_members(right):
            told[right] = frozenset({EVERYONE})
        elif policy.groups(right) <= groups.keys():
            told[right] = frozenset(
                one for one in _named(right, policy, groups) if _is_fit(people.get(one), policy)
            )
    return told


def named_people(policy: AccessPolicy, groups: Mapping[str, GroupMembers]) -> frozenset[str]:
    """Everyone whom some right names, fit or not."""
    return frozenset().union(*(_named(right, policy, groups) for right in GRANTABLE_RIGHTS))


def grant_changes(before: Holders, now: Holders) -> list[GrantChange]:
    """What changed for whom; a right that is not told now is as it was."""
    changed = []
    for right, held in now.items():
        had = before.get(right, frozenset())
        changed += [GrantChange(one, right, gained=True) for one in held - had]
        changed += [GrantChange(one, right, gained=False) for one in had - held]
    return sorted(changed)


def with_changes(noted: GrantSnapshot, part: list[GrantChange]) -> GrantSnapshot:
    """The snapshot once these turns are in it."""
    held = {right: set(users) for right, users in noted.holders.items()}
    for turn in part:
        users = held.setdefault(turn.right, set())
        (users.add if turn.gained else users.discard)(turn.user_id)
    return replace(
        noted, holders={right: frozenset(users) for right, users in held.items()}, revision=noted.revision + 1
    )


def _named(right: Right, policy: AccessPolicy, groups: Mapping[str, GroupMembers]) -> frozenset[str]:
    by_group = (groups[one].user_ids for one in policy.groups(right) if one in groups)
    return (policy.holders(right) - policy.groups(right)).union(*by_group)


def _is_fit(person: Person | None, policy: AccessPolicy) -> bool:
    """Of whom nothing is known yet holds what they were given."""
    if person is None:
        return True
    return not (person.is_deactivated or person.is_bot or person.is_guest or person.team_id != policy.team_id)
