from bot.domain.people import (
    EVERYONE,
    AccessPolicy,
    GrantChange,
    GroupMembers,
    Person,
    Right,
    current_holders,
    grant_changes,
    named_people,
)

POLICY = AccessPolicy("T1", approvers=frozenset({"U1", "S1"}))
GROUPS = {"S1": GroupMembers("S1", frozenset({"U2"}), 0)}


def test_holders_are_named_people_and_members_or_everyone_for_requests() -> None:
    assert current_holders(POLICY, GROUPS, {}) == {
        Right.REQUEST: {EVERYONE},
        Right.APPROVE: {"U1", "U2"},
        Right.ADMINISTER: frozenset(),
    }
    assert named_people(POLICY, GROUPS) == {"U1", "U2"}


def test_a_right_that_depends_on_an_unknown_group_is_left_out() -> None:
    assert Right.APPROVE not in current_holders(POLICY, {}, {})


def test_people_of_other_workspaces_hold_nothing() -> None:
    stranger = Person("U1", "T2", is_guest=False, is_deactivated=False, is_bot=False, read_at=0)

    assert current_holders(POLICY, GROUPS, {"U1": stranger})[Right.APPROVE] == {"U2"}


def test_changes_are_reported_only_for_rights_in_the_current_snapshot() -> None:
    before = {Right.APPROVE: frozenset({"U1"}), Right.ADMINISTER: frozenset({"U9"})}

    assert grant_changes(before, {Right.APPROVE: frozenset({"U2"})}) == [
        GrantChange("U1", Right.APPROVE, gained=False),
        GrantChange("U2", Right.APPROVE, gained=True),
    ]
