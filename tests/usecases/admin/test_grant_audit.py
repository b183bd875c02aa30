"""Each granted or removed right is in the audit log once, whatever caused the change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.people import AccessPolicy, AuditEntry, GrantSnapshot, GroupMembers, Person, Right, with_changes
from bot.domain.records import GRANTS, person_ref
from bot.dynamodb import Repositories
from bot.errors import SlackNoAnswer
from bot.usecases.admin.grant_audit import audit_grants
from bot.usecases.dependencies import Dependencies
from tests.usecases.execution_bench import bench

TEAM, NOW = "T1", 1_800_000_000
POLICY = AccessPolicy(TEAM, requesters=frozenset({"U1"}), approvers=frozenset({"U2", "S1"}), admins=frozenset({"U3"}))


def person(user_id: str, **flags: bool) -> Person:
    known = {"is_guest": False, "is_deactivated": False, "is_bot": False} | flags
    return Person(user_id, TEAM, read_at=NOW, **known)


class Slack:
    """Returns the people in `people`, or does not respond."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.silent = False
        self.asked: list[str] = []

    def read_person(self, user_id: str) -> Person | None:
        self.asked.append(user_id)
        if self.silent:
            raise SlackNoAnswer("no answer")
        return self.people.get(user_id)

    def read_members(self, group_id: str) -> GroupMembers | None:
        raise AssertionError("the grant audit reads no members")


class Here:
    def __init__(self, store: Repositories) -> None:
        self.store, self.slack, self.policy, self.ids = store, Slack(), POLICY, 0
        self.group("S1", "U4", "U5")

    def group(self, group_id: str, *user_ids: str) -> None:
        self.store.people.save_members(GroupMembers(group_id, frozenset(user_ids), NOW))

    def new_id(self) -> str:
        self.ids += 1
        return f"e{self.ids}"

    @property
    def deps(self) -> Dependencies:
        return Dependencies(
            grants=self.store.grants,
            people=self.store.people,
            user_directory=self.slack,
            policy=self.policy,
            clock=lambda: NOW,
            new_id=self.new_id,
        )

    def note(self) -> int:
        return audit_grants(self.deps)

    def of(self, user_id: str) -> list[tuple[str, str]]:
        entries = self.store.audit.entries(person_ref(user_id), limit=100)
        return sorted((entry.action, dict(entry.details)["right"]) for entry in entries)

    def first(self) -> list[AuditEntry]:
        return self.store.audit.entries(GRANTS, limit=10)


@pytest.fixture
def here() -> Iterator[Here]:
    with bench() as opened:
        yield Here(opened.store)


def test_the_first_run_records_all_grants_in_one_entry(here: Here) -> None:
    assert here.note() == 0

    (entry,) = here.first()
    assert entry.action == "grants_first_recorded"
    assert dict(entry.details) == {"request": "U1", "approve": "U2,U4,U5", "administer": "U3"}
    assert here.of("U2") == []


def test_without_a_change_nothing_is_recorded(here: Here) -> None:
    here.note()

    assert here.note() == 0
    assert len(here.first()) == 1


def test_changed_settings_are_recorded_for_each_person(here: Here) -> None:
    here.note()
    here.policy = replace(POLICY, approvers=frozenset({"S1", "U6"}), admins=frozenset({"U3", "U2"}))

    assert here.note() == 3
    assert here.of("U2") == [("grant_added", "administer"), ("grant_removed", "approve")]
    assert here.of("U6") == [("grant_added", "approve")]
    assert here.note() == 0


def test_changed_members_are_recorded(here: Here) -> None:
    here.note()
    here.group("S1", "U5", "U7")

    assert here.note() == 2
    assert here.of("U4") == [("grant_removed", "approve")]
    assert here.of("U7") == [("grant_added", "approve")]


@pytest.mark.parametrize("flag", ["is_deactivated", "is_guest", "is_bot"])
def test_an_ineligible_person_loses_all_rights_until_eligible_again(here: Here, flag: str) -> None:
    here.note()
    here.store.people.save_person(person("U4", **{flag: True}))
    here.note()
    here.store.people.save_person(person("U4"))
    here.note()

    assert here.of("U4") == [("grant_added", "approve"), ("grant_removed", "approve")]


def test_holders_not_read_for_a_day_are_read_from_slack(here: Here) -> None:
    here.store.people.save_person(replace(person("U1"), read_at=NOW - policies.GRANT_AUDIT_PERSON_FRESH_SECONDS - 1))
    here.slack.people["U1"] = person("U1", is_deactivated=True)
    here.note()

    assert here.slack.asked == ["U1", "U2", "U3"]
    assert dict(here.first()[0].details)["request"] == ""


def test_without_a_response_from_slack_nothing_changes(here: Here) -> None:
    here.note()
    here.slack.silent = True

    assert here.note() == 0


def test_an_unread_group_changes_nothing(here: Here) -> None:
    here.note()
    here.policy = replace(POLICY, approvers=frozenset({"S9"}), admins=frozenset())

    assert here.note() == 1
    assert here.of("U3") == [("grant_removed", "administer")]
    assert here.of("U2") == here.of("U4") == []
    here.group("S9", "U2")
    assert here.note() == 2
    assert here.of("U4") == here.of("U5") == [("grant_removed", "approve")]
    assert here.of("U2") == []


def test_a_first_run_waits_until_every_group_is_known(here: Here) -> None:
    here.policy = replace(POLICY, admins=frozenset({"S9"}))

    here.note()

    assert here.first() == []


def test_a_right_of_everyone_is_recorded_as_such(here: Here) -> None:
    here.note()
    here.policy = replace(POLICY, requesters=frozenset())

    assert here.note() == 2
    assert here.of("U1") == [("grant_removed", "request")]
    assert [entry.action for entry in here.first()].count("grant_added") == 1


def test_two_concurrent_runs_record_each_change_once(here: Here) -> None:
    here.note()
    here.policy = replace(POLICY, admins=frozenset())
    deps = here.deps
    late = after_another_run(deps, here)

    assert audit_grants(late) == 0
    assert here.of("U3") == [("grant_removed", "administer")]


def after_another_run(deps: Dependencies, here: Here) -> Dependencies:
    """Dependencies with which another run happens between reading and saving the snapshot."""

    class Late:
        def snapshot(self) -> GrantSnapshot | None:
            snapshot = deps.grants.snapshot()
            here.note()
            return snapshot

        def save(self, snapshot: GrantSnapshot, entries: list[AuditEntry]) -> bool:
            return deps.grants.save(snapshot, entries)

    return replace(deps, grants=Late())  # type: ignore[arg-type]


def test_many_changes_are_written_in_parts_and_an_interrupted_run_continues(here: Here) -> None:
    here.note()
    many = [f"U{number:04d}" for number in range(2 * policies.GRANT_CHANGES_PER_TRANSACTION + 7)]
    here.group("S1", "U4", "U5", *many)
    real, written = here.store.grants.save, []

    class Cut:
        def snapshot(self) -> GrantSnapshot | None:
            return here.store.grants.snapshot()

        def save(self, snapshot: GrantSnapshot, entries: list[AuditEntry]) -> bool:
            if written:
                raise KeyboardInterrupt
            written.append(len(entries))
            return real(snapshot, entries)

    with pytest.raises(KeyboardInterrupt):
        audit_grants(replace(here.deps, grants=Cut()))  # type: ignore[arg-type]
    assert written == [policies.GRANT_CHANGES_PER_TRANSACTION]

    assert here.note() == policies.GRANT_CHANGES_PER_TRANSACTION + 7
    for user_id in (many[0], many[-1]):
        assert here.of(user_id) == [("grant_added", "approve")]


def test_the_snapshot_after_a_part_contains_only_that_part() -> None:
    snapshot = GrantSnapshot({Right.APPROVE: frozenset({"U1"})}, revision=4)

    assert with_changes(snapshot, []).holders == snapshot.holders
    assert with_changes(snapshot, []).revision == 5
