"""The index of what is due."""

from bot.store.due import due_ids
from bot.store.table import Table
from tests.store.conftest import HURRIED, PATIENCE, Engine
from tests.store.made import NOW, a_look, an_entry, some_news


def test_each_kind_is_asked_for_by_itself_with_its_whole_id(engine: Engine) -> None:
    store = engine.store()
    odd_id = "late:connection:x#y:1"
    store.news.put(some_news(odd_id))
    store.operations.place(a_look("L#1"), expected=None, news=[], audit=an_entry())
    table = Table(engine.client, engine.table, PATIENCE, HURRIED)

    assert due_ids(table, "NEWS", NOW, 9) == [odd_id]
    assert due_ids(table, "OPERATION", NOW, 9) == ["L#1"]
