"""Disconnection requests, and decisions that may come too late."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import pytest

from infra.local.noyo import NoyoFake
from infra.local.noyo.records import new_id
from infra.local.noyo.rules import DESCRIPTION_REASONS
from tests.infra.local.noyo.calling import CARRIER, NOWHERE, OTHER_CARRIER, Caller, Clock, request_from_carrier

LIST = "/group_disconnection_requests"


def edit_path(request: Mapping[str, Any], version: str = "") -> str:
    return f"{LIST}/{request['id']}/{version or request['version']}"


def test_a_request_of_the_platform_is_processed_at_once(call: Caller, clock: Clock) -> None:
    answer = call.disconnect(reason="lost_access", context="left")
    created = answer.json()
    assert answer.status_code == 201
    assert (created["status"], created["source_type"]) == ("processing", "platform")
    assert created["effective_end_date"] == "2025-01-31"
    assert created["created"] == created["modified"] == created["decided"] == int(clock.now)


def test_a_second_request_for_the_same_group_is_accepted(noyo: NoyoFake, call: Caller) -> None:
    group_id = noyo.add_connection(carrier_id=CARRIER)["group_id"]
    answers = [call.disconnect(group_id=group_id).status_code for _ in range(2)]
    assert answers == [201, 201]
    assert len(noyo.disconnections()) == 2


def test_a_protected_group_may_not_be_disconnected(noyo: NoyoFake, call: Caller) -> None:
    group_id = noyo.add_connection(carrier_id=CARRIER)["group_id"]
    noyo.rules = replace(noyo.rules, protected_groups=frozenset({group_id}))
    answer = call.disconnect(group_id=group_id)
    assert answer.status_code == 403
    assert answer.json()["message"]
    assert noyo.disconnections() == []


@pytest.mark.parametrize(
    ("over", "named"),
    [
        ({"carrier_id": None}, "carrier_id"),
        ({"effective_end_date": None}, "effective_end_date"),
        ({"group_id": None}, "group_id"),
        ({"carrier_id": "guardian"}, "carrier_id"),
        ({"group_id": "7"}, "group_id"),
        ({"effective_end_date": "31.01.2025"}, "effective_end_date"),
        ({"effective_end_date": "2025-02-30"}, "effective_end_date"),
        ({"effective_end_date": 1735689600}, "effective_end_date"),
        ({"reason": "lost_group"}, "reason"),
        ({"reason": 7}, "reason"),
        ({"context": 7}, "context"),
        ({"status": "processing"}, "status"),
        ({"carrier_id": OTHER_CARRIER}, "carrier_id"),
    ],
)
def test_an_invalid_request_is_refused_with_the_name_of_its_field(
    noyo: NoyoFake, call: Caller, over: dict[str, Any], named: str
) -> None:
    answer = call.disconnect(**over)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"{named}: ")
    assert noyo.disconnections() == []


def test_a_rule_selects_the_list_of_reasons(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, create_reasons=DESCRIPTION_REASONS)
    assert call.disconnect(reason="lost_group").status_code == 201
    assert call.disconnect(reason="lost_access").status_code == 422


def test_an_unknown_group_cannot_be_disconnected(call: Caller) -> None:
    assert call.disconnect(group_id=NOWHERE).status_code == 404


def test_inspecting_a_request_is_answered_with_201(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31", source_date="2025-01-01")
    answer = call.get(f"{LIST}/{request['id']}")
    answered = answer.json()
    assert answer.status_code == 201
    assert (answered["status"], answered["source_type"]) == ("needs_review", "carrier")
    assert answered["source_date"] == "2025-01-01"


@pytest.mark.parametrize("status", ["processing", "rejected"])
def test_an_edit_of_the_current_version_decides(noyo: NoyoFake, call: Caller, clock: Clock, status: str) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    clock.advance(60)
    answer = call.put(edit_path(request), {"status": status})
    after = noyo.disconnection(request["id"])
    assert answer.status_code == 200
    assert answer.json()["version"] == after["version"] != request["version"]
    assert after["status"] == status
    assert after["decided"] == after["modified"] == request["modified"] + 60


@pytest.mark.parametrize("rule", ["409", "404", "422"])
def test_an_edit_of_a_stale_version_is_refused_by_rule(
    noyo: NoyoFake, call: Caller, rule: Literal["409", "404", "422"]
) -> None:
    noyo.rules = replace(noyo.rules, stale_version=rule)
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    noyo.move_disconnection(request["id"], "needs_review", effective_end_date="2025-02-28")
    answer = call.put(edit_path(request), {"status": "processing"})
    assert answer.status_code == int(rule)
    assert answer.json()["message"]
    assert noyo.disconnection(request["id"])["status"] == "needs_review"


def test_a_rule_accepts_a_stale_version(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, stale_version="ignored")
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    noyo.move_disconnection(request["id"], "needs_review", effective_end_date="2025-02-28")
    assert call.put(edit_path(request), {"status": "processing"}).status_code == 200
    assert noyo.disconnection(request["id"])["effective_end_date"] == "2025-02-28"


@pytest.mark.parametrize("status", ["processing", "completed", "rejected"])
def test_a_request_that_awaits_no_decision_accepts_none(noyo: NoyoFake, call: Caller, status: str) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31", status=status)
    path = f"{LIST}/{request['id']}"
    assert call.put(edit_path(request), {"status": "processing"}).status_code == 409
    assert call.put(f"{path}/reject").status_code == 409
    assert call.put(f"{path}/confirm").status_code == 409
    assert noyo.disconnection(request["id"]) == request


def test_the_second_of_two_decisions_on_one_version_is_refused(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    first = call.put(edit_path(request), {"status": "processing"})
    second = call.put(edit_path(request), {"status": "rejected"})
    assert (first.status_code, second.status_code) == (200, 409)
    assert noyo.disconnection(request["id"])["status"] == "processing"


def test_an_approval_needs_an_end_date_from_somewhere(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo)
    path = f"{LIST}/{request['id']}"
    assert call.put(edit_path(request), {"status": "processing"}).status_code == 422
    assert call.put(f"{path}/confirm").status_code == 422
    body = {"status": "processing", "effective_end_date": "2025-03-31"}
    assert call.put(edit_path(request), body).status_code == 200
    assert noyo.disconnection(request["id"])["effective_end_date"] == "2025-03-31"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "completed"},
        {"status": "needs_review"},
        {"status": "rejected", "reason": "terminated"},
        {"status": "processing", "effective_end_date": "tomorrow"},
        {"status": "processing", "version": NOWHERE},
    ],
)
def test_an_invalid_edit_is_refused(noyo: NoyoFake, call: Caller, body: dict[str, Any]) -> None:
    request = request_from_carrier(noyo, effective_end_date="2025-01-31")
    assert call.put(edit_path(request), body).status_code == 422
    assert noyo.disconnection(request["id"]) == request


def test_unknown_and_malformed_request_ids_are_refused(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo)
    assert call.get(f"{LIST}/{NOWHERE}").status_code == 404
    assert call.get(f"{LIST}/7").status_code == 422
    assert call.put(f"{LIST}/{NOWHERE}/reject").status_code == 404
    assert call.put(f"{LIST}/{NOWHERE}/confirm").status_code == 404
    assert call.put(f"{LIST}/{NOWHERE}/{NOWHERE}", {"status": "rejected"}).status_code == 404
    assert call.put(edit_path(request, "latest"), {"status": "rejected"}).status_code == 422


@pytest.mark.parametrize("body", [None, {}, {"context": "back", "reason": "payment_reinstated"}])
def test_a_rejection_takes_a_body_or_none(noyo: NoyoFake, call: Caller, body: dict[str, str] | None) -> None:
    request = request_from_carrier(noyo)
    assert call.put(f"{LIST}/{request['id']}/reject", body).status_code == 200
    assert noyo.disconnection(request["id"])["status"] == "rejected"


@pytest.mark.parametrize("body", [{"reason": "terminated"}, {"status": "rejected"}, []])
def test_an_invalid_rejection_is_refused(noyo: NoyoFake, call: Caller, body: Any) -> None:
    request = request_from_carrier(noyo)
    assert call.put(f"{LIST}/{request['id']}/reject", body).status_code == 422


def test_a_confirmation_may_set_the_end_date(noyo: NoyoFake, call: Caller) -> None:
    request = request_from_carrier(noyo)
    path = f"{LIST}/{request['id']}/confirm"
    assert call.put(path, {"effective_end_date": "2025-03-31"}).status_code == 200
    after = noyo.disconnection(request["id"])
    assert (after["status"], after["effective_end_date"]) == ("processing", "2025-03-31")


def test_requests_are_found_by_each_filter(noyo: NoyoFake, call: Caller) -> None:
    carrier_request = request_from_carrier(noyo, group_name="Widgets R Us", effective_end_date="2025-02-28")
    other_request = request_from_carrier(noyo, carrier_id=OTHER_CARRIER, created=noyo.connections()[0]["created"] + 1)
    platform_request = call.disconnect(effective_end_date="2025-06-30").json()["id"]
    all_ids = {carrier_request["id"], other_request["id"], platform_request}
    assert set(call.ids(LIST)) == all_ids
    assert call.ids(LIST, source_type="platform") == [platform_request]
    assert set(call.ids(LIST, source_type="carrier,platform")) == all_ids
    assert set(call.ids(LIST, status="needs_review")) == {carrier_request["id"], other_request["id"]}
    assert call.ids(LIST, carrier_id=OTHER_CARRIER) == [other_request["id"]]
    assert call.ids(LIST, group_id=carrier_request["group_id"]) == [carrier_request["id"]]
    assert call.ids(LIST, search="widgets") == [carrier_request["id"]]
    assert call.ids(LIST, search=other_request["id"]) == [other_request["id"]]
    assert set(call.ids(LIST, id=f"{platform_request},{other_request['id']}")) == {
        platform_request,
        other_request["id"],
    }
    assert call.ids(LIST, min_effective_end_date="2025-06-30") == [platform_request]
    assert call.ids(LIST, max_effective_end_date="2025-02-28") == [carrier_request["id"]]
    assert call.ids(f"/groups/{carrier_request['group_id']}{LIST}") == [carrier_request["id"]]


def test_requests_have_the_requested_order(noyo: NoyoFake, call: Caller) -> None:
    older = request_from_carrier(noyo, created=10, modified=90)["id"]
    newer = request_from_carrier(noyo, created=20, modified=20)["id"]
    assert call.ids(LIST) == [older, newer]
    assert call.ids(LIST, sort_by="modified") == [newer, older]
    assert call.ids(LIST, sort_by="created", sort_direction="desc") == [newer, older]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "created"},
        {"source_type": "member"},
        {"min_effective_end_date": "soon"},
        {"max_effective_end_date": "2025-13-01"},
        {"carrier_id": "x"},
        {"group_id": "x"},
        {"sort_by": "effective_end_date"},
        {"carrier_group_id": "7"},
    ],
)
def test_an_invalid_query_for_requests_is_refused(noyo: NoyoFake, call: Caller, query: dict[str, str]) -> None:
    request_from_carrier(noyo)
    assert call.get(LIST, **query).status_code == 422


def test_a_disconnection_is_completed_only_by_a_status_change_at_noyo(
    noyo: NoyoFake, call: Caller, clock: Clock
) -> None:
    created = call.disconnect().json()
    clock.advance(86_400)
    assert noyo.disconnection(created["id"])["status"] == "processing"
    moved = noyo.move_disconnection(created["id"], "completed")
    assert moved["completed"] == moved["modified"] == created["created"] + 86_400
    assert moved["version"] != created["version"]


def test_an_unknown_record_cannot_be_moved(noyo: NoyoFake) -> None:
    with pytest.raises(KeyError):
        noyo.move_disconnection(new_id(), "completed")
