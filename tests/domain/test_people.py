"""Rights: guests, outsiders and bots are denied; an unknown right is neither denied nor allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import policies
from bot.domain.people import AccessPolicy, GroupMembers, Person, Right, Verdict, authorize

NOW = 1_800_000_000
ANA = Person("U1", "T1", is_guest=False, is_deactivated=False, is_bot=False, read_at=NOW)
OPEN = AccessPolicy("T1")


def verdict(right: Right, policy: AccessPolicy = OPEN, *groups: GroupMembers, person: Person | None = ANA) -> Verdict:
    return authorize(right, person, {group.group_id: group for group in groups}, policy, NOW).verdict


def group(*user_ids: str, age: int = 0) -> GroupMembers:
    return GroupMembers("S1", frozenset(user_ids), NOW - age)


def test_every_full_member_may_request_unless_requesters_are_named() -> None:
    assert verdict(Right.REQUEST) is Verdict.ALLOWED
    assert verdict(Right.REQUEST, AccessPolicy("T1", requesters=frozenset({"U2"}))) is Verdict.DENIED


def test_every_full_member_may_view_even_if_others_are_named() -> None:
    named = AccessPolicy("T1", frozenset({"U2"}), frozenset({"S1"}), frozenset({"U2"}))
    assert verdict(Right.VIEW, named) is Verdict.ALLOWED


@pytest.mark.parametrize("right", [Right.APPROVE, Right.ADMINISTER])
def test_nobody_may_approve_or_administer_by_default(right: Right) -> None:
    assert verdict(right) is Verdict.DENIED
    assert "Nobody may" in authorize(right, ANA, {}, OPEN, NOW).reason


@pytest.mark.parametrize("who", [{"is_guest": True}, {"is_deactivated": True}, {"is_bot": True}, {"team_id": "T2"}])
@pytest.mark.parametrize("right", Right)
def test_guests_outsiders_bots_and_deactivated_people_are_denied_even_if_named(
    right: Right, who: dict[str, Any]
) -> None:
    named = AccessPolicy("T1", frozenset({"U1"}), frozenset({"U1"}), frozenset({"U1"}))

    assert verdict(right, named, person=replace(ANA, **who)) is Verdict.DENIED


def test_a_stored_person_is_fresh_for_an_hour() -> None:
    assert verdict(Right.REQUEST, person=None) is Verdict.UNKNOWN
    old = replace(ANA, read_at=NOW - policies.PERSON_FRESH_SECONDS)
    assert verdict(Right.REQUEST, person=old) is Verdict.ALLOWED
    assert verdict(Right.REQUEST, person=replace(old, read_at=old.read_at - 1)) is Verdict.UNKNOWN


def test_members_have_the_right_while_fresh_and_are_unknown_afterwards() -> None:
    policy = AccessPolicy("T1", approvers=frozenset({"S1"}))

    assert verdict(Right.APPROVE, policy, group("U1", age=policies.GROUP_MEMBERS_FRESH_SECONDS)) is Verdict.ALLOWED
    assert verdict(Right.APPROVE, policy, group("U1", age=policies.GROUP_MEMBERS_FRESH_SECONDS + 1)) is Verdict.UNKNOWN
    assert verdict(Right.APPROVE, policy) is Verdict.UNKNOWN
    assert verdict(Right.APPROVE, policy, group("U2")) is Verdict.DENIED


def test_a_right_does_not_include_others() -> None:
    policy = AccessPolicy("T1", requesters=frozenset({"U1"}), approvers=frozenset({"S1"}))

    assert verdict(Right.APPROVE, policy, group("U2")) is Verdict.DENIED
    assert verdict(Right.ADMINISTER, policy) is Verdict.DENIED


def test_a_denial_names_the_people_with_the_right() -> None:
    policy = AccessPolicy("T1", requesters=frozenset({"S1", "U2"}))

    why = authorize(Right.REQUEST, ANA, {"S1": group("U3")}, policy, NOW).reason

    assert why == "You may not request or retry connections. These may: <!subteam^S1>, <@U2>."


def test_the_groups_of_all_rights_are_refreshed() -> None:
    policy = AccessPolicy("T1", frozenset({"S1", "U1"}), frozenset({"S2"}), frozenset({"W1"}))

    assert policy.all_groups == {"S1", "S2"}
