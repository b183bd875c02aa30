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
    asked_to_disconnect,
    context_of,
    known,
    moves,
    presses,
    receives_with,
    table_cannot_submit,
    types,
    view_id,
    window,
)
from tests.system import ANA, BEN, GUS, System

PAST = date(2020, 1, 31)


SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


def button_of(record_state: RecordState, decision: Decision = Decision.APPROVE) -> dict[str, Any]:
    action = {Decision.APPROVE: Action.APPROVE, Decision.REJECT: Action.REJECT}[decision]
    return record_facts.record_button(action, record_state.record)


def opens(system: System, record_state: RecordState, decision: Decision = Decision.APPROVE, user: str = ANA) -> str:
    presses(system, button_of(record_state, decision), user)
    return view_id(system, user)


def ends_on(record_state: RecordState, day: str) -> dict[str, str]:
    return {f"end_date.{record_state.record.version}": day}


def ticked(record_state: RecordState) -> dict[str, str]:
    return {f"past.{record_state.record.version}": "yes"}


def wanted(system: System, view: str) -> DecisionRequest:
    request = system.operation(view).input
    assert isinstance(request, DecisionRequest)
    return request


def sends(system: System, view: str, fields: Any = (), user: str = ANA) -> Any:
    return system.slack.submit(user, view, dict(fields))


def of_this_view(record_state: RecordState, view: str, **values: dict[str, Any]) -> dict[str, Any]:
    """A handmade submission of this form, which may contain what Slack's client would refuse."""
    about = buttons.encode(buttons.ButtonValue(record_state.entity, record_state.record.version))
    state = {"values": {name: {name: value} for name, value in values.items()}}
    return {"id": view, "private_metadata": about, "state": state}


# ---------------------------------------------------------------- approving


def test_the_approval_says_what_will_happen_and_starts_from_noyos_day(system: System) -> None:
    opens(system, asked_to_disconnect(system, "Widgets R Us"))
    shown = window(system)
    assert "[[ Approve disconnection ]]" in shown
    assert "After 31 Dec 2026, or the day you choose instead, changes for Widgets R Us" in shown
    assert "no longer reach Guardian." in shown
    assert "[2026-12-31]" in shown
    assert "Source:** the carrier" in shown


def test_an_unchanged_end_date_is_not_sent(system: System) -> None:
    record_state = asked_to_disconnect(system, "Left Inc")
    view = opens(system, record_state)
    sends(system, view)
    assert wanted(system, view) == DecisionRequest(Decision.APPROVE)
    assert system.operation(view).shown_version == record_state.record.version
    assert "Sending: your approval for Left Inc · Guardian." in window(system)


def test_another_day_and_what_was_typed_are_sent(system: System) -> None:
    record_state = asked_to_disconnect(system, "Later Inc")
    view = opens(system, record_state)
    sends(system, view, {**ends_on(record_state, "2027-01-31"), "context": "They moved\nto another carrier."})
    assert wanted(system, view) == DecisionRequest(
        Decision.APPROVE, date(2027, 1, 31), context="They moved\nto another carrier."
    )


def test_where_noyo_has_no_day_one_must_be_chosen_and_is_sent(system: System) -> None:
    record_state = asked_to_disconnect(system, "Dayless Inc", effective_end_date=None)
    view = opens(system, record_state)
    assert "After the day you choose, changes for Dayless Inc" in window(system)
    assert sends(system, view).errors.keys() == ends_on(record_state, "").keys()
    answer = decide.APPROVE.submission(context_of(system, ANA), of_this_view(record_state, view))
    assert answer["errors"] == ends_on(record_state, "Choose the last day on which its coverage is managed.")
    sends(system, view, ends_on(record_state, "2026-12-31"))
    assert wanted(system, view).effective_end_date == date(2026, 12, 31)


def test_a_day_that_is_past_needs_a_tick_even_if_it_is_noyos(system: System) -> None:
    record_state = asked_to_disconnect(system, "Past Inc", effective_end_date=PAST)
    view = opens(system, record_state)
    found = sends(system, view).errors
    assert found == {
        f"past.{record_state.record.version}": "31 Jan 2020 is in the past. "
        "Choose another day, or select this to use it anyway."
    }
    assert view not in system.open_operations()
    sends(system, view, ticked(record_state))
    assert wanted(system, view) == DecisionRequest(Decision.APPROVE)


def test_today_is_a_day_of_the_business_and_not_of_utc(system: System) -> None:
    system.wait((26 * 3600 - system.clock() % 86400) % 86400)  # 02:00 in UTC is the day before in New York
    today = datetime.fromtimestamp(system.clock(), UTC).date() - timedelta(days=1)
    record_state = asked_to_disconnect(system, "Midnight Inc", effective_end_date=today)
    view = opens(system, record_state)
    assert sends(system, view).errors == {}
    yesterday = asked_to_disconnect(system, "Yesterday Inc", effective_end_date=today - timedelta(days=1))
    assert sends(system, opens(system, yesterday)).errors.keys() == ticked(yesterday).keys()


# ---------------------------------------------------------------- rejecting


def test_a_rejection_says_what_will_happen_and_needs_a_reason(system: System) -> None:
    record_state = asked_to_disconnect(system, "Kept Inc")
    view = opens(system, record_state, Decision.REJECT)
    assert "Kept Inc stays connected to Guardian, and this request is closed." in window(system)
    assert sends(system, view).errors.keys() == {"reason"}
    sends(system, view, {"reason": "Payment reinstated"})
    assert wanted(system, view) == DecisionRequest(Decision.REJECT, reason=DecisionReason.PAYMENT_REINSTATED)


def test_another_reason_must_be_said(system: System) -> None:
    record_state = asked_to_disconnect(system, "Other Inc")
    view = opens(system, record_state, Decision.REJECT)
    found = sends(system, view, {"reason": "other"}).errors
    assert found == {"context": "Enter the other reason."}
    sends(system, view, {"context": "They called us."})
    assert wanted(system, view).context == "They called us."


@pytest.mark.parametrize(
    ("context", "words"), [("x" * 501, "at most 500 characters; you entered 501"), ("a\u202eb", "hidden character")]
)
def test_an_invalid_context_shows_an_error_at_its_field(system: System, context: str, words: str) -> None:
    record_state = asked_to_disconnect(system, "Context Inc")
    view = opens(system, record_state, Decision.REJECT)
    submission = of_this_view(
        record_state, view, context={"value": context}, reason={"selected_option": {"value": "invented"}}
    )
    found = decide.REJECT.submission(context_of(system, ANA), submission)["errors"]
    assert words in found["context"]
    assert found["reason"] == "Choose why the group stays connected."


# ---------------------------------------------------------------- who was first, and what changed


def test_the_second_person_sees_who_decided_what_and_when(system: System) -> None:
    record_state = asked_to_disconnect(system, "Raced Inc")
    anas, bens = opens(system, record_state), opens(system, record_state, Decision.REJECT, BEN)
    sends(system, anas)
    sends(system, bens, {"reason": "other", "context": "No."}, BEN)
    shown = window(system, BEN)
    assert "[[ Already decided ]]" in shown
    assert "@Ana approved: sending." in shown
    assert "Asked for:**" in shown
    assert bens not in system.open_operations()
    presses(system, button_of(record_state), BEN)
    assert "@Ana approved: sending." in window(system, BEN)


def settles(system: System, record_state: RecordState, view: str, status: str) -> RecordState:
    """Noyo confirms the operation that was submitted from this window."""
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
    operations.settle(done, lease="l", change=None, events=(), audit=audit)
    return moves(system, record_state, status)


def test_a_decision_settled_meanwhile_shows_who_made_it_and_when(system: System) -> None:
    record_state = asked_to_disconnect(system, "Settled Inc")
    anas, bens = opens(system, record_state), opens(system, record_state, user=BEN)
    sends(system, anas)
    settles(system, record_state, anas, "processing")
    sends(system, bens, user=BEN)
    assert "[[ Already decided ]]" in window(system, BEN)
    assert "Settled Inc is now: **Processing**." in window(system, BEN)
    assert "Noyo confirmed @Ana's approval · " in window(system, BEN)
    assert "outside Switchboard" not in window(system, BEN)
    presses(system, button_of(record_state), BEN)
    assert "[[ Already decided ]]" in window(system, BEN)


def test_the_same_form_submitted_twice_is_one_decision(system: System) -> None:
    record_state = asked_to_disconnect(system, "Twice Inc")
    view = opens(system, record_state)
    reply = sends(system, view)
    assert system.slack.resend(ANA, reply).status == 200
    assert system.open_operations().count(view) == 1
    settles(system, record_state, view, "processing")
    answer = decide.APPROVE.submission(context_of(system, ANA), of_this_view(record_state, view))
    assert answer["view"]["title"]["text"] == "Already sent"


def test_what_changed_before_the_click_is_shown_old_beside_new(system: System) -> None:
    record_state = asked_to_disconnect(system, "Moved Inc")
    moves(system, record_state, "needs_review", effective_end_date=date(2026, 11, 30))
    presses(system, button_of(record_state))
    shown = window(system)
    assert "It changed after you opened it, so nothing was sent." in shown
    assert "You saw:** Needs review, last managed day 31 Dec 2026, changed" in shown
    assert "Now:** Needs review, last managed day 30 Nov 2026, changed" in shown


def test_what_changed_over_the_form_is_shown_and_asked_again_for_the_new_version(system: System) -> None:
    record_state = asked_to_disconnect(system, "Slow Inc")
    view = opens(system, record_state)
    now = moves(system, record_state, "needs_review", effective_end_date=date(2026, 11, 30))
    sends(system, view, {"context": "kept"})
    assert "last managed day 31 Dec 2026, changed" in window(system)
    assert "[kept]" in window(system)
    assert "[2026-11-30]" in window(system), "Noyo's new day, not the old one as if it had been chosen"
    assert view not in system.open_operations()
    sends(system, view)
    assert system.operation(view).shown_version == now.record.version
    assert wanted(system, view) == DecisionRequest(Decision.APPROVE, context="kept")


def test_a_tick_does_not_outlive_the_day_that_it_was_for(system: System) -> None:
    record_state = asked_to_disconnect(system, "Ticked Inc", effective_end_date=PAST)
    view = opens(system, record_state)
    moves(system, record_state, "needs_review", effective_end_date=date(2019, 1, 31))
    sends(system, view, ticked(record_state))
    assert "31 Jan 2019 is in the past" in next(iter(sends(system, view).errors.values()))


def test_what_was_decided_elsewhere_is_not_decided_again(system: System) -> None:
    record_state = asked_to_disconnect(system, "Elsewhere Inc")
    view = opens(system, record_state)
    moves(system, record_state, "rejected")
    sends(system, view)
    assert "[[ Already decided ]]" in window(system)
    assert "Decided outside Switchboard" in window(system)
    assert view not in system.open_operations()


# ---------------------------------------------------------------- rights, and bad input


def test_who_may_not_approve_gets_no_form_and_places_nothing_and_it_is_written_down(system: System) -> None:
    record_state = asked_to_disconnect(system, "Guarded Inc")
    presses(system, button_of(record_state), GUS)
    assert "Guests cannot do this" in window(system, GUS)
    view = opens(system, record_state)
    context = context_of(system, ANA)
    nobody = replace(
        context, deps=replace(context.deps, policy=replace(context.deps.policy, approvers=frozenset({BEN})))
    )
    answer = decide.APPROVE.submission(nobody, of_this_view(record_state, view))
    assert answer["response_action"] == "push"
    assert view not in system.open_operations()
    entries = system.bot.repositories.audit.entries(record_state.entity, limit=9)
    assert {(entry.actor, entry.action) for entry in entries} == {(GUS, "denied"), (ANA, "denied")}


@pytest.mark.parametrize(
    "metadata", ["", "{}", "null", '{"s":1,"o":"x"}', '{"s":1,"r":"pending_connection:a#b","v":"1"}']
)
def test_a_form_that_was_tampered_with_is_not_read(system: System, metadata: str) -> None:
    with pytest.raises(UnknownSchema, match="Nothing was sent to Noyo"):
        decide.APPROVE.submission(context_of(system, ANA), {"id": "V", "private_metadata": metadata})


def test_a_button_that_names_a_connection_or_nothing_known_decides_nothing(system: System) -> None:
    for entity, version in ((known(system, "No Request").entity, "v"), (None, "v")):
        named = entity or replace(asked_to_disconnect(system, "Gone").entity, key="0" * 8)
        presses(system, buttons.record_button(Action.APPROVE, named, version, name="it"))
        assert "Switchboard no longer has this request. Nothing was sent to Noyo." in window(system)


def test_with_the_table_down_the_form_keeps_what_was_typed(system: System) -> None:
    record_state = asked_to_disconnect(system, "Down Inc")
    view = opens(system, record_state)
    table_cannot_submit(system)
    sends(system, view, {"context": "kept"})
    assert "Your input is saved" in window(system)
    system.bot.__dict__.pop("slack_endpoint")
    system.slack.close_view(ANA, view_id(system))
    sends(system, view)
    assert wanted(system, view).context == "kept"


def test_hostile_names_are_data_in_the_form(system: System) -> None:
    record_state = asked_to_disconnect(system, "<!channel> *bold* 123-45-6789", source_id="<@U0EVIL>")
    opens(system, record_state)
    assert "123-45-6789" not in window(system)
    assert "<!channel>" in window(system), "as text"


# ---------------------------------------------------------------- commands


def test_approve_and_reject_by_name_open_the_form_of_the_one_that_waits(system: System) -> None:
    asked_to_disconnect(system, "Foxtrot Waits")
    asked_to_disconnect(system, "Foxtrot Done", "completed")
    known(system, "Foxtrot Connection")
    assert types(system, "approve Foxtrot").error is None
    assert "[[ Approve disconnection ]]" in window(system)
    assert "Foxtrot Waits" in window(system)
    types(system, "reject Foxtrot")
    assert "[[ Keep connected ]]" in window(system)


def test_where_several_or_none_wait_the_command_lists_them(system: System) -> None:
    asked_to_disconnect(system, "Golf One")
    asked_to_disconnect(system, "Golf Two")
    read = answer_text(system, types(system, "reject Golf"))
    assert "Several wait for a decision. Which one?" in read
    assert "Reject, Keep Connected…" in read
    known(system, "Hotel Connection")
    assert "None of these waits for a decision." in answer_text(system, types(system, "approve Hotel"))
    assert "Which request to disconnect? Type /noyo approve" in answer_text(system, types(system, "approve"))


@pytest.mark.parametrize("text", ["decisions", "approve India", "history India"])
def test_a_guest_sees_no_records(system: System, text: str) -> None:
    asked_to_disconnect(system, "India Inc")
    read = answer_text(system, types(system, text, GUS))
    assert "Guests cannot do this" in read
    assert "India Inc" not in read
    assert window(system, GUS) == ""


# ---------------------------------------------------------------- one's own, and without a version


def test_nobody_may_decide_on_their_own_request_and_the_denial_is_audited(system: System) -> None:
    shown = asked_to_disconnect(system, "Own Decision Inc")
    after = link_to_operation(shown, "V0", ANA, "Own Decision Inc")
    system.bot.repositories.records.write(RecordChange(shown.entity, shown, after, None))
    presses(system, button_of(shown))
    assert "You requested this yourself" in window(system)
    assert "These may: @Ben." in window(system)
    entries = system.bot.repositories.audit.entries(shown.entity, limit=9)
    assert ("denied", ANA) in [(entry.action, entry.actor) for entry in entries]
    opens(system, shown, user=BEN)
    assert "[[ Approve disconnection ]]" in window(system, BEN)


def test_a_form_opened_before_the_request_was_known_as_ones_own_is_refused(system: System) -> None:
    shown = asked_to_disconnect(system, "Own Later Inc")
    view = opens(system, shown)
    after = link_to_operation(shown, "V0", ANA, "Own Later Inc")
    system.bot.repositories.records.write(RecordChange(shown.entity, shown, after, None))
    sends(system, view)
    assert "You requested this yourself" in window(system)
    assert system.bot.repositories.operations.operation(view) is None


@pytest.mark.parametrize("decision", list(Decision))
def test_only_a_rejection_goes_without_a_version_where_the_settings_say_so(system: System, decision: Decision) -> None:
    receives_with(system, replace(context_of(system), reject_without_version=True))
    record_state = asked_to_disconnect(system, f"Unversioned {decision}")
    view = opens(system, record_state, decision)
    sends(system, view, {"reason": "payment_reinstated"} if decision is Decision.REJECT else {})
    assert system.operation(view).unversioned is (decision is Decision.REJECT)
