"""The words in the search index of a record."""

from dataclasses import replace

import pytest

from bot.dynamodb.expressions import Delete, Put
from bot.dynamodb.search_index import BACKWARDS, MOST_WORDS, changed_words, spaced, terms_of, words_of
from tests.dynamodb.builders import AWKWARD, a_connection, a_disconnection, uuid


def test_a_record_is_indexed_by_id_carrier_group_id_and_words_of_its_name() -> None:
    record = a_connection(1, carrier_group_id="00AB-1 2", group_name="The Té-st Bakery, the LLC", group_id=uuid(0xABC))

    assert words_of(record) == [
        "1000040008000000000000001",
        "ab12",
        uuid(0xABC).replace("-", "").lstrip("0"),
        "thetestbakerythellc",
        "the",
        "te",
        "st",
        "bakery",
        "llc",
    ]
    assert terms_of(record) == [*words_of(record), f"{BACKWARDS}yrekab"]


def test_a_disconnection_is_indexed_without_a_carrier_group_id() -> None:
    record = a_disconnection(1, group_name="Test Company", group_id=uuid(9))

    assert words_of(record)[2:] == ["testcompany", "test", "company"]


def test_the_number_of_words_of_a_long_name_is_limited() -> None:
    record = a_connection(group_name=" ".join(f"word{number}" for number in range(50)))

    assert len(words_of(record)) == 2 + 1 + MOST_WORDS


def test_a_change_between_the_longest_names_fits_into_its_transaction() -> None:
    long = [a_connection(group_name=" ".join(f"{name}ing{n:02}x" for n in range(50))) for name in ("old", "new")]
    before, after = (replace(record, group_id=uuid(number)) for number, record in enumerate(long, start=7))

    assert 2 * MOST_WORDS < len(changed_words(before, after)) <= 80


@pytest.mark.parametrize("awkward", [*AWKWARD, "\ufdfa" * 500, "ß" * 100])
def test_every_word_fits_into_a_key(awkward: str) -> None:
    record = a_connection(group_name=awkward, carrier_group_id=awkward)

    for write in changed_words(None, record):
        assert 0 < len(write.key.sk.encode()) <= 1024
        assert 0 < len(write.key.pk.encode()) <= 2048


def test_only_obsolete_words_are_removed() -> None:
    before, after = a_connection(group_name="old name"), a_connection(group_name="new name")

    writes = changed_words(before, after)

    assert [write.key.sk.split("#")[0] for write in writes if isinstance(write, Delete)] == ["oldname", "old"]
    assert [write.key.sk.split("#")[0] for write in writes if isinstance(write, Put)] == terms_of(after)


def test_the_same_words_are_not_written_again() -> None:
    assert changed_words(a_connection(), a_connection(version=uuid(7))) == []


def test_words_are_joined_so_that_each_follows_a_space() -> None:
    assert spaced(["a", "b"]) == " a b"
