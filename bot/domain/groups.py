"""Employer groups as our records show them, and names that probably mean the same group."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.domain.record_states import RecordState

_LEGAL_FORMS = frozenset("the and of inc llc llp ltd co corp plc company corporation incorporated limited".split())
"""Words that people leave out or write differently."""
SHORTEST_MISSPELLED = 4
"""Shorter words differ in one letter too often to be the same."""


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that Noyo has. `connections` holds at least one, newest first."""

    id: str
    connections: tuple[RecordState, ...]

    @property
    def name(self) -> str:
        """The newest name that Noyo gave; empty if it gave none."""
        return next((name for state in self.connections if (name := state.record.group_name)), "")


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
