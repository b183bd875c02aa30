"""Finding records by what a person types, in the receiver's time however much the table holds."""

from __future__ import annotations

from itertools import chain

from bot.domain.entities import EntityRef
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.items import read_item, text
from bot.dynamodb.search_index import folded, spaced, words_in
from bot.dynamodb.table import Table

CANDIDATES = 100
"""How many records are looked at for each way to read the query; exact words come first among them."""
MOST_PAGES = 3
"""A page is a megabyte, or some 2,500 words; a search for several words filters that much at most."""
SHORTEST_BEGINNING = 3


def candidates(table: Table, query: str) -> list[EntityRef]:
    """Records that have a word like the whole query, or one like each of its words; each once."""
    whole, words = folded(query), words_in(query)
    found = [_with_word(table, whole, [])] if whole else []
    if words and words != [whole]:
        longest = max(words, key=len)
        found.append(_with_word(table, longest, [word for word in words if word != longest]))
    return list(dict.fromkeys(chain.from_iterable(found)))


def _with_word(table: Table, word: str, others: list[str]) -> list[EntityRef]:
    beginning = word if len(word) >= SHORTEST_BEGINNING else f"{word}#"
    values: dict[str, Value] = {":pk": keys.words(word), ":sk": beginning}
    values |= {f":w{index}": spaced([other]) for index, other in enumerate(others)}
    only = " AND ".join(f"contains(words, :w{index})" for index in range(len(others)))
    rows = table.query(
        "pk = :pk AND begins_with(sk, :sk)",
        values,
        only=only or None,
        limit=CANDIDATES,
        pages=MOST_PAGES,
    )
    return [read_item(row, _subject) for row in rows]


def _subject(row: Item) -> EntityRef:
    return EntityRef.parse(text(row, "entity"))


def best_first(found: list[RecordState], query: str) -> list[RecordState]:
    """Exact ids, then full names, then beginnings of ids and names, then the rest; the newest first among equals."""
    wanted = folded(query)
    return sorted(
        found, key=lambda record_state: (_distance(record_state, wanted), -record_state.record.modified)
    )


def _distance(record_state: RecordState, wanted: str) -> int:
    record = record_state.record
    group_id = record.carrier_group_id if isinstance(record, Connection) else None
    ids, name = [folded(record.id), folded(group_id or "")], folded(record.group_name or "")
    if wanted in ids:
        return ids.index(wanted)
    if wanted == name:
        return 2
    return 3 if any(one.startswith(wanted) for one in [*ids, name]) else 4
