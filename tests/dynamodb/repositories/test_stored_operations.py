"""Operations as items: open operations keep all fields, and settling removes the encrypted input."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.operations import (
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    OutcomeKind,
    ReplyTo,
    SecondApproval,
)
from bot.domain.pauses import Pause
from bot.domain.records import EntityKind, EntityRef
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionReason,
    DecisionRequest,
    DisconnectionReason,
    DisconnectionRequest,
    OperationInput,
    RefreshRequest,
    RetryRequest,
)
from bot.dynamodb.expressions import plain_item, typed_item
from bot.dynamodb.repositories.operations import operation_from, operation_item
from tests.dynamodb.builders import NOW, a_decision, a_disconnection_request, a_refresh, a_request, a_retry

TEXT = st.text(st.characters(codec="utf-8"))
MAYBE_TEXT, MAYBE_NUMBER = st.none() | TEXT, st.none() | st.integers()
ENTITIES = st.builds(EntityRef, st.sampled_from(EntityKind), TEXT.filter(bool))
INPUTS = {
    OperationKind.REQUEST_CONNECTION: st.builds(ConnectionRequest, TEXT, TEXT, TEXT, MAYBE_TEXT, MAYBE_TEXT),
    OperationKind.RETRY_CONNECTION: st.builds(RetryRequest, MAYBE_TEXT, MAYBE_TEXT),
    OperationKind.DECIDE_DISCONNECTION: st.builds(
        DecisionRequest,
        st.sampled_from(Decision),
        st.none() | st.dates(),
        st.none() | st.sampled_from(DecisionReason),
        MAYBE_TEXT,
        st.booleans(),
    ),
    OperationKind.CREATE_DISCONNECTION: st.builds(
        DisconnectionRequest, TEXT, TEXT, TEXT, st.dates(), st.sampled_from(DisconnectionReason), ENTITIES, MAYBE_TEXT
    ),
    OperationKind.REFRESH_RECORD: st.builds(RefreshRequest, TEXT),
}
OUTCOMES = st.builds(Outcome, st.sampled_from(OutcomeKind), MAYBE_TEXT, st.none() | ENTITIES, MAYBE_TEXT, MAYBE_NUMBER)
ANSWERS_TO = st.builds(ReplyTo, MAYBE_TEXT, MAYBE_TEXT)
UNCONFIRMED = st.builds(UnconfirmedAnswer, st.sampled_from(AnswerProblem), MAYBE_TEXT)
SECONDS = st.builds(SecondApproval, TEXT, st.integers(), ANSWERS_TO)
UNSETTLED = [state for state in OperationState if not state.settled]


def operations(kind: OperationKind) -> st.SearchStrategy[Operation]:
    return st.builds(
        Operation, id=TEXT, entity=ENTITIES, kind=st.just(kind), input=INPUTS[kind],
        state=st.sampled_from(UNSETTLED), actor=MAYBE_TEXT, submitted_at=st.integers(), due=MAYBE_NUMBER,
        shown_version=MAYBE_TEXT, reply_to=ANSWERS_TO,
        attempts=st.integers(), first_attempt_at=MAYBE_NUMBER, sends=st.integers(),
        first_sent_at=MAYBE_NUMBER, reconciliations=st.integers(), lease=MAYBE_TEXT, lease_until=MAYBE_NUMBER,
        delay_reason=MAYBE_TEXT, outcome=st.none() | OUTCOMES, settled_at=st.none(),
        second_approval=st.none() | SECONDS, unconfirmed_answer=st.none() | UNCONFIRMED,
        last_events=st.lists(TEXT).map(tuple),
    )  # fmt: skip


@given(st.sampled_from(OperationKind).flatmap(operations))
def test_an_operation_is_read_back_unchanged(operation: Operation) -> None:
    assert operation_from(plain_item(typed_item(operation_item(operation)))) == operation


def test_every_kind_of_operation_is_generated() -> None:
    assert set(INPUTS) == set(OperationKind)


def test_every_field_of_an_operation_is_generated() -> None:
    full = replace(
        a_request(),
        shown_version="v", attempts=1, first_attempt_at=2, sends=3, first_sent_at=4, reconciliations=5, lease="l",
        lease_until=6, delay_reason="t", outcome=Outcome(OutcomeKind.REFUSED), settled_at=7,
        second_approval=SecondApproval("U2", 8),
        unconfirmed_answer=UnconfirmedAnswer(AnswerProblem.STATUS, "rejected"),
        deferred_by=Pause(8, "U0ANA", "why", 9, "U0BEN"),
        last_events=("e",),
    )  # fmt: skip
    plain = Operation(full.id, full.entity, full.kind, full.input, full.state, None, 0, None)

    forgotten = [
        field.name
        for field in fields(Operation)
        if field.name not in {"id", "entity", "kind", "input", "state"}
        and getattr(full, field.name) == getattr(plain, field.name)
    ]

    assert forgotten == []
    assert operation_from(operation_item(full)) == full


@pytest.mark.parametrize("state", [state for state in OperationState if state.settled])
@pytest.mark.parametrize("operation", [a_request(), a_retry(), a_decision(), a_disconnection_request(), a_refresh()])
def test_a_settled_operation_has_no_encrypted_input_is_not_due_and_expires(
    operation: Operation, state: OperationState
) -> None:
    item = operation_item(replace(operation, state=state, settled_at=NOW))

    assert "encrypted" not in str(item)
    assert "c2VhbGVk" not in str(item)
    assert not {"due", "due_kind"} & typed_item(item).keys()
    assert item["expires"] == NOW + policies.SETTLED_RETENTION_SECONDS
    assert operation_from(item).input == _bare(operation.input)


def test_only_operations_that_await_confirmation_are_listed_as_waiting() -> None:
    listed = operation_item(a_disconnection_request())
    going = [operation_item(replace(a_disconnection_request(), state=state)) for state in OperationState]

    assert (listed["open_kind"], listed["open_order"]) == ("awaiting_confirmation", "2026-12-31#V4")
    assert sum(item.get("open_kind") == "awaiting_confirmation" for item in going) == 1


@pytest.mark.parametrize("state", UNSETTLED)
def test_an_unsettled_operation_keeps_its_encrypted_input(state: OperationState) -> None:
    item = operation_item(replace(a_request(), state=state))

    assert operation_from(item).input == a_request().input
    assert typed_item(item).get("expires") is None


def _bare(given_: OperationInput) -> OperationInput:
    return replace(given_, encrypted=None) if isinstance(given_, ConnectionRequest | RetryRequest) else given_
