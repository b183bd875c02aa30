"""Finding records by what people type, on a real table."""

import pytest

from bot.domain.record_states import advance
from bot.domain.records import Connection
from bot.dynamodb import Repositories, schema
from bot.dynamodb.expressions import typed_item
from bot.dynamodb.schema import item_at
from bot.dynamodb.search_index import (
    CANDIDATES,
    MENTIONED,
    MOST_SPELLING_QUERIES,
    MOST_SUGGESTIONS,
    SearchWord,
    best_first,
)
from bot.dynamodb.search_index import SPELLINGS as SPELLINGS_READ
from tests.dynamodb.builders import NOW, a_connection, a_disconnection, first, moved, uuid
from tests.dynamodb.conftest import Engine

EXPECTED = {
    uuid(2): ["2"],
    uuid(2).upper(): ["2"],
    f"  {uuid(4)} ": ["4"],
    "00000004-0000": ["4"],
    "abc-123": ["1", "2"],
    "ABC-12": ["2", "1"],
    "abc 9": ["5"],
    "00110011": ["3"],
    "strasse": ["1"],
    "STRASSE söh": ["1"],
    "insurance": ["1"],
    "acme": ["5", "6", "3", "2"],
    "acme dental group": ["6", "2", "3"],
    "dental acme": ["6", "3", "2"],
    "acme hold": ["3"],
    "acme zeta": [],
    "acmes": [],
    "ac": [],
    "9": [],
    "": [],
    "   ": [],
    "&&&": [],
    "nul\0nul": [],
    "x" * 5_000: [],
}


def find(store: Repositories, text: str, limit: int = 10) -> list[str]:
    return [record_state.record.id[:8].lstrip("0") for record_state in store.records.find(text, limit=limit)]


@pytest.fixture
def filled(store: Repositories) -> Repositories:
    for number, group_id, name in [
        (1, "ABC-123", "Straße & Söhne Insurance"),
        (2, "ABC-1234", "Acme Dental Group"),
        (3, "00110011", "acme dental group holdings"),
        (4, None, None),
        (5, "\uff21\uff22\uff23 9", "ACME"),
    ]:
        record = a_connection(number, carrier_group_id=group_id, group_name=name, modified=NOW + number)
        store.records.write(first(record))
    store.records.write(first(a_disconnection(6, group_name="Acme Dental Group", modified=NOW + 6)))
    return store


def test_the_best_match_is_first(filled: Repositories) -> None:
    found = {query: find(filled, query) for query in EXPECTED}

    assert found == EXPECTED


def test_the_limit_keeps_the_best_matches(filled: Repositories) -> None:
    assert find(filled, "acme dental group", limit=1) == ["6"]


SPELLINGS = {
    "O'Neill & Söhne": [
        "oneill",
        "o'neill",
        "O\u2019NEILL sohne",
        "söhne o'neill",
        "o neill",
        "o'neill and söhne",
        "oneill-so",
    ],
    "Mary-Ann's Bakery": ["mary ann", "maryann", "mary-anns", "MARY ANN'S BAKERY", "maryannsbak", "bakery mary"],
    "Smith and Sons": ["smith & sons", "smith sons", "smith and sons", "smith-and-sons"],
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_accents_apostrophes_hyphens_and_spaces_do_not_matter(store: Repositories, name: str) -> None:
    store.records.write(first(a_connection(1, group_name=name)))
    store.records.write(first(a_connection(2, group_name="Other Company")))

    assert {query: find(store, query) for query in SPELLINGS[name]} == dict.fromkeys(SPELLINGS[name], ["1"])


def test_ids_are_found_without_leading_zeros_spaces_and_hyphens(store: Repositories) -> None:
    store.records.write(first(a_connection(1, carrier_group_id="0012-34 5", group_id=uuid(0xABC))))
    store.records.write(first(a_connection(2, carrier_group_id="12345", group_id=uuid(0xABC))))

    assert find(store, "0012-34 5") == ["1", "2"]
    assert find(store, "12345") == ["2", "1"]
    assert sorted(find(store, "12-34")) == sorted(find(store, "000123")) == ["1", "2"]
    assert sorted(find(store, uuid(0xABC))) == sorted(find(store, uuid(0xABC)[:13])) == ["1", "2"]


MISSPELLED = "habror harbour hrbor harbo xarbor harbox Fooods foodz".split() + ["harbor fods", "foods habror"]


def test_a_name_with_a_typing_error_is_suggested(store: Repositories, engine: Engine) -> None:
    for number in range(120):
        engine.fill(first(a_connection(100 + number, group_name=f"Harvest Fonds {number}")))
    store.records.write(first(a_connection(1, group_name="Harbor Foods LLC")))

    suggested = {typed: [state.record.id for state in store.records.find_misspelled(typed)] for typed in MISSPELLED}

    assert suggested == dict.fromkeys(MISSPELLED, [uuid(1)])


def test_the_name_that_was_meant_is_suggested_before_longer_ones(store: Repositories, engine: Engine) -> None:
    """However many names contain the same words, and whichever of them is the newest."""
    for number in range(40):
        engine.fill(first(a_connection(number + 1, group_name=f"Harbor Foods {number}", modified=NOW + number)))
    store.records.write(first(a_connection(900, group_name="Harbor Foods LLC", modified=NOW - 1)))

    suggested = store.records.find_misspelled("habror foods")

    assert suggested[0].record.id == uuid(900)
    assert len(suggested) == MOST_SUGGESTIONS


@pytest.mark.parametrize("typed", ["", "&&&", "llc", "2042", "habror fodos", "abc", "x" * 300, "nul\0nul"])
def test_nothing_is_suggested_for_more_than_one_error_or_for_a_number(store: Repositories, typed: str) -> None:
    store.records.write(first(a_connection(1, group_name="Harbor Foods 2041 LLC", carrier_group_id="2041")))

    assert store.records.find_misspelled(typed) == []


def test_a_search_for_a_misspelled_name_reads_a_bounded_number_of_words(engine: Engine) -> None:
    endless = _Endless(engine.client, full_pages=True)

    assert engine.store(endless).records.find_misspelled("harbor foods insurance") == []
    assert endless.queries == MOST_SPELLING_QUERIES


def test_an_id_is_not_searched_for_with_other_letters(engine: Engine) -> None:
    endless = _Endless(engine.client, full_pages=True)

    assert engine.store(endless).records.find_misspelled("4f3ac2d1-58a4-4b0f-9a3e-6d2b7c9e1f05") == []
    assert endless.queries == 0


def test_a_long_name_is_found_by_its_last_word(store: Repositories) -> None:
    name = "The Kaplan Family Paving, Roofing, Siding, Masonry and Tree Service of Greater Lowell, Incorporated"
    store.records.write(first(a_connection(1, group_name=name)))

    assert find(store, "incorpor") == ["1"]
    assert find(store, "kaplan incorporated") == ["1"]


def test_words_shorter_than_three_letters_match_only_whole_words(store: Repositories) -> None:
    store.records.write(first(a_connection(1, group_name="AB Corp")))
    store.records.write(first(a_connection(2, group_name="Abacus Corp")))

    assert find(store, "ab") == ["1"]
    assert find(store, "aba") == ["2"]
    assert find(store, "ab corp") == ["1", "2"]


def test_a_renamed_record_is_found_by_its_new_name_only(store: Repositories) -> None:
    store.records.write(first(a_connection(1, group_name="Old Name", carrier_group_id="G1")))
    record_state = store.records.record_state(a_connection(1).entity)
    assert record_state is not None
    renamed = a_connection(1, group_name="New Name", carrier_group_id="G2", version=uuid(9))
    store.records.write(moved(record_state, advance(record_state, renamed, NOW)))

    assert find(store, "old") == find(store, "old name") == []
    assert find(store, "new") == find(store, "name") == find(store, "new name") == ["1"]
    assert [record_state.record for record_state in store.records.find(renamed.id, limit=3)] == [renamed]


def test_a_version_with_the_same_words_writes_no_search_words(store: Repositories, engine: Engine) -> None:
    store.records.write(first(a_connection()))
    before = [item for item in engine.everything() if item["pk"]["S"].startswith("SEARCH_WORD#")]
    record_state = store.records.record_state(a_connection().entity)
    assert record_state is not None
    store.records.write(moved(record_state, advance(record_state, a_connection(version=uuid(9)), NOW)))

    after = [item for item in engine.everything() if item["pk"]["S"].startswith("SEARCH_WORD#")]

    def by_key(item: dict[str, dict[str, str]]) -> str:
        return item["sk"]["S"]

    assert sorted(after, key=by_key) == sorted(before, key=by_key)
    assert len(before) == 6


def test_a_word_in_thousands_of_records_reads_a_bounded_number_of_pages(engine: Engine) -> None:
    store = engine.store(_Endless(engine.client))

    assert store.records.find("acme dental", limit=5) == []
    assert store.records.find("acme", limit=5) == []


def test_exact_matches_are_found_among_many_with_the_same_prefix(store: Repositories, engine: Engine) -> None:
    engine.fill(first(a_connection(999, carrier_group_id="abc", group_name=None)))
    for number in range(1, CANDIDATES + 20):
        record = a_connection(number, carrier_group_id=f"abc{number}", group_name=None, modified=NOW + number)
        engine.fill(first(record))

    assert find(store, "abc", limit=1) == ["3e7"]
    assert len(find(store, "abc", limit=999)) == CANDIDATES


def test_exact_ids_rank_before_names_and_names_before_prefixes() -> None:
    by_id = first(a_connection(1, carrier_group_id="acme", group_name="x")).after
    by_name = first(a_connection(2, group_name="Acme")).after
    by_beginning = first(a_connection(3, group_name="Acme Dental")).after
    by_word = first(a_connection(4, group_name="The Acme")).after
    assert by_id is not None
    assert by_name is not None
    assert by_beginning is not None
    assert by_word is not None

    assert best_first([by_word, by_beginning, by_name, by_id], "ACME") == [by_id, by_name, by_beginning, by_word]
    assert isinstance(by_id.record, Connection)


class _Endless:
    """A table with endless pages and no matching item; too many queries raise an error."""

    def __init__(self, client: object, *, full_pages: bool = False) -> None:
        self.client, self.full_pages = client, full_pages
        self.queries = 0

    def query(self, **parameters: object) -> object:
        self.queries += 1
        if self.full_pages:
            return {"Items": [{"sk": {"S": f"other{self.queries}#connection#{row}"}} for row in range(SPELLINGS_READ)]}
        assert self.queries <= 9
        return {"Items": [], "LastEvaluatedKey": {"pk": {"S": "x"}}}

    def batch_get_item(self, **parameters: object) -> object:
        raise AssertionError("nothing was found, so nothing is read")

    get_item = transact_write_items = batch_get_item


def test_an_id_that_an_earlier_release_indexed_is_found(engine: Engine) -> None:
    """It was indexed with its hyphens and leading zeros, and stays so until the record changes."""
    store, record = engine.store(), a_connection(7, carrier_group_id=None)
    store.records.write(first(record))
    word = item_at(schema.word("00-110011", record.entity), SearchWord(record.entity, " 00-110011"))
    engine.put(**typed_item(word))

    assert find(store, "00-110011") == ["7"]


def test_records_with_all_words_of_a_search_are_found_in_the_order_of_the_searches(store: Repositories) -> None:
    store.records.write(first(a_connection(1, group_name="Harbor Foods LLC")))
    store.records.write(first(a_connection(2, group_name="Harbor Clinic", carrier_group_id="00-4711")))

    found, is_complete = store.records.find_with_words([("4711",), ("foods", "harbor"), ("harbor", "bank"), ("har",)])

    assert [state.record.id for state in found] == [uuid(2), uuid(1)]
    assert is_complete


def test_of_many_records_with_one_word_a_part_is_read_and_said_so(store: Repositories, engine: Engine) -> None:
    for number in range(MENTIONED + 1):
        engine.fill(first(a_connection(100 + number, group_name=f"Harvest {number}")))

    found, is_complete = store.records.find_with_words([("harvest",)])

    assert len(found) == MENTIONED
    assert not is_complete
