"""Finding records by what people type, on a real table."""

import pytest

from bot.domain.record_states import advance
from bot.domain.records import Connection
from bot.dynamodb import Repositories
from bot.dynamodb.search_index import CANDIDATES, best_first
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
    assert len(before) == 4


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

    def __init__(self, client: object) -> None:
        self.client = client
        self.queries = 0

    def query(self, **parameters: object) -> object:
        self.queries += 1
        assert self.queries <= 9
        return {"Items": [], "LastEvaluatedKey": {"pk": {"S": "x"}}}

    def batch_get_item(self, **parameters: object) -> object:
        raise AssertionError("nothing was found, so nothing is read")

    get_item = transact_write_items = batch_get_item
