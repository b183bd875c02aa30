"""The names and ids that a message mentions, and a bounded number of searches for them, most promising first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Record
from bot.domain.search_text import compact, identifies, name_words, words_in

MOST_IDS = 20
MOST_SEARCHES = 40
"""One query each, within the receiver's time. Names get what ids leave of them."""
SHORTEST_ID = 4
BEGINNING = 2
"""So many words of a longer name are enough to recognize it."""
Search = tuple[str, ...]
"""Words that a record must all have; an id is one word."""

_MENTION = re.compile(r"<[@#!][^<>]*>")
_LINK = re.compile(r"<[^<>|\s]+\|([^<>]*)>")
_TOKEN = re.compile(r"[\w'\u2018\u2019`.&-]+")
_COMMON = frozenset(
    "a an are as at be but by can could did do does for from had has have he her him his how i if in is it its me my "
    "no not on or our please she so that their them there they this to was we were what when which who why will with "
    "would you your".split()
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a message may mention. Not `is_complete`: there is more than is searched."""

    ids: frozenset[str]
    words: tuple[str, ...]
    capitalized: frozenset[str]
    searches: tuple[Search, ...]
    is_complete: bool

    def has_id_of(self, record: Record) -> bool:
        number = record.carrier_group_id if isinstance(record, Connection) else None
        return any(compact(text) in self.ids for text in (record.id, record.group_id, number) if text)

    def has(self, name: Sequence[str]) -> bool:
        """Whether these words follow each other. One word alone must be capitalized, or it may be an ordinary word."""
        if len(name) == 1:
            return name[0] in self.capitalized
        return bool(name) and f" {' '.join(name)} " in f" {' '.join(self.words)} "


def mentions_in(text: str) -> Mentions:
    """What a text in Slack's format may mention; people and channels in it are no names of groups."""
    tokens = _TOKEN.findall(unescape(_LINK.sub(r" \1 ", _MENTION.sub(" ", text))))
    ids = list(dict.fromkeys(compact(token) for token in tokens if _may_be_id(token)))
    words = [(word, _is_capitalized(token)) for token in tokens for word in words_in(token) if _may_name(word)]
    searches = list(dict.fromkeys([*((each,) for each in ids[:MOST_IDS]), *_names(words)]))
    return Mentions(
        frozenset(ids[:MOST_IDS]),
        tuple(word for word, _ in words),
        frozenset(word for word, is_capitalized in words if is_capitalized),
        tuple(searches[:MOST_SEARCHES]),
        len(ids) <= MOST_IDS and len(searches) <= MOST_SEARCHES,
    )


def mentioned(found: Iterable[RecordState], mentions: Mentions) -> list[RecordState]:
    """Those that are mentioned, by id first. Of two names with the same beginning, the one that is there in full."""
    states = list(found)
    by_id = [state for state in states if mentions.has_id_of(state.record)]
    names = {state: _name(state.record) for state in states if state not in by_id}
    in_full = [state for state, name in names.items() if mentions.has(name)]
    known = {tuple(names[state][:BEGINNING]) for state in in_full}
    begun = [
        state
        for state, name in names.items()
        if len(name) > BEGINNING and tuple(name[:BEGINNING]) not in known and mentions.has(name[:BEGINNING])
    ]
    return [*by_id, *in_full, *begun]


def _name(record: Record) -> list[str]:
    return [word for word in name_words(record.group_name or "") if _may_name(word)]


def _may_be_id(token: str) -> bool:
    return len(compact(token)) >= SHORTEST_ID and any(character.isdigit() for character in token)


def _may_name(word: str) -> bool:
    return word not in _COMMON and identifies(word)


def _is_capitalized(token: str) -> bool:
    return token.lstrip("'\u2018\u2019`.&-")[:1].isupper()


def _names(words: Sequence[tuple[str, bool]]) -> list[Search]:
    """Capitalized neighbours, capitalized words alone, and at last neighbours that are not capitalized."""
    neighbours = list(pairwise(words))
    capitalized: list[Search] = [(a, b) for (a, is_name), (b, is_name_too) in neighbours if is_name and is_name_too]
    alone: list[Search] = [(word,) for word, is_name in words if is_name]
    others: list[Search] = [(a, b) for (a, _), (b, _) in neighbours]
    return [*capitalized, *alone, *others]
