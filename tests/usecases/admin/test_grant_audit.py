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
from tests.usecases.execution_bench import open_bench

TEAM, NOW = "T1", 1_800_000_000
POLICY = AccessPolicy(TEAM, requesters=frozenset({"U1"}), approvers=frozenset({"U2", "S1"}), admins=frozenset({"U3"}))


def person(user_id: str, **flags: bool) -> Person:
    known = {"is_guest": False, "is_deactivated": False, "is_bot": False} | flags
    return Person(user_id, TEAM, read_at=NOW, **known)


class FakeSlack:
    """Returns the people in `people`, or does not respond."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.unresponsive = False
        self.read_ids: list[str] = []

    def read_person(self, user_id: str) -> Person | None:
        self.read_ids.append(user_id)
        if self.unresponsive:
            raise SlackNoAnswer("no answer")
        return self.people.get(user_id)

    def read_members(self, group_id: str) -> GroupMembers | None:
        raise AssertionError("the grant audit reads no members")


class GrantAuditBench:
    def __init__(self, store: Repositories) -> None:
        self.store, self.slack, self.policy, self.ids = store, FakeSlack(), POLICY, 0
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

    def run_audit(self) -> int:
        return audit_grants(self.deps)

    def entries_of(self, user_id: str) -> list[tuple[str, str]]:
        entries = self.store.audit.entries(person_ref(user_id), limit=100)
        return sorted((entry.action, dict(entry.details)["right"]) for entry in entries)

    def entries_about_grants(self) -> list[AuditEntry]:
        return self.store.audit.entries(GRANTS, limit=10)


@pytest.fixture
def bench() -> Iterator[GrantAuditBench]:
    with open_bench() as opened:
        yield GrantAuditBench(opened.store)


def test_the_first_run_records_all_grants_in_one_entry(bench: GrantAuditBench) -> None:
    assert bench.run_audit() == 0

    (entry,) = bench.entries_about_grants()
    assert entry.action == "grants_first_recorded"
    assert dict(entry.details) == {"request": "U1", "approve": "U2,U4,U5", "administer": "U3"}
    assert bench.entries_of("U2") == []


def test_without_a_change_nothing_is_recorded(bench: GrantAuditBench) -> None:
    bench.run_audit()

    assert bench.run_audit() == 0
    assert len(bench.entries_about_grants()) == 1


def test_changed_settings_are_recorded_for_each_person(bench: GrantAuditBench) -> None:
    bench.run_audit()
    bench.policy = replace(POLICY, approvers=frozenset({"S1", "U6"}), admins=frozenset({"U3", "U2"}))

    assert bench.run_audit() == 3
    assert bench.entries_of("U2") == [("grant_added", "administer"), ("grant_removed", "approve")]
    assert bench.entries_of("U6") == [("grant_added", "approve")]
    assert bench.run_audit() == 0


def test_changed_members_are_recorded(bench: GrantAuditBench) -> None:
    bench.run_audit()
    bench.group("S1", "U5", "U7")

    assert bench.run_audit() == 2
    assert bench.entries_of("U4") == [("grant_removed", "approve")]
    assert bench.entries_of("U7") == [("grant_added", "approve")]


@pytest.mark.parametrize("flag", ["is_deactivated", "is_guest", "is_bot"])
def test_an_ineligible_person_loses_all_rights_until_eligible_again(bench: GrantAuditBench, flag: str) -> None:
    bench.run_audit()
    bench.store.people.save_person(person("U4", **{flag: True}))
    bench.run_audit()
    bench.store.people.save_person(person("U4"))
    bench.run_audit()

    assert bench.entries_of("U4") == [("grant_added", "approve"), ("grant_removed", "approve")]


def test_holders_not_read_for_a_day_are_read_from_slack(bench: GrantAuditBench) -> None:
    bench.store.people.save_person(replace(person("U1"), read_at=NOW - policies.GRANT_AUDIT_PERSON_FRESH_SECONDS - 1))
    bench.slack.people["U1"] = person("U1", is_deactivated=True)
    bench.run_audit()

    assert bench.slack.read_ids == ["U1", "U2", "U3"]
    assert dict(bench.entries_about_grants()[0].details)["request"] == ""


def test_without_a_response_from_slack_nothing_changes(bench: GrantAuditBench) -> None:
    bench.run_audit()
    bench.slack.unresponsive = True

    assert bench.run_audit() == 0


def test_an_unread_group_changes_nothing(bench: GrantAuditBench) -> None:
    bench.run_audit()
    bench.policy = replace(POLICY, approvers=frozenset({"S9"}), admins=frozenset())

    assert bench.run_audit() == 1
    assert bench.entries_of("U3") == [("grant_removed", "administer")]
    assert bench.entries_of("U2") == bench.entries_of("U4") == []
    bench.group("S9", "U2")
    assert bench.run_audit() == 2
    assert bench.entries_of("U4") == bench.entries_of("U5") == [("grant_removed", "approve")]
    assert bench.entries_of("U2") == []


def test_a_first_run_waits_until_every_group_is_known(bench: GrantAuditBench) -> None:
    bench.policy = replace(POLICY, admins=frozenset({"S9"}))

    bench.run_audit()

    assert bench.entries_about_grants() == []


def test_a_right_of_everyone_is_recorded_as_such(bench: GrantAuditBench) -> None:
    bench.run_audit()
    bench.policy = replace(POLICY, requesters=frozenset())

    assert bench.run_audit() == 2
    assert bench.entries_of("U1") == [("grant_removed", "request")]
    assert [entry.action for entry in bench.entries_about_grants()].count("grant_added") == 1


def test_two_concurrent_runs_record_each_change_once(bench: GrantAuditBench) -> None:
    bench.run_audit()
    bench.policy = replace(POLICY, admins=frozenset())
    deps = bench.deps
    late = after_another_run(deps, bench)

    assert audit_grants(late) == 0
    assert bench.entries_of("U3") == [("grant_removed", "administer")]


def after_another_run(deps: Dependencies, bench: GrantAuditBench) -> Dependencies:
    """Dependencies with which another run happens between reading and saving the snapshot."""

    class ConcurrentRun:
        def snapshot(self) -> GrantSnapshot | None:
            snapshot = deps.grants.snapshot()
            bench.run_audit()
            return snapshot

        def save(self, snapshot: GrantSnapshot, entries: list[AuditEntry]) -> bool:
            return deps.grants.save(snapshot, entries)

    return replace(deps, grants=ConcurrentRun())  # type: ignore[arg-type]


def test_many_changes_are_written_in_parts_and_an_interrupted_run_continues(bench: GrantAuditBench) -> None:
    bench.run_audit()
    many = [f"U{number:04d}" for number in range(2 * policies.GRANT_CHANGES_PER_TRANSACTION + 7)]
    bench.group("S1", "U4", "U5", *many)
    real, written = bench.store.grants.save, []

    class InterruptedAfterFirstPart:
        def snapshot(self) -> GrantSnapshot | None:
            return bench.store.grants.snapshot()

        def save(self, snapshot: GrantSnapshot, entries: list[AuditEntry]) -> bool:
            if written:
                raise KeyboardInterrupt
            written.append(len(entries))
            return real(snapshot, entries)

    with pytest.raises(KeyboardInterrupt):
        audit_grants(replace(bench.deps, grants=InterruptedAfterFirstPart()))  # type: ignore[arg-type]
    assert written == [policies.GRANT_CHANGES_PER_TRANSACTION]

    assert bench.run_audit() == policies.GRANT_CHANGES_PER_TRANSACTION + 7
    for user_id in (many[0], many[-1]):
        assert bench.entries_of(user_id) == [("grant_added", "approve")]


def test_the_snapshot_after_a_part_contains_only_that_part() -> None:
    snapshot = GrantSnapshot({Right.APPROVE: frozenset({"U1"})}, revision=4)

    assert with_changes(snapshot, []).holders == snapshot.holders
    assert with_changes(snapshot, []).revision == 5
