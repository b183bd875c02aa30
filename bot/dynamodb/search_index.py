"""Finds records by what a person types, within the receiver's time however large the table is.

A record is indexed by its id, its carrier group id, the words of its group's name and, for a disconnection request,
the group's id.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain

from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, EntityRef, Record
from bot.dynamodb import schema
from bot.dynamodb.expressions import Delete, Put, Value, Write
from bot.dynamodb.schema import item_at, read_item
from bot.dynamodb.table import Table

MOST_WORDS = 12
WORD_LENGTH = 60
CANDIDATES = 100
"""How many records are read for each interpretation of the query, exact words first."""
MOST_PAGES = 3
"""A page is a megabyte, or some 2,500 words. A search for several words filters at most this many pages."""
SHORTEST_PREFIX = 3
SIMILAR = 500
"""How many words are compared with a name, some 75 kB."""
_LEGAL_FORMS = frozenset("the and of inc llc llp ltd co corp plc company corporation incorporated limited".split())
"""Words that people leave out or write differently."""
SHORTEST_MISSPELLED = 4
"""Shorter words differ in one letter too often to be the same."""


@dataclass(frozen=True, slots=True)
class SearchWord:
    """`words` holds all words of the record, so that a search for several reads one word and filters by the others."""

    entity: EntityRef
    words: str


def folded(text: str) -> str:
    """A spelling that is the same for all texts which people consider equal; cut to a word's length."""
    folds = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folds).strip()[:WORD_LENGTH].strip()


def words_in(text: str) -> list[str]:
    """The distinct words of a text, in order."""
    whole = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return list(dict.fromkeys(word[:WORD_LENGTH] for word in re.split(r"[\W_]+", whole) if word))


def words_of(record: Record) -> list[str]:
    ids = [record.id]
    if isinstance(record, Connection) and record.carrier_group_id:
        ids.append(record.carrier_group_id)
    if isinstance(record, Disconnection) and record.group_id:
        ids.append(record.group_id)
    found = [folded(record_id) for record_id in ids] + words_in(record.group_name or "")
    return [word for word in dict.fromkeys(found) if word][:MOST_WORDS]


def changed_words(before: Record | None, after: Record) -> list[Write]:
    """The index writes for a new state of a record, for the same transaction; none if its words are the same."""
    old = words_of(before) if before else []
    new = words_of(after)
    if old == new:
        return []
    entity, words = after.entity, spaced(new)
    removed: list[Write] = [Delete(schema.word(word, entity)) for word in old if word not in new]
    return removed + [Put(item_at(schema.word(word, entity), SearchWord(entity, words))) for word in new]


def spaced(words: list[str]) -> str:
    """All words in one text, each after a space: the text contains ` gr` if a word starts with `gr`."""
    return "".join(f" {word}" for word in words)


def candidates(table: Table, query: str) -> list[EntityRef]:
    """Records with a word that starts with the whole query, or words that start with each of its words."""
    whole, words = folded(query), words_in(query)
    found = [_with_word(table, whole, [])] if whole else []
    if words and words != [whole]:
        longest = max(words, key=len)
        found.append(_with_word(table, longest, [word for word in words if word != longest]))
    return list(dict.fromkeys(chain.from_iterable(found)))


def _with_word(table: Table, word: str, others: list[str]) -> list[EntityRef]:
    prefix = word if len(word) >= SHORTEST_PREFIX else f"{word}#"
    values: dict[str, Value] = {":pk": schema.words(word), ":sk": prefix}
    values |= {f":w{index}": spaced([other]) for index, other in enumerate(others)}
    only = " AND ".join(f"contains(words, :w{index})" for index in range(len(others)))
    rows = table.query(
        "pk = :pk AND begins_with(sk, :sk)", values, only=only or None, limit=CANDIDATES, pages=MOST_PAGES
    )
    return [read_item(SearchWord, row).entity for row in rows]


def best_first(found: list[RecordState], query: str) -> list[RecordState]:
    """Exact ids, then full names, then prefixes of ids and names, then the rest; newest first among equals."""
    wanted = folded(query)
    return sorted(found, key=lambda state: (_distance(state, wanted), -state.record.modified))


def _distance(record_state: RecordState, wanted: str) -> int:
    record = record_state.record
    group_id = record.carrier_group_id if isinstance(record, Connection) else None
    ids, name = [folded(record.id), folded(group_id or "")], folded(record.group_name or "")
    if wanted in ids:
        return ids.index(wanted)
    if wanted == name:
        return 2
    return 3 if any(text.startswith(wanted) for text in [*ids, name]) else 4


# ---------------------------------------------------------------- similar names


def resembling(table: Table, name: str) -> list[EntityRef]:
    """Records that may belong to a group with a similar name, in one query.

    They have a word that begins as the longest word of the name does. With more of them than the query reads, as in a
    very large table, some may be missed.
    """
    words = words_in(" ".join(name_words(name)))
    if not words:
        return []
    longest = max(words, key=len)
    beginning = longest[: max(SHORTEST_PREFIX, (len(longest) + 1) // 2)]
    values: dict[str, Value] = {":pk": schema.words(longest), ":sk": beginning}
    rows = table.query("pk = :pk AND begins_with(sk, :sk)", values, limit=SIMILAR)
    found = (read_item(SearchWord, row) for row in rows)
    similar = (word.entity for word in found if may_resemble(name, frozenset(name_words(word.words))))
    return list(dict.fromkeys(similar))[:CANDIDATES]


def name_words(name: str) -> list[str]:
    """The words that identify a group, without case, accents, punctuation and legal form, in order.

    `O'Neill & Söhne, Inc.` becomes `oneill`, `sohne`. A name of nothing but legal forms keeps them.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = re.findall(r"\w+", re.sub(r"['\u2019`.]", "", plain).replace("_", " "))
    return [word for word in words if word not in _LEGAL_FORMS] or words


def resemble(name: str, other: str) -> bool:
    """Whether two names probably mean the same group: equal words in any order, but for one typing error."""
    first, second = name_words(name), name_words(other)
    if "".join(first) == "".join(second):
        return bool(first)
    same_length = len(first) == len(second)
    return same_length and may_resemble(name, frozenset(second)) and may_resemble(other, frozenset(first))


def may_resemble(name: str, words: frozenset[str]) -> bool:
    """Whether all words of the name are among these, but for one that differs by a typing error."""
    wanted = name_words(name)
    missing = [word for word in wanted if word not in words]
    if len(missing) > 1 or not wanted:
        return False
    return not missing or any(_is_misspelled(missing[0], word) for word in words - frozenset(wanted))


def _is_misspelled(word: str, other: str) -> bool:
    return min(len(word), len(other)) >= SHORTEST_MISSPELLED and _differ_by_one_letter(word, other)


def _differ_by_one_letter(word: str, other: str) -> bool:
    """One letter more, less or different, or two exchanged. Numbers that differ are different."""
    if len(word) > len(other):
        word, other = other, word
    start = next((index for index, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(word))
    rest, longer = word[start:], other[start:]
    if any(character.isdigit() for character in rest[:1] + longer[:1]):
        return False
    if len(word) < len(other):
        return rest == longer[1:]
    return rest[1:] == longer[1:] or (rest[:2] == longer[1::-1] and rest[2:] == longer[2:])
