"""People, their rights, changes of granted rights, and audit entries: who did what, from where, with what result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import policies
from bot.domain.records import EntityRef


class Right(StrEnum):
    """What a person may be allowed to do."""

    VIEW = "view"
    REQUEST = "request"
    APPROVE = "approve"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user as last read (`read_at`, Unix seconds)."""

    user_id: str
    team_id: str
    is_guest: bool
    is_deactivated: bool
    is_bot: bool
    read_at: int
    name: str = ""
    """As Slack shows it; empty if it was stored before names were read."""


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """The members of a Slack user group as last read (`read_at`, Unix seconds)."""

    group_id: str
    user_ids: frozenset[str]
    read_at: int


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Who holds each right: Slack user ids (`U…`, `W…`) and user group ids (`S…`).

    Every full member of the workspace may view. No requesters named means every full member too; no approvers or
    admins named means nobody.
    """

    team_id: str
    requesters: frozenset[str] = frozenset()
    approvers: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()
    self_approval: bool = False
    """Whether people may decide on their own requests."""

    def holders(self, right: Right) -> frozenset[str]:
        """The users and user groups named for this right."""
        return {
            Right.VIEW: frozenset(),
            Right.REQUEST: self.requesters,
            Right.APPROVE: self.approvers,
            Right.ADMINISTER: self.admins,
        }[right]

    def open_to_members(self, right: Right) -> bool:
        """Whether every full member holds this right."""
        return right is Right.VIEW or (right is Right.REQUEST and not self.requesters)

    def groups(self, right: Right) -> frozenset[str]:
        return frozenset(holder for holder in self.holders(right) if holder.startswith("S"))

    @property
    def all_groups(self) -> frozenset[str]:
        return frozenset().union(*(self.groups(right) for right in Right))


class Verdict(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """The data about the person or a user group is missing or too old."""


@dataclass(frozen=True, slots=True)
class Permission:
    verdict: Verdict
    reason: str = ""
    """For people: why not, and what to do."""

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED


ALLOWED = Permission(Verdict.ALLOWED)

OTHER_WORKSPACE = "Only members of this workspace can do this; people of connected workspaces cannot."


def denied(why: str) -> Permission:
    return Permission(Verdict.DENIED, why)


def unknown(why: str) -> Permission:
    return Permission(Verdict.UNKNOWN, why)


def authorize(
    right: Right, person: Person | None, groups: Mapping[str, GroupMembers], policy: AccessPolicy, now: int
) -> Permission:
    """Whether `person` holds `right`. `groups` are the known members of the policy's user groups, by group id."""
    if person is None or now - person.read_at > policies.PERSON_FRESH_SECONDS:
        return unknown(
            "I could not read your Slack profile just now, so nothing was done. Please try again in a minute."
        )
    if person.is_deactivated or person.is_bot:
        return denied("Only active members of this workspace can do this.")
    if person.team_id != policy.team_id:
        return denied(OTHER_WORKSPACE)
    if person.is_guest:
        return denied("Guests cannot do this. Please ask a full member of this workspace.")
    return _holds(right, person.user_id, groups, policy, now)


def _holds(
    right: Right, user_id: str, groups: Mapping[str, GroupMembers], policy: AccessPolicy, now: int
) -> Permission:
    holders = policy.holders(right)
    if user_id in holders or policy.open_to_members(right):
        return ALLOWED
    known = [groups.get(group_id) for group_id in sorted(policy.groups(right))]
    fresh = [members for members in known if members and now - members.read_at <= policies.GROUP_MEMBERS_FRESH_SECONDS]
    if any(user_id in members.user_ids for members in fresh):
        return ALLOWED
    if len(fresh) < len(known):
        return unknown(
            "I could not read the Slack user group that decides this, so nothing was done. Please try again in "
            "a few minutes; if this continues, tell the team that runs Switchboard."
        )
    return denied(_who_may(right, holders))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a colleague cannot be given somebody's claims, for the person who chose them. `may_pass`: it is not known."""

    reason: str
    may_pass: bool = False


def obstacle(person: Person | None, policy: AccessPolicy, *, is_unknown: bool) -> Obstacle:
    """In words about a colleague who may neither request nor decide. `is_unknown`: that could not be found out."""
    if is_unknown:
        return Obstacle("I could not check this person's rights just now. Please try again in a minute.", may_pass=True)
    if person is not None and person.is_deactivated:
        return Obstacle("This person's account is deactivated. Choose another colleague.")
    if person is not None and (person.is_bot or person.is_guest or person.team_id != policy.team_id):
        return Obstacle("Only full members of this workspace can own these. Choose another colleague.")
    return Obstacle(
        "This person may neither request connections nor decide on disconnections. Choose another colleague."
    )


def authorize_decision_on(asked_by: str | None, user_id: str, policy: AccessPolicy) -> Permission:
    """Nobody decides on their own request. The refusal names who may."""
    if asked_by != user_id or policy.self_approval:
        return ALLOWED
    others = policy.holders(Right.APPROVE) - {user_id}
    who = f"These may: {_named(others)}." if others else "Nobody else may."
    return denied(f"You requested this yourself, so another approver has to decide on it. {who}")


def _named(holders: frozenset[str]) -> str:
    return ", ".join(f"<!subteam^{holder}>" if holder.startswith("S") else f"<@{holder}>" for holder in sorted(holders))


def who_grants(policy: AccessPolicy) -> str:
    """Whom to ask for a right. The settings grant it, which the team that runs Switchboard changes."""
    admins = f" Its admins know how: {_named(policy.admins)}." if policy.admins else ""
    return f"To get a right, ask the team that runs Switchboard.{admins}"


def _who_may(right: Right, holders: frozenset[str]) -> str:
    action = {
        Right.VIEW: "look at connections",
        Right.REQUEST: "request or retry connections",
        Right.APPROVE: "decide on disconnections",
        Right.ADMINISTER: "do this",
    }[right]
    if not holders:
        return f"Nobody may {action} yet: the team that runs Switchboard has to name who may."
    return f"You may not {action}. These may: {_named(holders)}."


GRANTABLE_RIGHTS = (Right.REQUEST, Right.APPROVE, Right.ADMINISTER)
"""Rights that the settings grant by name; every full member may view."""
EVERYONE = "everyone"
"""Stands for a user id if every full member holds a right."""

Holders = Mapping[Right, frozenset[str]]


@dataclass(frozen=True, slots=True)
class GrantSnapshot:
    """Who holds which right. `revision` is incremented by each write; 0 if it was never written."""

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
                user_id for user_id in _named_for(right, policy, groups) if is_eligible(people.get(user_id), policy)
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


def is_eligible(person: Person | None, policy: AccessPolicy) -> bool:
    """Whether a person may hold rights at all. A person about whom nothing is known yet counts as eligible."""
    if person is None:
        return True
    return not (person.is_deactivated or person.is_bot or person.is_guest or person.team_id != policy.team_id)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an action came from. `source` is command, button, form, shortcut, webhook or worker; `channel_id` is known
    if Slack sent it."""

    source: str
    channel_id: str | None = None


WORKER = Origin("worker")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which entity, on which version, with what result. Never changed, and without sensitive values."""

    id: str
    entity: EntityRef
    at: int
    actor: str | None
    action: str
    details: tuple[tuple[str, str], ...] = ()
    origin: Origin = WORKER
