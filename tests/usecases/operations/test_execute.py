"""Execution of requests and retries, with refusals, lost responses, outages and concurrent workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.operations import OperationState, Outcome, OutcomeKind
from bot.domain.people import AccessPolicy
from bot.domain.records import LocalStatus, connection_ref
from bot.domain.requests import SensitiveFields
from bot.errors import NoAnswer, StorageError, TableUnavailable
from infra.local.noyo import Fault, Rules
from tests.usecases.execution_bench import (
    ANA,
    BEN,
    CARRIER,
    EIN,
    REQUEST,
    ExecutionBench,
    PortHook,
    open_bench,
    write_fault,
)

FAULTS_THAT_HIDE_A_SUCCESS = ["reset_after", "truncated", "garbage", "error_after", "delay_after"]
FAULTS_BEFORE_THE_EFFECT = ["reset_before", "error_before"]


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def outcome(bench: ExecutionBench, operation_id: str = "V1") -> Outcome:
    found = bench.operation(operation_id).outcome
    assert found is not None
    return found


# ---------------------------------------------------------------- a request


def test_a_confirmed_request_links_the_record_and_releases_the_lock(bench: ExecutionBench) -> None:
    bench.request_connection()

    settled = bench.run_worker()

    created = bench.noyo_connections()[0]
    assert settled.outcome == Outcome(OutcomeKind.CONFIRMED, record=connection_ref(created["id"]))
    assert (settled.state, settled.due, settled.lease) == (OperationState.SUCCEEDED, None, None)
    record_state = bench.record_state(created["id"])
    assert (record_state.requester, record_state.requested_by_operation, record_state.card_key) == (
        ANA,
        "V1",
        "operation:V1",
    )
    assert not bench.is_locked(REQUEST)
    assert (created["federal_ein"], created["group_data"]["broker_tin"]) == (EIN, "987654321")
    assert bench.audit_actions()[-1][1] == ANA


def test_a_refused_request_shows_noyos_message(bench: ExecutionBench) -> None:
    bench.noyo.rules = replace(bench.noyo.rules, formats={CARRIER: "[0-9]{4}"})
    bench.request_connection()

    settled = bench.run_worker()

    assert settled.state is OperationState.REFUSED
    assert outcome(bench).kind is OutcomeKind.REFUSED
    assert outcome(bench).message == "carrier_group_id: not in this carrier's format"
    assert not bench.is_locked(REQUEST)
    assert (settled.encrypted is not None, settled.due) == (True, int(bench.clock()) + policies.REFUSED_INPUT_SECONDS)


def test_a_duplicate_names_the_existing_connection(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    bench.wait(600)
    bench.request_connection()

    bench.run_worker()

    assert outcome(bench).kind is OutcomeKind.DUPLICATE
    assert outcome(bench).record == connection_ref(other["id"])
    assert bench.store.records.record_state(connection_ref(other["id"])) is None
    assert not bench.is_locked(REQUEST)


def test_a_connection_seen_before_we_sent_is_a_duplicate(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    bench.ingest_current(other["id"])
    bench.wait(2)
    bench.request_connection()

    bench.run_worker()

    assert outcome(bench).kind is OutcomeKind.DUPLICATE
    assert bench.record_state(other["id"]).requested_by_operation is None


def test_a_new_connection_with_another_name_is_a_duplicate(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(
        carrier_id=CARRIER, carrier_group_id="00110011", group_name="Somebody Else's Company"
    )
    bench.wait(2)
    bench.request_connection()

    bench.run_worker()

    assert outcome(bench).kind is OutcomeKind.DUPLICATE
    assert outcome(bench).record == connection_ref(other["id"])


def test_a_new_connection_of_another_operation_is_a_duplicate(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.run_worker()
    bench.request_connection("V9", BEN)

    bench.run_worker("V9")

    assert outcome(bench, "V9") == Outcome(
        OutcomeKind.DUPLICATE,
        message="A group connection with this carrier and carrier group id exists",
        record=connection_ref(bench.noyo_connections()[0]["id"]),
        status=409,
    )
    assert bench.record_state(bench.noyo_connections()[0]["id"]).requester == ANA


def test_a_duplicate_that_noyo_does_not_show_is_still_a_duplicate(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.run_worker()
    bench.request_connection("V9")
    # The first read compares, the second one searches for the conflicting connection.
    bench.noyo.faults.add(Fault("error_before", method="GET", times=None, skip=1, status=503))

    bench.run_worker("V9")

    assert outcome(bench, "V9").kind is OutcomeKind.DUPLICATE
    assert outcome(bench, "V9").record is None


@pytest.mark.parametrize("fault", FAULTS_THAT_HIDE_A_SUCCESS)
def test_a_lost_answer_to_a_request_is_reconciled_without_sending_twice(bench: ExecutionBench, fault: str) -> None:
    bench.noyo.faults.add(write_fault(fault, seconds=4.0))
    bench.request_connection()

    assert bench.run_worker().state is OperationState.RECONCILING
    settled = bench.run_on_schedule()

    assert (settled.state, outcome(bench).kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert len(bench.writes()) == 1
    assert bench.record_state(bench.noyo_connections()[0]["id"]).requested_by_operation == "V1"
    assert bench.noyo.faults.pending() == []


@pytest.mark.parametrize("fault", FAULTS_BEFORE_THE_EFFECT)
def test_a_request_that_did_not_arrive_is_sent_again(bench: ExecutionBench, fault: str) -> None:
    bench.noyo.faults.add(write_fault(fault))
    bench.request_connection()

    assert bench.run_worker().state is OperationState.RECONCILING
    settled = bench.run_on_schedule()

    assert (settled.state, outcome(bench).kind) == (OperationState.SUCCEEDED, OutcomeKind.CONFIRMED)
    assert (bench.effective_write_count(), len(bench.noyo_connections())) == (1, 1)


def test_two_lost_answers_create_no_duplicate(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.noyo.faults.add(write_fault("reset_after"))
    bench.request_connection()

    settled = bench.run_on_schedule(seconds=900)

    assert settled.state is OperationState.SUCCEEDED
    assert (bench.effective_write_count(), len(bench.noyo_connections())) == (1, 1)


def test_a_409_to_a_second_request_confirms_the_first(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_after"))
    # Both checks find nothing, since the list lags behind; the request is sent once more.
    bench.request_connection()
    bench.run_worker()
    created_id = bench.noyo_connections()[0]["id"]
    bench.noyo.corrupt(created_id, lambda row: row | {"carrier_id": created_id})
    while bench.operation().state is OperationState.RECONCILING:
        bench.wait(30)
        bench.run_worker()
    assert bench.operation().sends == 1
    bench.noyo.corrupt(created_id, None)

    settled = bench.run_worker()

    assert (settled.state, outcome(bench).kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert (settled.sends, bench.effective_write_count()) == (2, 1)


def test_a_409_that_cannot_be_compared_is_reconciled_later(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))
    bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011", created=1)

    assert bench.run_worker().state is OperationState.RECONCILING
    assert bench.is_locked(REQUEST)
    bench.noyo.faults.clear()

    assert bench.run_on_schedule().outcome is not None
    assert outcome(bench).kind is OutcomeKind.DUPLICATE


@pytest.mark.parametrize(
    "fault",
    [
        write_fault("error_before", status=408),
        write_fault("too_many", retry_after="77"),
        Fault("error_before", path_contains="/token", status=503),
        Fault("reset_after", path_contains="/token"),
        Fault("error_before", method="POST", status=401, times=2),
    ],
    ids=["408", "429", "no token", "token cut off", "401 twice"],
)
def test_a_request_that_noyo_did_not_accept_is_rescheduled(bench: ExecutionBench, fault: Fault) -> None:
    bench.noyo.faults.add(fault)
    bench.request_connection()

    waiting = bench.run_worker()

    assert waiting.state is OperationState.PENDING
    assert (waiting.sends, waiting.first_sent_at, waiting.lease) == (0, None, None)
    assert waiting.delay_reason
    assert bench.effective_write_count() == 0
    assert bench.run_on_schedule().state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


def test_a_retry_after_header_is_respected(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("too_many", retry_after="300"))
    bench.request_connection()

    waiting = bench.run_worker()

    assert waiting.due == bench.clock() + 300
    bench.wait(299)
    bench.run_worker()
    assert len(bench.writes()) == 1


def test_an_expired_token_is_renewed_and_the_request_is_sent(bench: ExecutionBench) -> None:
    bench.ingest_current(bench.add_failed_connection("x").record.id)  # A token is cached.
    bench.noyo.expire_tokens()
    bench.request_connection()

    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert [seen.status for seen in bench.writes()] == [401, 201]


def test_an_outage_of_noyo_loses_no_request(bench: ExecutionBench) -> None:
    bench.noyo.stop()
    bench.request_connection()
    for _ in range(3):
        assert bench.run_worker().state is OperationState.PENDING
        bench.wait(3600)
        bench.store_people(ANA)
    bench.noyo.start()

    assert bench.run_worker().state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


# ---------------------------------------------------------------- a retry


def test_a_confirmed_retry_advances_the_record_and_counts_the_attempt(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)

    settled = bench.run_worker("V2")

    assert settled.outcome == Outcome(OutcomeKind.CONFIRMED, record=shown.entity)
    record_state = bench.record_state(shown.record.id)
    assert (record_state.status.value, record_state.attempts) == ("processing", 2)
    assert not bench.is_locked(shown.entity)


def test_a_retry_sends_only_the_given_fields(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown, group_id="00110011", sensitive=SensitiveFields(broker_tin="111223333"))

    bench.run_worker("V2")

    assert bench.writes()[0].body == {"broker_tin": "111223333"}


def test_a_refused_retry_shows_noyos_message(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.noyo.rules = replace(bench.noyo.rules, formats={CARRIER: "[0-9]{4}"})
    bench.retry(shown)

    settled = bench.run_worker("V2")

    assert settled.state is OperationState.REFUSED
    assert outcome(bench, "V2").message == "carrier_group_id: not in this carrier's format"
    assert not bench.is_locked(shown.entity)


def test_a_retry_with_another_connections_id_shows_that_connection(bench: ExecutionBench) -> None:
    other = bench.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110012")
    shown = bench.add_failed_connection()
    bench.retry(shown)

    bench.run_worker("V2")

    assert outcome(bench, "V2").kind is OutcomeKind.DUPLICATE
    assert outcome(bench, "V2").record == connection_ref(other["id"])


def test_a_retry_of_a_changed_connection_is_not_sent(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)
    bench.noyo.move_connection(shown.record.id, "action_required", error="another thing")

    settled = bench.run_worker("V2")

    assert (settled.state, outcome(bench, "V2").kind) == (OperationState.CANCELLED, OutcomeKind.CHANGED)
    assert bench.writes() == []
    assert bench.record_state(shown.record.id).status.value == "action_required"
    assert not bench.is_locked(shown.entity)


def test_a_retry_of_a_connection_that_noyo_no_longer_knows_ends_unsent(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)
    bench.noyo.remove(shown.record.id)

    ended = bench.run_worker("V2")

    assert (ended.state, ended.sends) == (OperationState.CANCELLED, 0)
    assert outcome(bench, "V2").kind is OutcomeKind.DELETED
    assert bench.record_state(shown.record.id).status is LocalStatus.DELETED
    assert bench.writes() == []


@pytest.mark.parametrize("fault", ["error_before", "garbage", "too_many"])
def test_a_retry_whose_record_cannot_be_read_is_rescheduled_unsent(bench: ExecutionBench, fault: str) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)
    bench.noyo.faults.add(Fault(fault, method="GET", times=None))

    waiting = bench.run_worker("V2")

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert bench.writes() == []
    bench.noyo.faults.clear()
    assert bench.run_on_schedule("V2").state is OperationState.SUCCEEDED


@pytest.mark.parametrize("fault", FAULTS_THAT_HIDE_A_SUCCESS)
def test_a_lost_answer_to_a_retry_is_found_by_the_wanted_id(bench: ExecutionBench, fault: str) -> None:
    shown = bench.add_failed_connection()
    bench.noyo.faults.add(write_fault(fault, method="PUT", seconds=4.0))
    bench.retry(shown)

    assert bench.run_worker("V2").state is OperationState.RECONCILING
    settled = bench.run_on_schedule("V2")

    assert (settled.state, outcome(bench, "V2").kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert len(bench.writes()) == 1


def test_a_success_is_recorded_even_if_the_record_cannot_be_read_again() -> None:
    # If `modified` does not change, the order of the answer is unclear and the record is read again; that may fail.
    with open_bench(Rules(settle_script=None, freeze_modified=True)) as frozen:
        shown = frozen.add_failed_connection()
        frozen.retry(shown)
        frozen.noyo.faults.add(Fault("too_many", method="GET", times=None, skip=1))

        settled = frozen.run_worker("V2")

        assert (settled.state, outcome(frozen, "V2").kind) == (OperationState.SUCCEEDED, OutcomeKind.CONFIRMED)
        frozen.noyo.faults.clear()
        frozen.run_on_schedule("V2", 3600)
        assert frozen.effective_write_count() == 1
        frozen.ingest_current(shown.record.id)
        assert frozen.record_state(shown.record.id).status.value == "processing"


def test_a_change_between_the_read_and_the_retry_is_refused_and_shown(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)

    def complete() -> None:
        bench.noyo.move_connection(shown.record.id, "completed")

    noyo = PortHook(bench.deps.noyo, "connection", complete, after=True)
    settled = bench.run_worker("V2", noyo=noyo)

    assert settled.state is OperationState.REFUSED
    assert bench.effective_write_count() == 0


# ---------------------------------------------------------------- rights


def test_a_person_who_lost_the_right_since_the_click_sends_nothing(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.policy = AccessPolicy(bench.policy.team_id, requesters=frozenset({BEN}))

    settled = bench.run_worker()

    assert (settled.state, outcome(bench).kind) == (OperationState.CANCELLED, OutcomeKind.NOT_AUTHORIZED)
    assert "These may: <@U0BEN>" in (outcome(bench).message or "")
    assert bench.writes() == []
    assert not bench.is_locked(REQUEST)


def test_a_person_who_was_deactivated_since_the_click_sends_nothing(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.retry(shown)
    bench.store_people(ANA, is_deactivated=True)

    assert bench.run_worker("V2").state is OperationState.CANCELLED
    assert bench.writes() == []


def test_an_unknown_right_reschedules(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.wait(4000)  # What is known of Ana is too old by now.

    waiting = bench.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert waiting.delay_reason == "Waiting to make sure that the person who asked for it still may do this."
    assert bench.writes() == []
    bench.store_people(ANA)
    bench.wait(10)
    assert bench.run_worker().state is OperationState.SUCCEEDED


# ---------------------------------------------------------------- the key


class BrokenEncryptor:
    def __init__(self, error: StorageError) -> None:
        self._error = error

    def encrypt(self, sensitive: SensitiveFields, operation_id: str) -> str:
        raise self._error

    def decrypt(self, encrypted: str, operation_id: str) -> SensitiveFields:
        raise self._error


@pytest.mark.parametrize("error", [TableUnavailable("no key now"), StorageError("encrypted for another operation")])
def test_a_request_that_cannot_be_decrypted_is_rescheduled_unsent(bench: ExecutionBench, error: StorageError) -> None:
    shown = bench.add_failed_connection()
    bench.request_connection()
    bench.retry(shown)

    for operation_id in ("V1", "V2"):
        waiting = bench.run_worker(operation_id, encryptor=BrokenEncryptor(error))

        assert (waiting.state, waiting.sends, waiting.delay_reason) == (OperationState.PENDING, 0, str(error))
        assert bench.writes() == []
    assert bench.run_on_schedule("V2").state is OperationState.SUCCEEDED


def test_encrypted_fields_of_another_operation_are_refused(bench: ExecutionBench) -> None:
    encrypted = bench.encryptor.encrypt(SensitiveFields(federal_ein=EIN), "V1")

    with pytest.raises(StorageError):
        bench.encryptor.decrypt(encrypted, "V2")
    assert bench.encryptor.decrypt(encrypted, "V1").federal_ein == EIN


# ---------------------------------------------------------------- other workers


def test_a_redelivery_does_nothing(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.run_worker()
    settled = bench.run_worker()

    assert settled.attempts == 1
    assert len(bench.writes()) == 1


def test_an_unknown_operation_is_ignored(bench: ExecutionBench) -> None:
    from bot.usecases.operations.execute import execute

    execute("nobody", bench.deps)

    assert bench.writes() == []


def test_a_second_worker_sends_nothing_while_the_first_is_sending(bench: ExecutionBench) -> None:
    bench.request_connection()
    noyo = PortHook(bench.deps.noyo, "request_connection", bench.run_worker)

    bench.run_worker(noyo=noyo)

    assert (len(bench.writes()), bench.operation().attempts) == (1, 1)


@pytest.mark.parametrize("kind", ["request", "retry"])
def test_only_one_of_two_workers_claims_an_operation(bench: ExecutionBench, kind: str) -> None:
    if kind == "request":
        bench.request_connection("V1")
    else:
        bench.retry(bench.add_failed_connection(), "V1")
    operations = PortHook(bench.deps.operations, "claim", bench.run_worker)

    settled = bench.run_worker(operations=operations)

    assert len(bench.writes()) == 1
    assert (settled.state, settled.attempts) == (OperationState.SUCCEEDED, 1)


def test_only_one_of_two_workers_reconciles(bench: ExecutionBench) -> None:
    bench.noyo.faults.add(write_fault("reset_before"))
    bench.request_connection()
    bench.run_worker()
    bench.wait(30)
    operations = PortHook(bench.deps.operations, "claim", bench.run_worker)

    assert bench.run_worker(operations=operations).reconciliations == 1


@pytest.mark.parametrize("kind", ["request", "retry"])
def test_a_worker_whose_lease_expired_sends_nothing(bench: ExecutionBench, kind: str) -> None:
    if kind == "request":
        bench.request_connection("V1")
    else:
        bench.retry(bench.add_failed_connection(), "V1")

    def sleep() -> None:
        bench.wait(policies.OPERATION_LEASE_SECONDS)

    slow = PortHook(bench.deps.encryptor, "decrypt", sleep)
    bench.run_worker(encryptor=slow)

    assert bench.writes() == []
    assert bench.operation().state is OperationState.SENDING


def test_a_worker_that_lost_its_lease_overwrites_nothing(bench: ExecutionBench) -> None:
    bench.request_connection()

    def take_over() -> None:
        bench.wait(policies.OPERATION_LEASE_SECONDS)
        bench.run_on_schedule()

    noyo = PortHook(bench.deps.noyo, "request_connection", take_over, after=True)
    settled = bench.run_worker(noyo=noyo)

    assert (settled.state, outcome(bench).kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert bench.effective_write_count() == 1


def test_a_late_refusal_does_not_change_a_settled_operation(bench: ExecutionBench) -> None:
    bench.request_connection()
    bench.noyo.faults.add(write_fault("too_many"))

    def take_over() -> None:
        bench.wait(policies.OPERATION_LEASE_SECONDS)
        bench.run_on_schedule()

    operations = PortHook(bench.deps.operations, "save", take_over)
    settled = bench.run_worker(operations=operations)

    assert settled.state is OperationState.SUCCEEDED
    assert bench.effective_write_count() == 1


# ---------------------------------------------------------------- a refresh


def test_a_refresh_ingests_the_record_and_writes_nothing_to_noyo(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.noyo.move_connection(shown.record.id, "completed")
    bench.refresh(shown.entity)

    settled = bench.run_worker("L1")

    assert settled.state is OperationState.SUCCEEDED
    assert bench.record_state(shown.record.id).status.value == "completed"
    assert bench.writes() == []


def test_a_refresh_of_an_unknown_record_is_not_found(bench: ExecutionBench) -> None:
    bench.refresh(connection_ref("00000000-0000-4000-8000-000000000009"))

    assert bench.run_worker("L1").state is OperationState.REFUSED
    assert outcome(bench, "L1").kind is OutcomeKind.NOT_FOUND


def test_a_refresh_without_an_answer_is_rescheduled(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.refresh(shown.entity)
    bench.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))
    assert bench.run_worker("L1").state is OperationState.PENDING
    bench.noyo.faults.clear()

    assert bench.run_on_schedule("L1").state is OperationState.SUCCEEDED


def test_a_refresh_takes_no_lock_and_blocks_nobody(bench: ExecutionBench) -> None:
    shown = bench.add_failed_connection()
    bench.refresh(shown.entity)
    bench.retry(shown)

    assert bench.run_worker("V2").state is OperationState.SUCCEEDED
    assert bench.run_worker("L1").state is OperationState.SUCCEEDED


def test_an_error_after_noyo_confirmed_does_not_count_as_not_sent(bench: ExecutionBench) -> None:
    """Only reads before the request may be followed by sending it; after it, Noyo is asked what it has."""
    bench.request_connection()

    def fail() -> None:
        raise NoAnswer("Noyo did not answer a read while the result was saved.")

    with pytest.raises(NoAnswer):
        bench.run_worker(operations=PortHook(bench.store.operations, "save", fail))

    assert bench.operation().state is OperationState.SENDING
    assert bench.run_on_schedule(seconds=policies.OPERATION_LEASE_SECONDS + 400).state is OperationState.SUCCEEDED
    assert (bench.effective_write_count(), len(bench.writes())) == (1, 1)
