"""The words under which a record is found: its id, its carrier group id, the words of its group's name, and the
group's id where it is a request to disconnect."""

from __future__ import annotations

import re
import unicodedata

from bot.domain.records import Connection, Disconnection, Record
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item
from bot.dynamodb.expressions import Delete, Put, Write
from bot.dynamodb.items import item_at

MOST_WORDS = 12
WORD_LENGTH = 60


def folded(text: str) -> str:
    """The same for every way to write it that people hold for the same; cut to a word's length."""
    folds = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folds).strip()[:WORD_LENGTH].strip()


def words_in(text: str) -> list[str]:
    """The words of a text in their order, each once."""
    whole = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return list(dict.fromkeys(word[:WORD_LENGTH] for word in re.split(r"[\W_]+", whole) if word))


def words_of(record: Record) -> list[str]:
    ids = [record.id]
    if isinstance(record, Connection) and record.carrier_group_id:
        ids.append(record.carrier_group_id)
    if isinstance(record, Disconnection) and record.group_id:
        ids.append(record.group_id)
    found = [folded(one) for one in ids] + words_in(record.group_name or "")
    return [word for word in dict.fromkeys(found) if word][:MOST_WORDS]


def moved_words(before: Record | None, after: Record) -> list[Write]:
    """What to write when a record's state moves, in the same transaction; nothing where its words are the same."""
    old = words_of(before) if before else []
    new = words_of(after)
    if old == new:
        return []
    gone: list[Write] = [Delete(keys.word(word, after.entity)) for word in old if word not in new]
    return gone + [Put(_word_item(word, new, after)) for word in new]


def _word_item(word: str, words: list[str], record: Record) -> Item:
    """Each item holds all words, so that a search for several asks for one and filters by the others."""
    return item_at(
        keys.word(word, record.entity),
        entity=str(record.entity),
        words=spaced(words),
    )


def spaced(words: list[str]) -> str:
    """All words in one text, each with a space before it: ` gr` is in it where a word begins with `gr`."""
    return "".join(f" {word}" for word in words)
