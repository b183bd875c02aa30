"""Who held which right when it was last noted, on a real table."""

from bot.domain.people import Right
from bot.domain.rights import Noted
from bot.domain.subjects import RIGHTS
from bot.store import Store
from bot.store.rights import RightsStore
from tests.store.made import an_entry

FIRST = Noted({Right.APPROVE: frozenset({"U2", "U1"}), Right.REQUEST: frozenset()}, revision=1)
SECOND = Noted({Right.APPROVE: frozenset({"U1"})}, revision=2)


def test_nothing_is_noted_before_the_first_time(store: Store) -> None:
    assert isinstance(store.rights, RightsStore)
    assert store.rights.noted() is None


def test_what_was_noted_is_read_as_it_was_with_its_entries(store: Store) -> None:
    assert store.rights.note(FIRST, [an_entry("e1", RIGHTS)])

    assert store.rights.noted() == FIRST
    assert [entry.id for entry in store.audit.entries(RIGHTS, limit=5)] == ["e1"]


def test_of_two_who_saw_the_same_one_writes_and_the_other_leaves_no_entry(store: Store) -> None:
    store.rights.note(FIRST, [])

    assert store.rights.note(SECOND, [an_entry("e1", RIGHTS)])
    assert not store.rights.note(SECOND, [an_entry("e2", RIGHTS)])
    assert not store.rights.note(FIRST, [an_entry("e3", RIGHTS)])
    assert [entry.id for entry in store.audit.entries(RIGHTS, limit=5)] == ["e1"]
