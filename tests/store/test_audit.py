"""The audit trail, on a real table."""

from bot.store import Store
from bot.store.audit import audit_put
from bot.store.writes import ABSENT
from tests.store.conftest import Engine
from tests.store.made import NOW, an_entry


def test_an_entry_holds_who_did_what_to_what(store: Store, engine: Engine) -> None:
    entry = an_entry(details=(("version", "v1"), ("why", "Zoë 🏥")))

    store.audit.audit(entry)

    item = engine.item(f"AUDIT#{entry.subject}", f"{NOW:012d}#a1")
    assert item is not None
    assert item["actor"] == {"S": "U1"}
    assert item["deed"] == {"S": "placed"}
    assert item["details"] == {
        "L": [{"L": [{"S": "version"}, {"S": "v1"}]}, {"L": [{"S": "why"}, {"S": "Zoë 🏥"}]}]
    }
    assert "expires" not in item


def test_an_entry_is_never_changed(store: Store, engine: Engine) -> None:
    store.audit.audit(an_entry())

    store.audit.audit(an_entry(deed="nothing at all"))

    item = engine.item(f"AUDIT#{an_entry().subject}", f"{NOW:012d}#a1")
    assert item is not None
    assert item["deed"] == {"S": "placed"}


def test_entries_about_one_subject_lie_in_the_order_of_time(store: Store, engine: Engine) -> None:
    for entry_id, at in [("late", 10**10), ("early", 9), ("now", NOW)]:
        store.audit.audit(an_entry(entry_id, at=at))

    found = sorted(item["sk"]["S"] for item in engine.everything())

    assert [sk.partition("#")[2] for sk in found] == ["early", "now", "late"]


def test_inside_a_transaction_too_an_entry_is_put_only_where_there_is_none() -> None:
    assert audit_put(an_entry()).condition == ABSENT
