"""The audit log, on a real table."""

import pytest

from bot.domain.records import connection_ref
from bot.dynamodb import Repositories
from bot.dynamodb.expressions import ABSENT, Value, typed_item
from bot.dynamodb.schema import audit_put
from bot.errors import UnknownSchema
from tests.dynamodb.builders import NOW, an_entry, uuid
from tests.dynamodb.conftest import Engine


def test_an_entry_records_actor_action_and_entity(store: Repositories, engine: Engine) -> None:
    entry = an_entry(details=(("version", "v1"), ("why", "Zoë 🏥")))

    store.audit.append(entry)

    item = engine.item(f"AUDIT#{entry.entity}", f"{NOW:012d}#a1")
    assert item is not None
    assert item["actor"] == {"S": "U1"}
    assert item["action"] == {"S": "placed"}
    assert item["details"] == {"L": [{"L": [{"S": "version"}, {"S": "v1"}]}, {"L": [{"S": "why"}, {"S": "Zoë 🏥"}]}]}
    assert "expires" not in item


def test_an_entry_is_never_changed(store: Repositories, engine: Engine) -> None:
    store.audit.append(an_entry())

    store.audit.append(an_entry(action="nothing at all"))

    item = engine.item(f"AUDIT#{an_entry().entity}", f"{NOW:012d}#a1")
    assert item is not None
    assert item["action"] == {"S": "placed"}


def test_entries_about_one_entity_are_sorted_by_time(store: Repositories, engine: Engine) -> None:
    for entry_id, at in [("late", 10**10), ("early", 9), ("now", NOW)]:
        store.audit.append(an_entry(entry_id, at=at))

    found = sorted(item["sk"]["S"] for item in engine.everything())

    assert [sk.partition("#")[2] for sk in found] == ["early", "now", "late"]


def test_a_transaction_never_overwrites_an_entry() -> None:
    assert audit_put(an_entry()).condition == ABSENT


def test_entries_are_read_back_newest_first(store: Repositories) -> None:
    entries = [an_entry(f"e{number}", at=NOW + number) for number in range(5)]
    for entry in entries:
        store.audit.append(entry)
    store.audit.append(an_entry("other", connection_ref(uuid(2)), actor=None, details=()))

    assert store.audit.entries(connection_ref(uuid(1)), limit=3) == entries[:1:-1]
    assert store.audit.entries(connection_ref(uuid(2)), limit=3) == [
        an_entry("other", connection_ref(uuid(2)), actor=None, details=())
    ]
    assert store.audit.entries(connection_ref(uuid(3)), limit=3) == []


@pytest.mark.parametrize("details", ["text", [["one"]], [["name", 1]], 7])
def test_an_unreadable_entry_raises_unknown_schema(store: Repositories, engine: Engine, details: Value) -> None:
    item = audit_put(an_entry()).item | {"details": details}
    engine.put(**typed_item(item))
    with pytest.raises(UnknownSchema):
        store.audit.entries(an_entry().entity, limit=3)
