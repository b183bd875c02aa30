"""A refusal that names no field is explained by what Noyo says about the eligibility; nothing depends on the answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.operations import OperationState, Outcome
from bot.domain.requests import ConnectionOptions, ConnectionRequest
from bot.errors import NoyoRefused
from bot.noyo.client import NoyoHttpClient
from bot.usecases.operations.eligibility import eligibility_words
from infra.local.noyo import Fault, Rules
from tests.noyo.http_stub import CARRIER as STUB_CARRIER
from tests.noyo.http_stub import GROUP, json_response, stub_with
from tests.usecases.execution_bench import CARRIER, ExecutionBench, open_bench

ELIGIBILITY = "connection_eligibility"
UNNAMED = NoyoRefused(422, "The group is not eligible")
NO_OPTIONS = ConnectionOptions()
OTHER_CARRIER = "5d1f1c0e-6a2b-4f0e-9d55-0a8f3b1c7e42"


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def requested(bench: ExecutionBench, eligibility: str = "not_eligible") -> Outcome:
    known = bench.noyo.add_connection(carrier_id=OTHER_CARRIER, carrier_group_id="7", group_name="Test Company")
    bench.ingest_current(known["id"])
    bench.noyo.set_eligibility(known["group_id"], CARRIER, eligibility)
    bench.request_connection(existing=known["group_id"])
    settled = bench.run_worker()
    assert settled.state is OperationState.REFUSED
    assert settled.outcome is not None
    return settled.outcome


def asked(bench: ExecutionBench) -> int:
    return sum(ELIGIBILITY in request.path for request in bench.noyo.requests)


def test_a_refusal_shows_what_noyo_says_about_the_eligibility(bench: ExecutionBench) -> None:
    outcome = requested(bench)

    assert outcome.eligibility == ("not_eligible",)
    assert outcome.message == "The group is not eligible for a connection with this carrier"
    assert asked(bench) == 1


@pytest.mark.parametrize("kind", ["reset_before", "garbage", "error_before", "false_answer"])
def test_a_failing_answer_about_the_eligibility_changes_nothing(bench: ExecutionBench, kind: str) -> None:
    status = 404 if kind == "false_answer" else 500
    bench.noyo.faults.add(Fault(kind, path_contains=ELIGIBILITY, times=None, status=status))

    outcome = requested(bench)

    assert outcome.eligibility == ()
    assert outcome.status == 422


def test_a_refusal_that_names_a_field_needs_no_explanation(bench: ExecutionBench) -> None:
    bench.noyo.rules = Rules(formats={CARRIER: "wrong"})

    assert requested(bench).eligibility == ()
    assert asked(bench) == 0


def test_an_accepted_request_asks_nothing(bench: ExecutionBench) -> None:
    known = bench.noyo.add_connection(carrier_id=OTHER_CARRIER, carrier_group_id="7", group_name="Test Company")
    bench.request_connection(existing=known["group_id"])

    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert asked(bench) == 0


def client(**answer: object) -> NoyoHttpClient:
    body = {"group_id": GROUP, "carrier_id": STUB_CARRIER, "eligibility": "not_eligible", **answer}
    return stub_with(json_response(body)).client()


def wanted(*, group_id: str | None = GROUP, options: ConnectionOptions = NO_OPTIONS) -> ConnectionRequest:
    return ConnectionRequest(STUB_CARRIER, "1", "Test Company", group_id=group_id, options=options)


def test_five_rules_are_shown_with_their_results() -> None:
    rules = [{"rule": f"rule {number}", "result": "failed", "description": "Too few lives"} for number in range(9)]

    assert eligibility_words(wanted(), UNNAMED, client(eligibility_rules=rules)) == (
        "not_eligible",
        *(["failed: Too few lives"] * 5),
    )


def test_an_answer_about_another_carrier_explains_nothing() -> None:
    assert eligibility_words(wanted(), UNNAMED, client(carrier_id=OTHER_CARRIER)) == ()


def test_nothing_is_asked_for_a_new_group_or_with_options_or_after_another_refusal() -> None:
    """The client would fail, because it has no answer."""
    noyo = stub_with().client()

    assert eligibility_words(wanted(group_id=None), UNNAMED, noyo) == ()
    assert eligibility_words(wanted(options=ConnectionOptions(ignore_eligibility=True)), UNNAMED, noyo) == ()
    assert eligibility_words(wanted(), NoyoRefused(403, "Not permitted"), noyo) == ()
