"""The words in the search index of a record."""

import pytest

from bot.dynamodb.expressions import Delete, Put
from bot.dynamodb.search_index import MOST_WORDS, changed_words, folded, spaced, words_in, words_of
from tests.dynamodb.builders import AWKWARD, a_connection, a_disconnection, uuid


def test_a_record_is_indexed_by_id_carrier_group_id_and_words_of_its_name() -> None:
    record = a_connection(1, carrier_group_id="AB-1 2", group_name="The Test Company, the LLC")

    assert words_of(record) == [uuid(1), "ab-1 2", "the", "test", "company", "llc"]


def test_a_disconnection_is_indexed_without_a_carrier_group_id() -> None:
    assert words_of(a_disconnection(1)) == [uuid(1), "test", "company"]


def test_the_number_of_words_of_a_long_name_is_limited() -> None:
    record = a_connection(group_name=" ".join(f"word{number}" for number in range(50)))

    assert len(words_of(record)) == MOST_WORDS


@pytest.mark.parametrize("awkward", [*AWKWARD, "\ufdfa" * 500, "ß" * 100])
def test_every_word_fits_into_a_key(awkward: str) -> None:
    record = a_connection(group_name=awkward, carrier_group_id=awkward)

    for write in changed_words(None, record):
        assert 0 < len(write.key.sk.encode()) <= 1024
        assert 0 < len(write.key.pk.encode()) <= 2048


def test_only_obsolete_words_are_removed() -> None:
    before, after = a_connection(group_name="old name"), a_connection(group_name="new name")

    writes = changed_words(before, after)

    assert [write.key.sk.split("#")[0] for write in writes if isinstance(write, Delete)] == ["old"]
    assert [write.key.sk.split("#")[0] for write in writes if isinstance(write, Put)] == words_of(after)


def test_the_same_words_are_not_written_again() -> None:
    assert changed_words(a_connection(), a_connection(version=uuid(7))) == []


def test_different_spellings_of_the_same_word_are_equal() -> None:
    assert folded(" \uff21cme ") == folded("ACME") == "acme"
    assert words_in("Zoe\u0308") == words_in("ZOË")
    assert spaced(["a", "b"]) == " a b"
