"""The grant snapshot, on a real table."""

from bot.domain.people import GrantSnapshot, Right
from bot.domain.records import GRANTS
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.admin import DynamoGrantRepository
from tests.dynamodb.builders import an_entry

FIRST = GrantSnapshot({Right.APPROVE: frozenset({"U2", "U1"}), Right.REQUEST: frozenset()}, revision=1)
SECOND = GrantSnapshot({Right.APPROVE: frozenset({"U1"})}, revision=2)


def test_there_is_no_snapshot_before_the_first_save(store: Repositories) -> None:
    assert isinstance(store.grants, DynamoGrantRepository)
    assert store.grants.snapshot() is None


def test_a_saved_snapshot_is_read_back_with_its_audit_entries(store: Repositories) -> None:
    assert store.grants.save(FIRST, [an_entry("e1", GRANTS)])

    assert store.grants.snapshot() == FIRST
    assert [entry.id for entry in store.audit.entries(GRANTS, limit=5)] == ["e1"]


def test_only_one_of_two_concurrent_saves_writes_a_snapshot_and_entries(store: Repositories) -> None:
    store.grants.save(FIRST, [])

    assert store.grants.save(SECOND, [an_entry("e1", GRANTS)])
    assert not store.grants.save(SECOND, [an_entry("e2", GRANTS)])
    assert not store.grants.save(FIRST, [an_entry("e3", GRANTS)])
    assert [entry.id for entry in store.audit.entries(GRANTS, limit=5)] == ["e1"]
