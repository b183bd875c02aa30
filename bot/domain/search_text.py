"""Spellings that people consider equal, of names and of ids.

Case, accents, apostrophes, periods and hyphens do not matter, nor do leading zeros of an id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

WORD_LENGTH = 60
SHORTEST_MISSPELLED = 4
"""Shorter words differ in one letter too often to be the same."""
_LEGAL_FORMS = frozenset("the and of inc llc llp ltd co corp plc company corporation incorporated limited".split())
"""Words that people leave out or write differently."""
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "_": " "})
"""What Unicode does not decompose into a letter and its accent."""
_IGNORED = re.compile("['\u2018\u2019`\u00b4.]")


def words_in(text: str) -> list[str]:
    """The distinct words of a text, in order: `O'Neill & Söhne, Inc.` contains `oneill`, `sohne`, `inc`."""
    return list(dict.fromkeys(word[:WORD_LENGTH] for word in re.findall(r"\w+", _plain(text))))


def compact(text: str) -> str:
    """A whole text without separators and leading zeros: `00-123 A` and `123a` are the same; at most a word long."""
    letters = "".join(re.findall(r"\w+", _plain(text)))
    return (letters.lstrip("0") or letters[:1])[:WORD_LENGTH]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    without_accents = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _IGNORED.sub("", without_accents.translate(_LETTERS))


def name_words(name: str) -> list[str]:
    """The words that identify a group, without its legal form; a name of nothing but legal forms keeps them."""
    words = words_in(name)
    return [word for word in words if word not in _LEGAL_FORMS] or words


def identifies(word: str) -> bool:
    """Whether a word is more than a legal form."""
    return word not in _LEGAL_FORMS


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
    return not missing or any(is_misspelled(missing[0], word) for word in words - frozenset(wanted))


def may_be_misspelled(words: Iterable[str]) -> list[str]:
    """Those in which one wrong letter can be recognized, longest first. Ids are not guessed."""
    recognizable = (word for word in words if len(word) >= SHORTEST_MISSPELLED and word not in _LEGAL_FORMS)
    return sorted((word for word in recognizable if not any(map(str.isdigit, word))), key=len, reverse=True)


def is_misspelled(word: str, other: str) -> bool:
    """Whether two words differ by one typing error."""
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
