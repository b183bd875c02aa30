"""Disconnections are sent once, if the group is still connected and both people still have the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import policies
from bot.domain.content import RecordCard
from bot.domain.operations import OperationState, Resolution
from bot.domain.people import AccessPolicy
from bot.domain.record_states import operation_card_key
from bot.domain.records import disconnection_ref
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.read_model import request_card
from bot.usecases.operations.execute import execute
from bot.usecases.operations.resolve import resolve
from infra.local.noyo import Fault, Rules
from tests.usecases.disconnection_bench import END, Disconnecting, disconnecting, pair_of
from tests.usecases.execution_bench import ANA, BEN, CARRIER, TEAM, Before, Killed, kill, writes_fail


@pytest.fixture
def here() -> Iterator[Disconnecting]:
    with disconnecting() as opened:
        yield opened


def open_at_noyo(here: Disconnecting, group_id: str, **fields: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"carrier_id": CARRIER, "group_id": group_id, "group_name": "Test Company"}
    return here.noyo.carrier_requests_disconnection(**wanted, effective_end_date=END.isoformat(), **fields)


def group_of(shown: Any) -> str:
    return str(shown.record.group_id)


def test_noyos_answer_is_stored_with_the_requester_and_the_same_card(here: Disconnecting) -> None:
    here.going()

    here.run_worker()

    disconnection = here.created()
    assert here.ended() == ("succeeded", "confirmed")
    assert (disconnection.requester, disconnection.requested_by_operation, disconnection.card_key) == (
        ANA,
        "V1",
        operation_card_key("V1"),
    )
    (post,) = here.posts()
    assert post.body == {
        "carrier_id": CARRIER,
        "group_id": disconnection.record.group_id,
        "effective_end_date": "2026-12-31",
        "reason": "terminated",
        "context": "They move to another carrier",
    }
    assert not here.locked(here.operation().entity)


@pytest.mark.parametrize("status", ["unable_to_connect", "processing", "a_new_one"])
def test_a_group_that_is_no_longer_connected_is_not_disconnected(here: Disconnecting, status: str) -> None:
    shown = here.going()
    here.noyo.move_connection(shown.record.id, status)

    here.run_worker()

    assert here.ended() == ("cancelled", "changed")
    assert here.words() == status
    assert here.posts() == []


def test_another_version_of_a_completed_connection_is_no_change(here: Disconnecting) -> None:
    shown = here.going()
    here.wait(5)
    here.noyo.move_connection(shown.record.id, "completed")

    here.run_worker()

    assert here.ended() == ("succeeded", "confirmed")


def test_a_deleted_connection_is_refused(here: Disconnecting) -> None:
    shown = here.going()
    here.noyo.faults.add(Fault("error_before", method="GET", path_contains=shown.record.id, status=404))

    here.run_worker()

    assert here.ended()[0] == "refused"
    assert here.posts() == []


@pytest.mark.parametrize("status", ["needs_review", "processing", "a_new_one"])
def test_an_open_request_at_noyo_is_shown_and_nothing_is_sent(here: Disconnecting, status: str) -> None:
    shown = here.going()
    there = open_at_noyo(here, group_of(shown))
    if status != "needs_review":
        here.noyo.move_disconnection(there["id"], status)

    here.run_worker()

    outcome = here.operation().outcome
    assert here.ended() == ("refused", "duplicate")
    assert outcome is not None
    assert outcome.record is not None
    assert outcome.record.key == there["id"]
    assert here.posts() == []


@pytest.mark.parametrize("status", ["completed", "rejected"])
def test_a_finished_request_at_noyo_is_no_duplicate(here: Disconnecting, status: str) -> None:
    shown = here.going()
    here.noyo.move_disconnection(open_at_noyo(here, group_of(shown))["id"], status)

    here.run_worker()

    assert here.ended() == ("succeeded", "confirmed")


def test_nothing_is_sent_while_the_open_requests_cannot_be_read(here: Disconnecting) -> None:
    here.going()
    here.noyo.faults.add(Fault("garbage", method="GET", path_contains="disconnection", times=1))

    assert here.run_worker().state is OperationState.PENDING
    assert here.posts() == []
    assert here.live().state is OperationState.SUCCEEDED
    assert len(here.posts()) == 1


def test_the_refusal_of_a_protected_group_shows_noyos_message() -> None:
    with disconnecting() as here:
        shown = here.going()
        here.noyo.rules = replace(here.noyo.rules, protected_groups=frozenset({group_of(shown)}))

        here.run_worker()

        outcome = here.operation().outcome
        assert here.ended() == ("refused", "refused")
        assert outcome is not None
        assert outcome.status == 403
        assert here.words() == "A protected group may not be disconnected"


def test_the_refusal_of_a_dropped_reason_shows_noyos_message() -> None:
    with disconnecting(Rules(settle_script=None, create_reasons=frozenset({"other"}))) as here:
        here.going()

        here.run_worker()

        outcome = here.operation().outcome
        assert outcome is not None
        assert outcome.status == 422
        assert "reason" in here.words()


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize("gone", [ANA, BEN])
def test_nothing_is_sent_if_either_person_lost_the_right(here: Disconnecting, gone: str) -> None:
    here.going()
    here.policy = AccessPolicy(TEAM, approvers=frozenset({ANA, BEN} - {gone}))

    here.run_worker()

    outcome = here.operation().outcome
    assert here.ended() == ("cancelled", "not_authorized")
    assert outcome is not None
    assert outcome.decided_by == gone
    assert here.posts() == []


@pytest.mark.parametrize("unknown", [ANA, BEN])
def test_an_unknown_right_of_either_person_reschedules(here: Disconnecting, unknown: str) -> None:
    here.going()
    here.wait(3601)
    here.know(*{ANA, BEN} - {unknown})

    waiting = here.run_worker()

    assert (waiting.state, waiting.sends) == (OperationState.PENDING, 0)
    assert waiting.delay_reason == "Waiting to make sure that both who asked for it still may do this."
    here.know(ANA, BEN)
    assert here.live().state is OperationState.SUCCEEDED


def test_a_self_confirmed_request_is_not_sent_once_self_approval_is_off(here: Disconnecting) -> None:
    here.ask_to_end(here.connected())
    here.policy = replace(here.policy, self_approval=True)
    here.confirm(person=ANA)
    here.policy = replace(here.policy, self_approval=False)

    here.run_worker()

    assert here.ended() == ("cancelled", "not_authorized")
    assert here.posts() == []


# ---------------------------------------------------------------- lost responses


def test_a_lost_answer_is_reconciled_and_sent_once(here: Disconnecting) -> None:
    here.going()
    here.noyo.faults.add(writes_fail("reset_after"))

    assert here.run_worker().state is OperationState.RECONCILING
    assert here.live().state is OperationState.SUCCEEDED

    assert here.ended() == ("succeeded", "reconciled")
    assert len(here.posts()) == 1
    assert here.created().requested_by_operation == "V1"


@pytest.mark.parametrize("fault", ["reset_before", "error_before"])
def test_a_disconnection_that_did_not_arrive_is_not_sent_again_automatically(here: Disconnecting, fault: str) -> None:
    here.going()
    here.noyo.faults.add(writes_fail(fault))

    ended = here.live()

    assert (ended.state, len(here.posts())) == (OperationState.NEEDS_RESOLUTION, 1)
    assert here.requests() == []
    assert here.locked(ended.entity)


@pytest.mark.parametrize(
    "other", [{"effective_end_date": "2027-01-31"}, {"source_type": "carrier"}, {"created_ago": 600}]
)
def test_a_different_request_is_not_taken_for_ours(here: Disconnecting, other: dict[str, Any]) -> None:
    shown = here.going()
    here.noyo.faults.add(writes_fail("reset_before"))
    here.run_worker()
    other = dict(other)
    ago = other.pop("created_ago", 0)
    wanted: dict[str, Any] = {
        "carrier_id": CARRIER,
        "group_id": group_of(shown),
        "group_name": "Test Company",
        "effective_end_date": END.isoformat(),
        "source_type": "platform",
        "status": "processing",
        "created": int(here.clock()) - ago,
    }
    here.noyo.carrier_requests_disconnection(**wanted | other)

    assert here.live().state is OperationState.NEEDS_RESOLUTION


def test_a_poll_that_sees_it_first_links_it_to_the_same_card(here: Disconnecting) -> None:
    here.going()
    here.noyo.faults.add(writes_fail("reset_after"))
    here.run_worker()
    (there,) = here.requests()

    here.see(there["id"])

    disconnection = here.created()
    assert (disconnection.requested_by_operation, disconnection.requester, disconnection.card_key) == (
        "V1",
        ANA,
        operation_card_key("V1"),
    )
    assert here.live().state is OperationState.SUCCEEDED
    assert here.created().requested_by_operation == "V1"


def test_a_request_of_another_operation_is_not_taken_for_this_one(here: Disconnecting) -> None:
    shown = here.going()
    here.run_worker()
    first = here.created()
    here.noyo.move_disconnection(first.record.id, "completed")
    here.ask_to_end(shown, "V2", needs_second=False)
    here.noyo.faults.add(writes_fail("reset_before"))

    ended = here.live("V2")

    assert ended.state is OperationState.NEEDS_RESOLUTION
    assert here.created().requested_by_operation == "V1"


def test_an_operation_of_a_stopped_worker_is_reconciled(here: Disconnecting) -> None:
    here.going()
    with pytest.raises(Killed):
        here.run_worker(noyo=Before(here.deps.noyo, "request_disconnection", kill, after=True))

    assert here.live(seconds=1000).state is OperationState.SUCCEEDED
    assert len(here.posts()) == 1


def resolve_as(here: Disconnecting, taken: Resolution) -> None:
    resolve("V1", taken, BEN, seen_version=None, deps=here.deps)


@pytest.mark.parametrize(
    ("taken", "ended"),
    [(Resolution.ARRIVED, ("succeeded", "reported_arrived")), (Resolution.CLOSE, ("cancelled", "closed"))],
)
def test_a_person_resolves_an_unclear_disconnection(
    here: Disconnecting, taken: Resolution, ended: tuple[str, str]
) -> None:
    here.going()
    here.noyo.faults.add(writes_fail("reset_before"))
    here.live()

    resolve_as(here, taken)

    outcome = here.operation().outcome
    assert here.ended() == ended
    assert outcome is not None
    assert (outcome.record, outcome.decided_by) == (None, BEN)
    assert not here.locked(here.operation().entity)


def test_a_person_can_send_a_disconnection_again(here: Disconnecting) -> None:
    here.going()
    here.noyo.faults.add(writes_fail("reset_before"))
    here.live()

    resolve_as(here, Resolution.SEND_AGAIN)

    assert here.live().state is OperationState.SUCCEEDED
    assert (len(here.posts()), len(here.requests())) == (2, 1)


def test_sending_again_finds_a_request_that_had_arrived(here: Disconnecting) -> None:
    shown = here.going()
    here.noyo.faults.add(writes_fail("reset_before"))
    here.live()
    resolve_as(here, Resolution.SEND_AGAIN)
    here.noyo.carrier_requests_disconnection(
        carrier_id=CARRIER,
        group_id=group_of(shown),
        group_name="Test Company",
        effective_end_date=END.isoformat(),
        source_type="platform",
        status="processing",
    )

    assert here.live().state is OperationState.SUCCEEDED
    assert here.ended() == ("succeeded", "reconciled")
    assert (len(here.posts()), len(here.requests())) == (1, 1)


def test_another_disconnection_may_follow_a_finished_one(here: Disconnecting) -> None:
    shown = here.going()
    here.run_worker()
    here.noyo.move_disconnection(here.created().record.id, "completed")

    here.ask_to_end(shown, "V2", end=date(2027, 1, 31), needs_second=False)

    assert here.locked(pair_of(shown))
    assert here.live("V2").state is OperationState.SUCCEEDED


def test_a_worker_whose_lease_expired_sends_nothing(here: Disconnecting) -> None:
    here.going()
    slow = Before(here.deps.noyo, "disconnections_at", lambda: here.wait(policies.OPERATION_LEASE_SECONDS))

    here.run_worker(noyo=slow)

    assert here.posts() == []
    assert here.operation().state is OperationState.SENDING


def test_an_answer_without_the_group_keeps_its_requester_and_card(here: Disconnecting) -> None:
    shown = here.going()

    here.run_worker(noyo=_Terse(here.deps.noyo))

    disconnection = here.created()
    assert here.ended() == ("succeeded", "confirmed")
    assert (disconnection.requester, disconnection.requested_by_operation, disconnection.card_key) == (
        ANA,
        "V1",
        operation_card_key("V1"),
    )
    assert disconnection.record.group_id == group_of(shown)


def test_a_reconciled_request_without_the_group_keeps_its_requester(here: Disconnecting) -> None:
    shown = here.going()
    here.noyo.faults.add(writes_fail("reset_after", method="POST"))
    here.run_worker()
    here.wait(60)

    execute("V1", replace(here.deps, noyo=_Terse(here.deps.noyo)))

    disconnection = here.created()
    assert here.ended() == ("succeeded", "reconciled")
    assert (disconnection.requester, disconnection.card_key, disconnection.record.group_id) == (
        ANA,
        operation_card_key("V1"),
        group_of(shown),
    )


class _Terse:
    """Noyo, with the group missing from its disconnections."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def request_disconnection(self, *args: Any, **kwargs: Any) -> Any:
        return replace(self._inner.request_disconnection(*args, **kwargs), group_id=None)

    def disconnections_at(self, *pair: str) -> Any:
        return tuple(replace(disconnection, group_id=None) for disconnection in self._inner.disconnections_at(*pair))


def test_the_card_shows_the_request_that_a_person_reported_as_arrived(here: Disconnecting) -> None:
    shown = here.going()
    here.noyo.faults.add(writes_fail("error_before", method="POST"))
    while here.operation().state is not OperationState.NEEDS_RESOLUTION:
        here.run_worker()
        here.wait(60)
    late = open_at_noyo(here, group_of(shown), source_type="platform", status="processing")
    here.observed(disconnection_ref(late["id"]))
    read_model = Dependencies(
        records=here.store.records, operations=here.store.operations, clock=lambda: 0.0, new_id=str
    )
    assert isinstance(request_card("V1", read_model), RecordCard)

    resolve("V1", Resolution.ARRIVED, BEN, seen_version=None, deps=here.deps)

    assert here.ended() == ("succeeded", "reported_arrived")
    assert isinstance(request_card("V1", read_model), RecordCard)
