"""Filters, order and pages of lists."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from infra.local.noyo import NoyoFake
from tests.infra.local.noyo.calling import CARRIER, NOWHERE, OTHER_CARRIER, Caller

LIST = "/group_connections"


def add(noyo: NoyoFake, **fields: Any) -> str:
    return str(noyo.add_connection(**{"carrier_id": CARRIER, **fields})["id"])


def test_the_default_order_is_oldest_first(noyo: NoyoFake, call: Caller) -> None:
    newer = add(noyo, created=30, modified=31)
    older = add(noyo, created=10, modified=99)
    assert call.ids(LIST) == [older, newer]


@pytest.mark.parametrize("by", ["created", "modified", "status"])
def test_a_list_has_the_requested_order(noyo: NoyoFake, call: Caller, by: str) -> None:
    first = add(noyo, created=10, modified=10, status="completed")
    second = add(noyo, created=20, modified=20, status="processing")
    assert call.ids(LIST, sort_by=by) == [first, second]
    assert call.ids(LIST, sort_by=by, sort_direction="desc") == [second, first]


def test_rows_with_equal_times_are_in_no_meaningful_order(noyo: NoyoFake, call: Caller) -> None:
    added = [add(noyo, created=10, modified=10) for _ in range(6)]
    assert call.ids(LIST, sort_by="modified", sort_direction="desc") == sorted(added)


def test_a_rule_ignores_the_requested_order(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, honours_sort=False)
    older, newer = add(noyo, created=10, modified=10), add(noyo, created=20, modified=20)
    assert call.ids(LIST, sort_by="modified", sort_direction="desc") == [older, newer]


def test_filters_accept_several_values_and_combine(noyo: NoyoFake, call: Caller) -> None:
    connection_id = add(noyo, created=1, status="created")
    two = add(noyo, created=2, status="completed", carrier_id=OTHER_CARRIER)
    three = add(noyo, created=3, status="processing")
    assert call.ids(LIST, id=f"{connection_id},{three},{NOWHERE}") == [connection_id, three]
    assert call.ids(LIST, status="created,completed") == [connection_id, two]
    assert call.ids(LIST, carrier_id=f"{CARRIER},{OTHER_CARRIER}") == [connection_id, two, three]
    assert call.ids(LIST, carrier_id=CARRIER, status="completed,processing") == [three]


def test_a_carrier_group_id_is_found_with_its_carrier(noyo: NoyoFake, call: Caller) -> None:
    expected = add(noyo, carrier_group_id="7")
    add(noyo, carrier_group_id="8")
    add(noyo, carrier_group_id="7", carrier_id=OTHER_CARRIER)
    assert call.ids(LIST, carrier_id=CARRIER, carrier_group_id="7") == [expected]


@pytest.mark.parametrize(
    "query",
    [
        {"carrier_group_id": "7"},
        {"carrier_group_id": "7", "carrier_id": f"{CARRIER},{OTHER_CARRIER}"},
        {"id": "7"},
        {"id": f"{CARRIER},"},
        {"id": ""},
        {"carrier_id": "guardian"},
        {"status": "connecting"},
        {"status": "created,"},
        {"sort_by": "group_name"},
        {"sort_by": "-modified"},
        {"sort_direction": "down"},
        {"page_size": "0"},
        {"page_size": "4"},
        {"page_size": "101"},
        {"page_size": "ten"},
        {"page_size": "9" * 5000},
        {"offset": "-1"},
        {"limit": "10"},
        {"modified_since": "10"},
    ],
)
def test_an_invalid_query_is_refused(call: Caller, query: Mapping[str, str]) -> None:
    assert call.get(LIST, **query).status_code == 422


def test_a_parameter_given_twice_is_refused(call: Caller) -> None:
    assert call.get(LIST, status=["created", "completed"]).status_code == 422


def test_meta_describes_the_page(noyo: NoyoFake, call: Caller) -> None:
    added = [add(noyo, created=second) for second in range(11)]
    answer = call.get(LIST, page_size=5, offset=10).json()
    assert answer["meta"] == {"offset": 10, "page_num": 3, "page_size": 5, "total_records": 11}
    assert [row["id"] for row in answer["response"]] == added[10:]


def test_the_default_page_has_twenty_rows(noyo: NoyoFake, call: Caller) -> None:
    for second in range(21):
        add(noyo, created=second)
    assert call.get(LIST).json()["meta"]["page_size"] == 20
    assert len(call.rows(LIST)) == 20


def test_a_too_large_page_is_clamped_and_meta_has_the_actual_size(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, max_page_size=3)
    for second in range(5):
        add(noyo, created=second)
    answer = call.get(LIST, page_size=100).json()
    assert answer["meta"]["page_size"] == 3
    assert len(answer["response"]) == 3


def test_a_page_past_the_end_is_empty_or_refused_by_rule(noyo: NoyoFake, call: Caller) -> None:
    add(noyo)
    assert call.rows(LIST, offset=1) == []
    noyo.rules = replace(noyo.rules, past_the_end="422")
    assert call.get(LIST, offset=1).status_code == 422
    assert call.get(LIST, offset=0).status_code == 200


def test_rows_move_between_two_pages(noyo: NoyoFake, call: Caller) -> None:
    rows = [add(noyo, created=second, modified=second) for second in range(10)]
    moved: list[tuple[str, str]] = []

    def push_the_last_to_the_front(path: str, query: Mapping[str, str]) -> None:
        moved.append((path, query["offset"]))
        noyo.on_list = None
        noyo.move_connection(rows[0], "completed")

    noyo.on_list = push_the_last_to_the_front
    newest_first = {"sort_by": "modified", "sort_direction": "desc", "page_size": 5}
    pages = [call.ids(LIST, **newest_first, offset=offset) for offset in (0, 5)]
    assert pages == [rows[:4:-1], rows[5:0:-1]]
    assert moved == [("/api/v1/group_connections", "0")]


def test_a_list_shows_status_changes_that_have_become_due(noyo: NoyoFake, call: Caller, clock: Any) -> None:
    call.request()
    clock.advance(2)
    assert len(call.rows(LIST, status="completed")) == 1


def test_the_connections_of_a_group_are_only_its_own(noyo: NoyoFake, call: Caller) -> None:
    connection = noyo.add_connection(status="completed")
    add(noyo)
    path = f"/groups/{connection['group_id']}/group_connections"
    assert call.ids(path) == [connection["id"]]
    assert call.ids(path, status="created") == []
    assert call.ids(path, sort_by="modified", sort_direction="desc") == [connection["id"]]
    assert call.get(path, carrier_id=CARRIER).status_code == 422


def test_groups_are_found_by_a_part_of_their_name(noyo: NoyoFake, call: Caller) -> None:
    expected = noyo.add_connection(group_name="Widgets R Us")["group_id"]
    noyo.add_connection(group_name="Besta LLC")
    assert call.ids("/groups", company="widgets") == [expected]
    assert call.ids("/groups", company="nobody") == []
    assert len(call.ids("/groups")) == 2
    assert call.ids("/groups", group_ids=expected) == [expected]


def test_groups_are_found_by_carrier_and_carrier_group_id(noyo: NoyoFake, call: Caller) -> None:
    expected = noyo.add_connection(carrier_id=CARRIER, carrier_group_id="7")["group_id"]
    noyo.add_connection(carrier_id=CARRIER, carrier_group_id="8")
    assert call.ids("/groups", carrier_id=CARRIER, carrier_group_id="7") == [expected]


@pytest.mark.parametrize(
    "query",
    [
        {"carrier_id": CARRIER},
        {"carrier_group_id": "7"},
        {"carrier_id": "x", "carrier_group_id": "7"},
        {"group_ids": "7"},
        {"name": "Widgets"},
        {"sort_by": "modified"},
    ],
)
def test_an_invalid_query_for_groups_is_refused(call: Caller, query: Mapping[str, str]) -> None:
    assert call.get("/groups", **query).status_code == 422


def test_eligibility_is_answered_for_a_group_and_a_carrier(noyo: NoyoFake, call: Caller) -> None:
    group_id = noyo.add_connection(carrier_id=CARRIER)["group_id"]
    path = f"/groups/{group_id}/connection_eligibility"
    noyo.set_eligibility(group_id, OTHER_CARRIER, "ineligible")
    assert call.get(path).json() == {"carrier_id": CARRIER, "eligibility": "eligible", "group_id": group_id}
    assert call.get(path, carrier_id=OTHER_CARRIER).json()["eligibility"] == "ineligible"
    assert call.get(path, carrier_id="x").status_code == 422
    assert call.get(f"/groups/{NOWHERE}/connection_eligibility").status_code == 404
