"""A decision, from the button or the command to the submitted operation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.outbox import RecordChange
from bot.domain.people import AuditEntry
from bot.domain.record_states import RecordState, link_to_operation
from bot.domain.requests import Decision, DecisionReason, DecisionRequest
from bot.errors import UnknownSchema
from bot.slack.features import decide
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    answer_text,
    change_status,
    context_of,
    handle_requests_with,
    make_submissions_fail,
    modal_text,
    press_button,
    store_connection,
    store_disconnection_request,
    type_command,
    view_id,
)
from tests.system import ANA, BEN, GUS, System

PAST = date(2020, 1, 31)


SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


def decision_button(record_state: RecordState, decision: Decision = Decision.APPROVE) -> dict[str, Any]:
    action = {Decision.APPROVE: Action.APPROVE, Decision.REJECT: Action.REJECT}[decision]
    return record_facts.record_button(action, record_state.record)


def open_form(system: System, record_state: RecordState, decision: Decision = Decision.APPROVE, user: str = ANA) -> str:
    press_button(system, decision_button(record_state, decision), user)
    return view_id(system, user)


def end_date_field(record_state: RecordState, day: str) -> dict[str, str]:
    return {f"end_date.{record_state.record.version}": day}


def past_date_field(record_state: RecordState) -> dict[str, str]:
    return {f"past.{record_state.record.version}": "yes"}


def submitted_decision(system: System, view: str) -> DecisionRequest:
    request = system.operation(view).input
    assert isinstance(request, DecisionRequest)
    return request


def submit_form(system: System, view: str, fields: Any = (), user: str = ANA) -> Any:
    return system.slack.submit(user, view, dict(fields))


def form_submission(record_state: RecordState, view: str, **values: dict[str, Any]) -> dict[str, Any]:
    """A submission of this form that was not created by Slack's client, so its values may be invalid."""
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    state = {"values": {name: {name: value} for name, value in values.items()}}
    return {"id": view, "private_metadata": about, "state": state}


# ---------------------------------------------------------------- approving


def test_the_approval_form_shows_the_consequences_and_noyos_end_date(system: System) -> None:
    open_form(system, store_disconnection_request(system, "Widgets R Us"))
    shown = modal_text(system)
    assert "[[ Approve disconnection ]]" in shown
    assert "After 31 Dec 2026, or the day you choose instead, changes for Widgets R Us" in shown
    assert "no longer reach Guardian." in shown
    assert "[2026-12-31]" in shown
    assert "Source:** the carrier" in shown


def test_an_unchanged_end_date_is_not_sent(system: System) -> None:
    record_state = store_disconnection_request(system, "Left Inc")
    view = open_form(system, record_state)
    submit_form(system, view)
    assert submitted_decision(system, view) == DecisionRequest(Decision.APPROVE)
    assert system.operation(view).shown_version == record_state.record.version
    assert "Sending: your approval for Left Inc · Guardian." in modal_text(system)


def test_a_changed_end_date_and_the_context_are_sent(system: System) -> None:
    record_state = store_disconnection_request(system, "Later Inc")
    view = open_form(system, record_state)
    submit_form(
        system, view, {**end_date_field(record_state, "2027-01-31"), "context": "They moved\nto another carrier."}
    )
    assert submitted_decision(system, view) == DecisionRequest(
        Decision.APPROVE, date(2027, 1, 31), context="They moved\nto another carrier."
    )


def test_without_an_end_date_at_noyo_one_must_be_chosen(system: System) -> None:
    record_state = store_disconnection_request(system, "Dayless Inc", effective_end_date=None)
    view = open_form(system, record_state)
    assert "After the day you choose, changes for Dayless Inc" in modal_text(system)
    assert submit_form(system, view).errors.keys() == end_date_field(record_state, "").keys()
    answer = decide.APPROVE.submission(context_of(system, ANA), form_submission(record_state, view))
    assert answer["errors"] == end_date_field(record_state, "Choose the last day on which its coverage is managed.")
    submit_form(system, view, end_date_field(record_state, "2026-12-31"))
    assert submitted_decision(system, view).effective_end_date == date(2026, 12, 31)


def test_a_past_end_date_must_be_confirmed_even_if_it_is_noyos(system: System) -> None:
    record_state = store_disconnection_request(system, "Past Inc", effective_end_date=PAST)
    view = open_form(system, record_state)
    found = submit_form(system, view).errors
    assert found == {
        f"past.{record_state.record.version}": "31 Jan 2020 is in the past. "
        "Choose another day, or select this to use it anyway."
    }
    assert view not in system.open_operations()
    submit_form(system, view, past_date_field(record_state))
    assert submitted_decision(system, view) == DecisionRequest(Decision.APPROVE)


def test_today_is_the_day_in_the_business_timezone(system: System) -> None:
    system.wait((26 * 3600 - system.clock() % 86400) % 86400)  # 02:00 in UTC is the day before in New York
    today = datetime.fromtimestamp(system.clock(), UTC).date() - timedelta(days=1)
    record_state = store_disconnection_request(system, "Midnight Inc", effective_end_date=today)
    view = open_form(system, record_state)
    assert submit_form(system, view).errors == {}
    yesterday = store_disconnection_request(system, "Yesterday Inc", effective_end_date=today - timedelta(days=1))
    assert submit_form(system, open_form(system, yesterday)).errors.keys() == past_date_field(yesterday).keys()


# ---------------------------------------------------------------- rejecting


def test_the_rejection_form_shows_the_consequences_and_requires_a_reason(system: System) -> None:
    record_state = store_disconnection_request(system, "Kept Inc")
    view = open_form(system, record_state, Decision.REJECT)
    assert "This request does not disconnect Kept Inc from Guardian, and is closed." in modal_text(system)
    assert submit_form(system, view).errors.keys() == {"reason"}
    submit_form(system, view, {"reason": "Payment reinstated"})
    assert submitted_decision(system, view) == DecisionRequest(
        Decision.REJECT, reason=DecisionReason.PAYMENT_REINSTATED
    )


def test_the_reason_other_requires_a_context(system: System) -> None:
    record_state = store_disconnection_request(system, "Other Inc")
    view = open_form(system, record_state, Decision.REJECT)
    found = submit_form(system, view, {"reason": "other"}).errors
    assert found == {"context": "Enter the other reason."}
    submit_form(system, view, {"context": "They called us."})
    assert submitted_decision(system, view).context == "They called us."


@pytest.mark.parametrize(
    ("context", "expected"), [("x" * 501, "at most 500 characters; you entered 501"), ("a\u202eb", "hidden character")]
)
def test_an_invalid_context_shows_an_error_at_its_field(system: System, context: str, expected: str) -> None:
    record_state = store_disconnection_request(system, "Context Inc")
    view = open_form(system, record_state, Decision.REJECT)
    submission = form_submission(
        record_state, view, context={"value": context}, reason={"selected_option": {"value": "invented"}}
    )
    found = decide.REJECT.submission(context_of(system, ANA), submission)["errors"]
    assert expected in found["context"]
    assert found["reason"] == "Choose why the group stays connected."


# ---------------------------------------------------------------- conflicts and changes


def test_a_second_person_sees_the_first_decision(system: System) -> None:
    record_state = store_disconnection_request(system, "Raced Inc")
    ana_view, ben_view = open_form(system, record_state), open_form(system, record_state, Decision.REJECT, BEN)
    submit_form(system, ana_view)
    submit_form(system, ben_view, {"reason": "other", "context": "No."}, BEN)
    shown = modal_text(system, BEN)
    assert "[[ Already decided ]]" in shown
    assert "@Ana approved: sending." in shown
    assert "Asked for:**" in shown
    assert ben_view not in system.open_operations()
    press_button(system, decision_button(record_state), BEN)
    assert "@Ana approved: sending." in modal_text(system, BEN)


def settle_decision(system: System, record_state: RecordState, view: str, status: str) -> RecordState:
    """Settle the operation of this view as confirmed by Noyo."""
    operations, operation = system.bot.repositories.operations, system.operation(view)
    at = int(system.clock())
    sent = replace(operation, state=OperationState.SENDING, lease="l", lease_until=at + 60, attempts=1)
    operations.claim(operation, sent)
    done: Operation = replace(
        sent,
        state=OperationState.SUCCEEDED,
        outcome=Outcome(OutcomeKind.CONFIRMED, record=record_state.entity),
        settled_at=at,
        due=None,
        lease=None,
        lease_until=None,
    )
    audit = AuditEntry("settled" + view, record_state.entity, at, ANA, "operation_succeeded")
    operations.save(done, lease="l", change=None, events=(), audit=audit)
    current = system.bot.repositories.records.record_state(record_state.entity)
    assert current is not None
    return change_status(system, current, status)


def test_a_decision_settled_meanwhile_shows_who_made_it_and_when(system: System) -> None:
    record_state = store_disconnection_request(system, "Settled Inc")
    ana_view, ben_view = open_form(system, record_state), open_form(system, record_state, user=BEN)
    submit_form(system, ana_view)
    settle_decision(system, record_state, ana_view, "processing")
    submit_form(system, ben_view, user=BEN)
    assert "[[ Already decided ]]" in modal_text(system, BEN)
    assert "Settled Inc is now: **Processing**." in modal_text(system, BEN)
    assert "Noyo confirmed @Ana's approval · " in modal_text(system, BEN)
    assert "outside Switchboard" not in modal_text(system, BEN)
    press_button(system, decision_button(record_state), BEN)
    assert "[[ Already decided ]]" in modal_text(system, BEN)


def test_the_same_form_submitted_twice_is_one_decision(system: System) -> None:
    record_state = store_disconnection_request(system, "Twice Inc")
    view = open_form(system, record_state)
    reply = submit_form(system, view)
    assert system.slack.resend(ANA, reply).status == 200
    assert system.open_operations().count(view) == 1
    settle_decision(system, record_state, view, "processing")
    answer = decide.APPROVE.submission(context_of(system, ANA), form_submission(record_state, view))
    assert answer["view"]["title"]["text"] == "Already sent"


def test_a_change_before_the_click_is_shown_with_the_old_and_new_values(system: System) -> None:
    record_state = store_disconnection_request(system, "Moved Inc")
    change_status(system, record_state, "needs_review", effective_end_date=date(2026, 11, 30))
    press_button(system, decision_button(record_state))
    shown = modal_text(system)
    assert "It changed after you opened it, so nothing was sent." in shown
    assert "Last managed day:** 31 Dec 2026 → 30 Nov 2026" in shown
    assert "Status:** Needs review, last changed" in shown


def test_a_change_with_an_open_form_is_shown_and_must_be_confirmed_for_the_new_version(system: System) -> None:
    record_state = store_disconnection_request(system, "Slow Inc")
    view = open_form(system, record_state)
    now = change_status(system, record_state, "needs_review", effective_end_date=date(2026, 11, 30))
    submit_form(system, view, {"context": "kept"})
    assert "Last managed day:** 31 Dec 2026 → 30 Nov 2026" in modal_text(system)
    assert "[kept]" in modal_text(system)
    assert "[2026-11-30]" in modal_text(system), "the form shows Noyo's new end date, not the old one"
    assert view not in system.open_operations()
    submit_form(system, view)
    assert system.operation(view).shown_version == now.record.version
    assert submitted_decision(system, view) == DecisionRequest(Decision.APPROVE, context="kept")


def test_the_confirmation_of_a_past_date_applies_to_that_date_only(system: System) -> None:
    record_state = store_disconnection_request(system, "Ticked Inc", effective_end_date=PAST)
    view = open_form(system, record_state)
    change_status(system, record_state, "needs_review", effective_end_date=date(2019, 1, 31))
    submit_form(system, view, past_date_field(record_state))
    assert "31 Jan 2019 is in the past" in next(iter(submit_form(system, view).errors.values()))


def test_a_request_decided_elsewhere_is_not_decided_again(system: System) -> None:
    record_state = store_disconnection_request(system, "Elsewhere Inc")
    view = open_form(system, record_state)
    change_status(system, record_state, "rejected")
    submit_form(system, view)
    assert "[[ Already decided ]]" in modal_text(system)
    assert "Decided outside Switchboard" in modal_text(system)
    assert view not in system.open_operations()


# ---------------------------------------------------------------- rights and invalid input


def test_people_who_may_not_approve_get_no_form_submit_nothing_and_are_audited(system: System) -> None:
    record_state = store_disconnection_request(system, "Guarded Inc")
    press_button(system, decision_button(record_state), GUS)
    assert "Guests cannot do this" in modal_text(system, GUS)
    view = open_form(system, record_state)
    context = context_of(system, ANA)
    without_permission = replace(
        context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN})))
    )
    answer = decide.APPROVE.submission(without_permission, form_submission(record_state, view))
    assert answer["response_action"] == "push"
    assert view not in system.open_operations()
    entries = system.bot.repositories.audit.entries(record_state.entity, limit=9)
    assert {(entry.actor, entry.action) for entry in entries} == {(GUS, "denied"), (ANA, "denied")}


@pytest.mark.parametrize(
    "metadata", ["", "{}", "null", '{"s":1,"o":"x"}', '{"s":1,"r":"pending_connection:a#b","v":"1"}']
)
def test_a_tampered_decision_form_is_refused(system: System, metadata: str) -> None:
    with pytest.raises(UnknownSchema, match="Nothing was sent to Noyo"):
        decide.APPROVE.submission(context_of(system, ANA), {"id": "V", "private_metadata": metadata})


def test_a_button_for_a_connection_or_an_unknown_record_decides_nothing(system: System) -> None:
    for entity, version in ((store_connection(system, "No Request").entity, "v"), (None, "v")):
        entity_or_unknown = entity or replace(store_disconnection_request(system, "Gone").entity, key="0" * 8)
        press_button(system, buttons.record_button(Action.APPROVE, entity_or_unknown, version, name="it"))
        assert "Switchboard no longer has this request. Nothing was sent to Noyo." in modal_text(system)


def test_after_a_table_outage_the_decision_form_keeps_its_input(system: System) -> None:
    record_state = store_disconnection_request(system, "Down Inc")
    view = open_form(system, record_state)
    make_submissions_fail(system)
    submit_form(system, view, {"context": "kept"})
    assert "Your input is saved" in modal_text(system)
    system.bot.__dict__.pop("slack_endpoint")
    system.slack.close_view(ANA, view_id(system))
    submit_form(system, view)
    assert submitted_decision(system, view).context == "kept"


def test_hostile_names_are_plain_text_in_the_form(system: System) -> None:
    record_state = store_disconnection_request(system, "<!channel> *bold* 123-45-6789", source_id="<@U0EVIL>")
    open_form(system, record_state)
    assert "123-45-6789" not in modal_text(system)
    assert "<!channel>" in modal_text(system), "as text"


# ---------------------------------------------------------------- commands


def test_approve_and_reject_open_the_form_of_the_waiting_request(system: System) -> None:
    store_disconnection_request(system, "Foxtrot Waits")
    store_disconnection_request(system, "Foxtrot Done", "completed")
    store_connection(system, "Foxtrot Connection")
    assert type_command(system, "approve Foxtrot").error is None
    assert "[[ Approve disconnection ]]" in modal_text(system)
    assert "Foxtrot Waits" in modal_text(system)
    type_command(system, "reject Foxtrot")
    assert "[[ Keep connected ]]" in modal_text(system)


def test_with_several_or_no_waiting_requests_the_command_lists_the_matches(system: System) -> None:
    store_disconnection_request(system, "Golf One")
    store_disconnection_request(system, "Golf Two")
    text = answer_text(system, type_command(system, "reject Golf"))
    assert "Several wait for a decision. Which one?" in text
    assert "Reject, Keep Connected…" in text
    store_connection(system, "Hotel Connection")
    assert "None of these waits for a decision." in answer_text(system, type_command(system, "approve Hotel"))
    assert "Which request to disconnect? Find it here, or type /noyo approve" in answer_text(
        system, type_command(system, "approve")
    )


@pytest.mark.parametrize("text", ["decisions", "approve India", "history India"])
def test_a_guest_sees_no_records(system: System, text: str) -> None:
    store_disconnection_request(system, "India Inc")
    answer = answer_text(system, type_command(system, text, GUS))
    assert "Guests cannot do this" in answer
    assert "India Inc" not in answer
    assert modal_text(system, GUS) == ""


# ---------------------------------------------------------------- own requests, and rejections without a version


def test_nobody_may_decide_on_their_own_request_and_the_denial_is_audited(system: System) -> None:
    shown = store_disconnection_request(system, "Own Decision Inc")
    after = link_to_operation(shown, "V0", ANA, "Own Decision Inc")
    system.bot.repositories.records.write(RecordChange(shown.entity, shown, after, None))
    press_button(system, decision_button(shown))
    assert "You requested this yourself" in modal_text(system)
    assert "These may: @Ben." in modal_text(system)
    entries = system.bot.repositories.audit.entries(shown.entity, limit=9)
    assert ("denied", ANA) in [(entry.action, entry.actor) for entry in entries]
    open_form(system, shown, user=BEN)
    assert "[[ Approve disconnection ]]" in modal_text(system, BEN)


def test_a_form_opened_before_the_requester_was_known_is_refused(system: System) -> None:
    shown = store_disconnection_request(system, "Own Later Inc")
    view = open_form(system, shown)
    after = link_to_operation(shown, "V0", ANA, "Own Later Inc")
    system.bot.repositories.records.write(RecordChange(shown.entity, shown, after, None))
    submit_form(system, view)
    assert "You requested this yourself" in modal_text(system)
    assert system.bot.repositories.operations.operation(view) is None


@pytest.mark.parametrize("decision", list(Decision))
def test_only_a_rejection_is_sent_without_a_version_if_the_settings_allow_it(
    system: System, decision: Decision
) -> None:
    handle_requests_with(system, replace(context_of(system), reject_without_version=True))
    record_state = store_disconnection_request(system, f"Unversioned {decision}")
    view = open_form(system, record_state, decision)
    submit_form(system, view, {"reason": "payment_reinstated"} if decision is Decision.REJECT else {})
    assert system.operation(view).unversioned is (decision is Decision.REJECT)
