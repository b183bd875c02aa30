"""The words under which a record is found."""

import pytest

from bot.dynamodb.expressions import Delete, Put
from bot.dynamodb.search_index import MOST_WORDS, changed_words, folded, spaced, words_in, words_of
from tests.dynamodb.made import AWKWARD, a_connection, a_disconnection, uuid


def test_a_record_has_its_id_its_carrier_group_id_and_the_words_of_its_name() -> None:
    record = a_connection(1, carrier_group_id="AB-1 2", group_name="The Test Company, the LLC")

    assert words_of(record) == [uuid(1), "ab-1 2", "the", "test", "company", "llc"]


def test_a_disconnection_has_no_carrier_group_id() -> None:
    assert words_of(a_disconnection(1)) == [uuid(1), "test", "company"]


def test_a_long_name_has_no_more_words_than_are_kept() -> None:
    record = a_connection(group_name=" ".join(f"word{number}" for number in range(50)))

    assert len(words_of(record)) == MOST_WORDS


@pytest.mark.parametrize("awkward", [*AWKWARD, "\ufdfa" * 500, "ß" * 100])
def test_every_word_fits_into_a_key(awkward: str) -> None:
    record = a_connection(group_name=awkward, carrier_group_id=awkward)

    for write in changed_words(None, record):
        assert 0 < len(write.key.sk.encode()) <= 1024
        assert 0 < len(write.key.pk.encode()) <= 2048


def test_only_words_that_are_gone_are_removed() -> None:
    before, after = a_connection(group_name="old name"), a_connection(group_name="new name")

    writes = changed_words(before, after)

    assert [write.key.sk.split("#")[0] for write in writes if isinstance(write, Delete)] == ["old"]
    assert [write.key.sk.split("#")[0] for write in writes if isinstance(write, Put)] == words_of(after)


def test_the_same_words_are_not_written_again() -> None:
    assert changed_words(a_connection(), a_connection(version=uuid(7))) == []


def test_ways_to_write_the_same_are_the_same() -> None:
    assert folded(" \uff21cme ") == folded("ACME") == "acme"
    assert words_in("Zoe\u0308") == words_in("ZOË")
    assert spaced(["a", "b"]) == " a b"
