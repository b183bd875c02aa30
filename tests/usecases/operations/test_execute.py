"""Execution of requests and retries, with refusals, lost responses, outages and concurrent workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.operations import OperationState, Outcome, OutcomeKind
from bot.domain.people import AccessPolicy
from bot.domain.records import connection_ref
from bot.domain.requests import SensitiveFields
from bot.errors import StorageError, TableUnavailable
from infra.local.noyo import Fault, Rules
from tests.usecases.execution_bench import ANA, BEN, CARRIER, EIN, REQUEST, Before, ExecutionBench, bench, writes_fail

FAULTS_THAT_HIDE_A_SUCCESS = ["reset_after", "truncated", "garbage", "error_after", "delay_after"]
FAULTS_BEFORE_THE_EFFECT = ["reset_before", "error_before"]


@pytest.fixture
def here() -> Iterator[ExecutionBench]:
    with bench() as opened:
        yield opened


def outcome(here: ExecutionBench, operation_id: str = "V1") -> Outcome:
    found = here.operation(operation_id).outcome
    assert found is not None
    return found


# ---------------------------------------------------------------- a request


def test_a_confirmed_request_links_the_record_and_releases_the_lock(here: ExecutionBench) -> None:
    here.ask()

    settled = here.run_worker()

    created = here.at_noyo()[0]
    assert settled.outcome == Outcome(OutcomeKind.CONFIRMED, record=connection_ref(created["id"]))
    assert (settled.state, settled.due, settled.lease) == (OperationState.SUCCEEDED, None, None)
    record_state = here.record_state(created["id"])
    assert (record_state.requester, record_state.requested_by_operation, record_state.card_key) == (
        ANA,
        "V1",
        "operation:V1",
    )
    assert not here.locked(REQUEST)
    assert (created["federal_ein"], created["group_data"]["broker_tin"]) == (EIN, "987654321")
    assert here.audit_actions()[-1][1] == ANA


def test_a_refused_request_shows_noyos_message(here: ExecutionBench) -> None:
    here.noyo.rules = replace(here.noyo.rules, formats={CARRIER: "[0-9]{4}"})
    here.ask()

    settled = here.run_worker()

    assert settled.state is OperationState.REFUSED
    assert outcome(here).kind is OutcomeKind.REFUSED
    assert outcome(here).message == "carrier_group_id: not in this carrier's format"
    assert not here.locked(REQUEST)
    assert settled.due is None


def test_a_duplicate_names_the_existing_connection(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    here.wait(600)
    here.ask()

    here.run_worker()

    assert outcome(here).kind is OutcomeKind.DUPLICATE
    assert outcome(here).record == connection_ref(other["id"])
    assert here.store.records.record_state(connection_ref(other["id"])) is None
    assert not here.locked(REQUEST)


def test_a_connection_seen_before_we_sent_is_a_duplicate(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011")
    here.see(other["id"])
    here.wait(2)
    here.ask()

    here.run_worker()

    assert outcome(here).kind is OutcomeKind.DUPLICATE
    assert here.record_state(other["id"]).requested_by_operation is None


def test_a_new_connection_with_another_name_is_a_duplicate(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(
        carrier_id=CARRIER, carrier_group_id="00110011", group_name="Somebody Else's Company"
    )
    here.wait(2)
    here.ask()

    here.run_worker()

    assert outcome(here).kind is OutcomeKind.DUPLICATE
    assert outcome(here).record == connection_ref(other["id"])


def test_a_new_connection_of_another_operation_is_a_duplicate(here: ExecutionBench) -> None:
    here.ask()
    here.run_worker()
    here.ask("V9", BEN)

    here.run_worker("V9")

    assert outcome(here, "V9") == Outcome(
        OutcomeKind.DUPLICATE,
        message="A group connection with this carrier and carrier group id exists",
        record=connection_ref(here.at_noyo()[0]["id"]),
        status=409,
    )
    assert here.record_state(here.at_noyo()[0]["id"]).requester == ANA


def test_a_duplicate_that_noyo_does_not_show_is_still_a_duplicate(here: ExecutionBench) -> None:
    here.ask()
    here.run_worker()
    here.ask("V9")
    # The first read compares, the second one searches for the conflicting connection.
    here.noyo.faults.add(Fault("error_before", method="GET", times=None, skip=1, status=503))

    here.run_worker("V9")

    assert outcome(here, "V9").kind is OutcomeKind.DUPLICATE
    assert outcome(here, "V9").record is None


@pytest.mark.parametrize("fault", FAULTS_THAT_HIDE_A_SUCCESS)
def test_a_lost_answer_to_a_request_is_reconciled_without_sending_twice(here: ExecutionBench, fault: str) -> None:
    here.noyo.faults.add(writes_fail(fault, seconds=4.0))
    here.ask()

    assert here.run_worker().state is OperationState.RECONCILING
    settled = here.live()

    assert (settled.state, outcome(here).kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert len(here.writes()) == 1
    assert here.record_state(here.at_noyo()[0]["id"]).requested_by_operation == "V1"
    assert here.noyo.faults.pending() == []


@pytest.mark.parametrize("fault", FAULTS_BEFORE_THE_EFFECT)
def test_a_request_that_did_not_arrive_is_sent_again(here: ExecutionBench, fault: str) -> None:
    here.noyo.faults.add(writes_fail(fault))
    here.ask()

    assert here.run_worker().state is OperationState.RECONCILING
    settled = here.live()

    assert (settled.state, outcome(here).kind) == (OperationState.SUCCEEDED, OutcomeKind.CONFIRMED)
    assert (here.effects(), len(here.at_noyo())) == (1, 1)


def test_two_lost_answers_create_no_duplicate(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_before"))
    here.noyo.faults.add(writes_fail("reset_after"))
    here.ask()

    settled = here.live(seconds=900)

    assert settled.state is OperationState.SUCCEEDED
    assert (here.effects(), len(here.at_noyo())) == (1, 1)


def test_a_409_to_a_second_request_confirms_the_first(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_after"))
    # Both checks find nothing, since the list lags behind; the request is sent once more.
    here.ask()
    here.run_worker()
    created_id = here.at_noyo()[0]["id"]
    here.noyo.corrupt(created_id, "id missing")
    while here.operation().state is OperationState.RECONCILING:
        here.wait(30)
        here.run_worker()
    assert here.operation().sends == 1
    here.noyo.corrupt(created_id, None)

    settled = here.run_worker()

    assert (settled.state, outcome(here).kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert (settled.sends, here.effects()) == (2, 1)


def test_a_409_that_cannot_be_compared_is_reconciled_later(here: ExecutionBench) -> None:
    here.ask()
    here.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))
    here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110011", created=1)

    assert here.run_worker().state is OperationState.RECONCILING
    assert here.locked(REQUEST)
    here.noyo.faults.clear()

    assert here.live().outcome is not None
    assert outcome(here).kind is OutcomeKind.DUPLICATE


@pytest.mark.parametrize(
    "fault",
    [
        writes_fail("error_before", status=408),
        writes_fail("too_many", retry_after="77"),
        Fault("error_before", path_contains="/token", status=503),
        Fault("reset_after", path_contains="/token"),
        Fault("error_before", method="POST", status=401, times=2),
    ],
    ids=["408", "429", "no token", "token cut off", "401 twice"],
)
def test_a_request_that_noyo_did_not_accept_is_rescheduled(here: ExecutionBench, fault: Fault) -> None:
    here.noyo.faults.add(fault)
    here.ask()

    waiting = here.run_worker()

    assert waiting.state is OperationState.PENDING
    assert (waiting.sends, waiting.first_sent_at, waiting.lease) == (0, None, None)
    assert waiting.delay_reason
    assert here.effects() == 0
    assert here.live().state is OperationState.SUCCEEDED
    assert here.effects() == 1


def test_a_retry_after_header_is_respected(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("too_many", retry_after="300"))
    here.ask()

    waiting = here.run_worker()

    assert waiting.due == here.clock() + 300
    here.wait(299)
    here.run_worker()
    assert len(here.writes()) == 1


def test_an_expired_token_is_renewed_and_the_request_is_sent(here: ExecutionBench) -> None:
    here.see(here.stuck("x").record.id)  # A token is cached.
    here.noyo.expire_tokens()
    here.ask()

    assert here.run_worker().state is OperationState.SUCCEEDED
    assert [seen.status for seen in here.writes()] == [401, 201]


def test_an_outage_of_noyo_loses_no_request(here: ExecutionBench) -> None:
    here.noyo.stop()
    here.ask()
    for _ in range(3):
        assert here.run_worker().state is OperationState.PENDING
        here.wait(3600)
        here.know(ANA)
    here.noyo.start()

    assert here.run_worker().state is OperationState.SUCCEEDED
    assert here.effects() == 1


# ---------------------------------------------------------------- a retry


def test_a_confirmed_retry_advances_the_record_and_counts_the_attempt(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)

    settled = here.run_worker("V2")

    assert settled.outcome == Outcome(OutcomeKind.CONFIRMED, record=shown.entity)
    record_state = here.record_state(shown.record.id)
    assert (record_state.status.value, record_state.attempts) == ("processing", 2)
    assert not here.locked(shown.entity)


def test_a_retry_sends_only_what_was_typed(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown, group_id="00110011", sensitive=SensitiveFields(broker_tin="111223333"))

    here.run_worker("V2")

    assert here.writes()[0].body == {"broker_tin": "111223333"}


def test_a_refused_retry_shows_noyos_message(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.noyo.rules = replace(here.noyo.rules, formats={CARRIER: "[0-9]{4}"})
    here.retry(shown)

    settled = here.run_worker("V2")

    assert settled.state is OperationState.REFUSED
    assert outcome(here, "V2").message == "carrier_group_id: not in this carrier's format"
    assert not here.locked(shown.entity)


def test_a_retry_with_another_connections_id_shows_that_connection(here: ExecutionBench) -> None:
    other = here.noyo.add_connection(carrier_id=CARRIER, carrier_group_id="00110012")
    shown = here.stuck()
    here.retry(shown)

    here.run_worker("V2")

    assert outcome(here, "V2").kind is OutcomeKind.DUPLICATE
    assert outcome(here, "V2").record == connection_ref(other["id"])


def test_a_retry_of_a_changed_connection_is_not_sent(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)
    here.noyo.move_connection(shown.record.id, "action_required", error="another thing")

    settled = here.run_worker("V2")

    assert (settled.state, outcome(here, "V2").kind) == (OperationState.CANCELLED, OutcomeKind.CHANGED)
    assert here.writes() == []
    assert here.record_state(shown.record.id).status.value == "action_required"
    assert not here.locked(shown.entity)


def test_a_retry_of_a_connection_that_noyo_no_longer_knows_is_refused(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)
    here.noyo.remove(shown.record.id)

    assert here.run_worker("V2").state is OperationState.REFUSED
    assert outcome(here, "V2").message == "Group connection not found"
    assert here.writes() == []


@pytest.mark.parametrize("fault", ["error_before", "garbage", "too_many"])
def test_a_retry_whose_record_cannot_be_read_is_rescheduled_unsent(here: ExecutionBench, fault: str) -> None:
    shown = here.stuck()
    here.retry(shown)
    here.noyo.faults.add(Fault(fault, method="GET", times=None))

    waiting = here.run_worker("V2")

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert here.writes() == []
    here.noyo.faults.clear()
    assert here.live("V2").state is OperationState.SUCCEEDED


@pytest.mark.parametrize("fault", FAULTS_THAT_HIDE_A_SUCCESS)
def test_a_lost_answer_to_a_retry_is_found_by_the_wanted_id(here: ExecutionBench, fault: str) -> None:
    shown = here.stuck()
    here.noyo.faults.add(writes_fail(fault, method="PUT", seconds=4.0))
    here.retry(shown)

    assert here.run_worker("V2").state is OperationState.RECONCILING
    settled = here.live("V2")

    assert (settled.state, outcome(here, "V2").kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert len(here.writes()) == 1


def test_a_success_is_kept_even_if_the_record_cannot_be_read_again(here: ExecutionBench) -> None:
    # Where `modified` does not move, the answer's order is unclear and Noyo is asked again; that may fail.
    with bench(Rules(settle_script=None, freeze_modified=True)) as frozen:
        shown = frozen.stuck()
        frozen.retry(shown)
        frozen.noyo.faults.add(Fault("too_many", method="GET", times=None, skip=1))

        settled = frozen.run_worker("V2")

        assert (settled.state, outcome(frozen, "V2").kind) == (OperationState.SUCCEEDED, OutcomeKind.CONFIRMED)
        frozen.noyo.faults.clear()
        frozen.live("V2", 3600)
        assert frozen.effects() == 1
        frozen.see(shown.record.id)
        assert frozen.record_state(shown.record.id).status.value == "processing"


def test_a_change_between_the_read_and_the_retry_is_refused_and_shown(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)

    def completes() -> None:
        here.noyo.move_connection(shown.record.id, "completed")

    noyo = Before(here.deps.noyo, "connection", completes, after=True)
    settled = here.run_worker("V2", noyo=noyo)

    assert settled.state is OperationState.REFUSED
    assert here.effects() == 0


# ---------------------------------------------------------------- rights


def test_a_person_who_lost_the_right_since_the_click_sends_nothing(here: ExecutionBench) -> None:
    here.ask()
    here.policy = AccessPolicy(here.policy.team_id, requesters=frozenset({BEN}))

    settled = here.run_worker()

    assert (settled.state, outcome(here).kind) == (OperationState.CANCELLED, OutcomeKind.NOT_AUTHORIZED)
    assert "These may: <@U0BEN>" in (outcome(here).message or "")
    assert here.writes() == []
    assert not here.locked(REQUEST)


def test_a_person_who_was_deactivated_since_the_click_sends_nothing(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.retry(shown)
    here.know(ANA, is_deactivated=True)

    assert here.run_worker("V2").state is OperationState.CANCELLED
    assert here.writes() == []


def test_an_unknown_right_reschedules(here: ExecutionBench) -> None:
    here.ask()
    here.wait(4000)  # What is known of Ana is too old by now.

    waiting = here.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert waiting.delay_reason == "Waiting to make sure that you still may do this."
    assert here.writes() == []
    here.know(ANA)
    here.wait(10)
    assert here.run_worker().state is OperationState.SUCCEEDED


# ---------------------------------------------------------------- the key


class BrokenKey:
    def __init__(self, error: StorageError) -> None:
        self._error = error

    def encrypt(self, sensitive: SensitiveFields, operation_id: str) -> str:
        raise self._error

    def decrypt(self, encrypted: str, operation_id: str) -> SensitiveFields:
        raise self._error


@pytest.mark.parametrize("error", [TableUnavailable("no key now"), StorageError("encrypted for another operation")])
def test_a_request_that_cannot_be_decrypted_is_rescheduled_unsent(here: ExecutionBench, error: StorageError) -> None:
    shown = here.stuck()
    here.ask()
    here.retry(shown)

    for operation_id in ("V1", "V2"):
        waiting = here.run_worker(operation_id, encryptor=BrokenKey(error))

        assert (waiting.state, waiting.sends, waiting.delay_reason) == (OperationState.PENDING, 0, str(error))
        assert here.writes() == []
    assert here.live("V2").state is OperationState.SUCCEEDED


def test_encrypted_fields_of_another_operation_are_refused(here: ExecutionBench) -> None:
    encrypted = here.encryptor.encrypt(SensitiveFields(federal_ein=EIN), "V1")

    with pytest.raises(StorageError):
        here.encryptor.decrypt(encrypted, "V2")
    assert here.encryptor.decrypt(encrypted, "V1").federal_ein == EIN


# ---------------------------------------------------------------- other workers


def test_a_redelivery_does_nothing(here: ExecutionBench) -> None:
    here.ask()
    here.run_worker()
    settled = here.run_worker()

    assert settled.attempts == 1
    assert len(here.writes()) == 1


def test_an_operation_that_does_not_exist_is_nothing_to_do(here: ExecutionBench) -> None:
    from bot.usecases.operations.execute import execute

    execute("nobody", here.deps)

    assert here.writes() == []


def test_a_second_worker_sends_nothing_while_the_first_is_sending(here: ExecutionBench) -> None:
    here.ask()
    noyo = Before(here.deps.noyo, "request_connection", here.run_worker)

    here.run_worker(noyo=noyo)

    assert (len(here.writes()), here.operation().attempts) == (1, 1)


@pytest.mark.parametrize("kind", ["request", "retry"])
def test_only_one_of_two_workers_claims_an_operation(here: ExecutionBench, kind: str) -> None:
    if kind == "request":
        here.ask("V1")
    else:
        here.retry(here.stuck(), "V1")
    operations = Before(here.deps.operations, "claim", here.run_worker)

    settled = here.run_worker(operations=operations)

    assert len(here.writes()) == 1
    assert (settled.state, settled.attempts) == (OperationState.SUCCEEDED, 1)


def test_only_one_of_two_workers_reconciles(here: ExecutionBench) -> None:
    here.noyo.faults.add(writes_fail("reset_before"))
    here.ask()
    here.run_worker()
    here.wait(30)
    operations = Before(here.deps.operations, "claim", here.run_worker)

    assert here.run_worker(operations=operations).reconciliations == 1


@pytest.mark.parametrize("kind", ["request", "retry"])
def test_a_worker_whose_lease_expired_sends_nothing(here: ExecutionBench, kind: str) -> None:
    if kind == "request":
        here.ask("V1")
    else:
        here.retry(here.stuck(), "V1")

    def sleep() -> None:
        here.wait(policies.OPERATION_LEASE_SECONDS)

    slow = Before(here.deps.encryptor, "decrypt", sleep)
    here.run_worker(encryptor=slow)

    assert here.writes() == []
    assert here.operation().state is OperationState.SENDING


def test_a_worker_that_lost_its_lease_overwrites_nothing(here: ExecutionBench) -> None:
    here.ask()

    def somebody_takes_over() -> None:
        here.wait(policies.OPERATION_LEASE_SECONDS)
        here.live()

    noyo = Before(here.deps.noyo, "request_connection", somebody_takes_over, after=True)
    settled = here.run_worker(noyo=noyo)

    assert (settled.state, outcome(here).kind) == (OperationState.SUCCEEDED, OutcomeKind.RECONCILED)
    assert here.effects() == 1


def test_a_late_refusal_does_not_change_a_settled_operation(here: ExecutionBench) -> None:
    here.ask()
    here.noyo.faults.add(writes_fail("too_many"))

    def somebody_takes_over() -> None:
        here.wait(policies.OPERATION_LEASE_SECONDS)
        here.live()

    operations = Before(here.deps.operations, "save", somebody_takes_over)
    settled = here.run_worker(operations=operations)

    assert settled.state is OperationState.SUCCEEDED
    assert here.effects() == 1


# ---------------------------------------------------------------- a refresh


def test_a_refresh_ingests_the_record_and_writes_nothing_to_noyo(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.noyo.move_connection(shown.record.id, "completed")
    here.refresh(shown.entity)

    settled = here.run_worker("L1")

    assert settled.state is OperationState.SUCCEEDED
    assert here.record_state(shown.record.id).status.value == "completed"
    assert here.writes() == []


def test_a_refresh_of_an_unknown_record_is_not_found(here: ExecutionBench) -> None:
    here.refresh(connection_ref("00000000-0000-4000-8000-000000000009"))

    assert here.run_worker("L1").state is OperationState.REFUSED
    assert outcome(here, "L1").kind is OutcomeKind.NOT_FOUND


def test_a_refresh_without_an_answer_is_rescheduled(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.refresh(shown.entity)
    here.noyo.faults.add(Fault("error_before", method="GET", times=None, status=503))
    assert here.run_worker("L1").state is OperationState.PENDING
    here.noyo.faults.clear()

    assert here.live("L1").state is OperationState.SUCCEEDED


def test_a_refresh_takes_no_lock_and_blocks_nobody(here: ExecutionBench) -> None:
    shown = here.stuck()
    here.refresh(shown.entity)
    here.retry(shown)

    assert here.run_worker("V2").state is OperationState.SUCCEEDED
    assert here.run_worker("L1").state is OperationState.SUCCEEDED
