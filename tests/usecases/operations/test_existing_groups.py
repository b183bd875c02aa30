"""Connecting a group that Noyo knows already: to one more carrier, without a second group of the same name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.requests import SensitiveFields
from infra.local.noyo import Fault
from tests.usecases.execution_bench import ANA, CARRIER, ExecutionBench, open_bench, write_fault

OTHER_CARRIER = "5d1f1c0e-6a2b-4f0e-9d55-0a8f3b1c7e42"
BROKER = SensitiveFields(broker_tin="323456789")


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def known_group(bench: ExecutionBench) -> str:
    """The id of a group that is connected to another carrier."""
    connection = bench.noyo.add_connection(carrier_id=OTHER_CARRIER, carrier_group_id="7", group_name="Test Company")
    bench.ingest_current(connection["id"])
    return str(connection["group_id"])


def requested(bench: ExecutionBench, group_id: str) -> None:
    bench.request_connection(existing=group_id, sensitive=BROKER)


def connection_at_carrier(bench: ExecutionBench) -> dict[str, object]:
    [found] = [each for each in bench.noyo_connections() if each["carrier_id"] == CARRIER]
    return found


def test_the_connection_belongs_to_the_group_that_noyo_knows(bench: ExecutionBench) -> None:
    group_id = known_group(bench)
    requested(bench, group_id)

    assert bench.run_worker().state is OperationState.SUCCEEDED

    created = connection_at_carrier(bench)
    [request] = bench.writes()
    assert (created["group_id"], created["request_type"]) == (group_id, "incremental")
    assert request.path == f"/api/v1/groups/{group_id}/group_connections"
    assert request.body == {
        "carrier_id": CARRIER,
        "group_data": {"carrier_group_id": "00110011", "broker_tin": "323456789"},
    }
    assert bench.record_state(str(created["id"])).requester == ANA


def test_the_ein_of_an_existing_group_is_not_sent(bench: ExecutionBench) -> None:
    bench.request_connection(existing=known_group(bench), sensitive=SensitiveFields(federal_ein="123456789"))

    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert "123456789" not in str(bench.writes()[0].body)


def test_a_lost_answer_is_found_in_the_groups_connections(bench: ExecutionBench) -> None:
    group_id = known_group(bench)
    bench.noyo.faults.add(write_fault("reset_after"))
    requested(bench, group_id)
    bench.run_worker()

    settled = bench.run_on_schedule()

    assert settled.outcome is not None
    assert settled.outcome.kind is OutcomeKind.RECONCILED
    assert len(bench.writes()) == 1


def test_a_connection_of_another_group_is_not_ours(bench: ExecutionBench) -> None:
    """A colleague requested the same ids for a new group, elsewhere, while our answer was lost."""
    group_id = known_group(bench)
    bench.noyo.faults.add(write_fault("reset_before"))
    requested(bench, group_id)
    bench.run_worker()
    bench.wait(2)
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011", group_name="Test Company")
    bench.ingest_current(other["id"])

    settled = bench.run_on_schedule()

    assert settled.outcome is not None
    assert settled.outcome.kind is OutcomeKind.DUPLICATE
    assert bench.record_state(other["id"]).requested_by_operation is None


def test_a_success_about_another_group_is_not_taken_for_ours(bench: ExecutionBench) -> None:
    group_id = known_group(bench)
    requested(bench, group_id)
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011", group_name="Test Company")
    answer = Fault("false_answer", method="POST", status=201, body=other, path_contains="/api/")
    bench.noyo.faults.add(answer)

    sent = bench.run_worker()

    assert sent.state is OperationState.RECONCILING
    assert sent.unconfirmed_answer == UnconfirmedAnswer(AnswerProblem.GROUP, other["group_id"])


def test_the_request_for_a_group_that_noyo_no_longer_has_is_refused(bench: ExecutionBench) -> None:
    requested(bench, "0e9b5f2c-1f7d-4c0a-8a39-6b1d2f3e4a5b")

    settled = bench.run_worker()

    assert settled.state is OperationState.REFUSED
    assert settled.outcome is not None
    assert settled.outcome.status == 404
    assert bench.noyo_connections() == []


def test_a_poll_that_sees_the_connection_first_links_it_to_the_request(bench: ExecutionBench) -> None:
    group_id = known_group(bench)
    bench.noyo.faults.add(write_fault("reset_after"))
    requested(bench, group_id)
    bench.run_worker()
    created = connection_at_carrier(bench)
    bench.noyo.corrupt(str(created["id"]), lambda row: {name: row[name] for name in row if name != "group_id"})

    bench.ingest_current(str(created["id"]))

    linked = bench.record_state(str(created["id"]))
    assert (linked.requested_by_operation, linked.record.group_id) == ("V1", group_id)


def test_the_audit_log_names_the_group(bench: ExecutionBench) -> None:
    group_id = known_group(bench)
    requested(bench, group_id)

    entries = [item for item in bench.items() if item.get("action", {}).get("S") == "operation_submitted"]

    assert [entry["details"]["L"][-1]["L"] for entry in entries] == [[{"S": "group_id"}, {"S": group_id}]]
