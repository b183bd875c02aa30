"""Finds records by what a person types, within the receiver's time however large the table is.

A record is indexed by the words of its group's name, and by its whole name and ids without separators. The same words
backwards find a word with a typing error: either its beginning or its end is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from bot.domain.record_states import RecordState
from bot.domain.records import Connection, EntityRef, Record
from bot.domain.search_text import (
    WORD_LENGTH,
    compact,
    is_misspelled,
    may_be_misspelled,
    may_resemble,
    name_words,
    resemble,
    words_in,
)
from bot.dynamodb import schema
from bot.dynamodb.expressions import Delete, Put, Value, Write
from bot.dynamodb.schema import item_at, read_item
from bot.dynamodb.table import Table

BACKWARDS = "<"
"""Before a word that is written backwards; no other term contains it."""
MOST_WORDS = 24
"""A record that gets another name removes and writes all its terms in one transaction, which takes 100 writes."""
MOST_BACKWARDS = 4
CANDIDATES = 100
"""How many records are read for each interpretation of the query, exact words first."""
MOST_ROWS = 2 * CANDIDATES
"""A record whose name starts with the word has a row for the word and one for the whole name."""
MOST_PAGES = 3
"""A page is a megabyte, or some 2,500 words. A search for several words filters at most this many pages."""
SHORTEST_PREFIX = 3
SIMILAR = 500
"""How many words are compared with a name, some 75 kB."""
MENTIONED = 50
"""How many records one search for what a message mentions reads."""
SPELLINGS = 50
"""How many words one query for spellings reads."""
MOST_SPELLING_QUERIES = 40
MOST_SUGGESTIONS = 20


@dataclass(frozen=True, slots=True)
class SearchWord:
    """`words` holds all words of the record, so that a search for several reads one word and filters by the others."""

    entity: EntityRef
    words: str


def words_of(record: Record) -> list[str]:
    """The distinct words and the whole texts by which a record is found."""
    name = record.group_name or ""
    number = record.carrier_group_id if isinstance(record, Connection) else None
    whole = [compact(text or "") for text in (record.id, number, record.group_id, name)]
    return [word for word in dict.fromkeys([*whole, *words_in(name)[:MOST_WORDS]]) if word]


def terms_of(record: Record) -> list[str]:
    """What is indexed: the words of a record, and backwards those of its name that may be misspelled."""
    backwards = (f"{BACKWARDS}{word[::-1]}" for word in may_be_misspelled(words_in(record.group_name or "")))
    return [*words_of(record), *islice(backwards, MOST_BACKWARDS)]


def changed_words(before: Record | None, after: Record) -> list[Write]:
    """The index writes for a new state of a record, for the same transaction; none if its terms are the same."""
    old = terms_of(before) if before else []
    new = terms_of(after)
    if old == new:
        return []
    entity, words = after.entity, spaced(words_of(after))
    removed: list[Write] = [Delete(schema.word(term, entity)) for term in old if term not in new]
    return removed + [Put(item_at(schema.word(term, entity), SearchWord(entity, words))) for term in new]


def spaced(words: Iterable[str]) -> str:
    """All words in one text, each after a space: the text contains ` gr` if a word starts with `gr`."""
    return "".join(f" {word}" for word in words)


def candidates(table: Table, query: str) -> list[EntityRef]:
    """Records whose name or an id starts as the query does, or with words that start with each of its words."""
    whole, words = compact(query), _wanted_words(query)
    found = [_with_word(table, text, []) for text in dict.fromkeys((whole, _as_indexed_before(query))) if text]
    if words and words != [whole]:
        longest = max(words, key=len)
        found.append(_with_word(table, longest, [word for word in words if word != longest]))
    return list(dict.fromkeys(chain.from_iterable(found)))


def _wanted_words(query: str) -> list[str]:
    """Its words without `and`, for which a name may have `&`."""
    words = words_in(query)
    return [word for word in words if word != "and"] or words


def _as_indexed_before(query: str) -> str:
    """An id as an earlier release indexed it, with its hyphens and leading zeros; empty if the query contains no id."""
    text = query.strip().casefold()
    return text[:WORD_LENGTH] if re.fullmatch(r"[\w-]*\d[\w-]*", text) else ""


def _with_word(table: Table, word: str, others: Sequence[str], *, exact: bool = False) -> list[EntityRef]:
    prefix = f"{word}#" if exact or len(word) < SHORTEST_PREFIX else word
    values: dict[str, Value] = {":pk": schema.words(word), ":sk": prefix}
    values |= {f":w{index}": spaced([other]) for index, other in enumerate(others)}
    only = " AND ".join(f"contains(words, :w{index})" for index in range(len(others)))
    rows = table.query(
        "pk = :pk AND begins_with(sk, :sk)", values, only=only or None, limit=MOST_ROWS, pages=MOST_PAGES
    )
    entities = (read_item(SearchWord, row).entity for row in rows)
    return list(dict.fromkeys(entities))[:CANDIDATES]


def with_all_words(table: Table, words: Sequence[str]) -> tuple[list[EntityRef], bool]:
    """Records with all these words, or one of them as an id, in one query of one page; and whether these are all."""
    longest = max(words, key=len)
    others = [word for word in words if word != longest]
    values: dict[str, Value] = {":pk": schema.words(longest), ":sk": f"{longest}#"}
    values |= {f":w{index}": spaced([other]) for index, other in enumerate(others)}
    only = " AND ".join(f"contains(words, :w{index})" for index in range(len(others)))
    rows = table.query("pk = :pk AND begins_with(sk, :sk)", values, only=only or None, limit=MENTIONED, pages=1)
    entities = [read_item(SearchWord, row).entity for row in rows]
    return entities, len(entities) < MENTIONED


def best_first(found: list[RecordState], query: str) -> list[RecordState]:
    """Exact ids, then full names, then prefixes of ids and names, then the rest; newest first among equals."""
    wanted = compact(query)
    return sorted(found, key=lambda state: (_distance(state, wanted, query), -state.record.modified))


def _distance(record_state: RecordState, wanted: str, query: str) -> int:
    record = record_state.record
    number = record.carrier_group_id if isinstance(record, Connection) else None
    if number and number.casefold() == query.strip().casefold():
        return 1
    texts = [compact(text or "") for text in (record.id, number, record.group_id, record.group_name)]
    if wanted in texts:
        return 2 * texts.index(wanted)
    return 7 if any(text.startswith(wanted) for text in texts) else 8


# ---------------------------------------------------------------- names with a typing error


def misspelled(table: Table, query: str) -> list[EntityRef]:
    """Records that the query would find if one of its words had one letter more, less, different, or exchanged."""
    words, queries = _wanted_words(query), iter(range(MOST_SPELLING_QUERIES))
    found = (
        _with_word(table, spelling, [other for other in words if other != word], exact=True)
        for word in may_be_misspelled(words)
        for spelling in _spellings(table, word, queries)
    )
    return list(islice(dict.fromkeys(chain.from_iterable(found)), CANDIDATES))


def closest_first(found: list[RecordState], query: str) -> list[RecordState]:
    """The names that differ from the query by nothing but the typing error, then longer ones; only the first."""
    return sorted(best_first(found, query), key=lambda state: not resemble(state.record.group_name or "", query))[
        :MOST_SUGGESTIONS
    ]


def _spellings(table: Table, word: str, queries: Iterator[int]) -> list[str]:
    """The words in the index that differ from this one by one typing error; `queries` counts what may be read.

    An error in a short word may go unnoticed: three letters of its beginning or two of its end must be right.
    """
    half = max(len(word) // 2, SHORTEST_PREFIX)
    end = max(len(word) - half - 1, SHORTEST_PREFIX - 1)  # Behind two letters that are exchanged in the middle.
    beginnings = _distinct(table, word[:half], queries)
    ends = (text[:0:-1] for text in _distinct(table, f"{BACKWARDS}{word[::-1][:end]}", queries))
    return [text for text in dict.fromkeys(chain(beginnings, ends)) if is_misspelled(word, text)]


def _distinct(table: Table, beginning: str, queries: Iterator[int]) -> Iterator[str]:
    """The terms that begin so, each once, however many records have it: what equals the last one read is skipped."""
    first, last = beginning, f"{beginning}\uffff"
    for _ in queries:
        values: dict[str, Value] = {":pk": schema.words(beginning), ":first": first, ":last": last}
        rows = list(table.query("pk = :pk AND sk BETWEEN :first AND :last", values, limit=SPELLINGS))
        texts = dict.fromkeys(str(row["sk"]).partition("#")[0] for row in rows)
        yield from texts
        if len(rows) < SPELLINGS:
            return
        first = f"{next(reversed(texts))}$"  # "$" is the next character after the "#" that ends a term.


def resembling(table: Table, name: str) -> list[EntityRef]:
    """Records that may belong to a group with a similar name, in one query, because a submission waits for it.

    They have a word that begins as the longest word of the name does. With more of them than the query reads, as in a
    very large table, some may be missed.
    """
    words = name_words(name)
    if not words:
        return []
    longest = max(words, key=len)
    beginning = longest[: max(SHORTEST_PREFIX, (len(longest) + 1) // 2)]
    values: dict[str, Value] = {":pk": schema.words(longest), ":sk": beginning}
    rows = table.query("pk = :pk AND begins_with(sk, :sk)", values, limit=SIMILAR)
    found = (read_item(SearchWord, row) for row in rows)
    similar = (word.entity for word in found if may_resemble(name, frozenset(name_words(word.words))))
    return list(dict.fromkeys(similar))[:CANDIDATES]
