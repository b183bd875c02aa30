"""Everything that a message calls done is so at Noyo."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.slack.views.rich_text import date_text
from infra.local.noyo import Fault
from infra.local.slack import Message
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System, blocks_of

GROUP = "11111111-0000-4000-8000-000000000001"
OTHER_GROUP = "22222222-0000-4000-8000-000000000002"
OTHER_CARRIER = "aaaaaaaa-0000-4000-8000-00000000000a"


def request_disconnection(system: System, end: str = "2026-12-31") -> dict[str, Any]:
    """A carrier requests a disconnection, and its card is posted."""
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", effective_end_date=end
    )
    system.settle(30)
    return request


def card_with(system: System, channel: str, button: str) -> Message:
    return next(message for message in system.slack.channel(channel) if f'"{button}"' in blocks_of(message))


def decide(system: System, decision: str, end_date: str | None = None) -> None:
    system.slack.click(ANA, DECISIONS, card_with(system, DECISIONS, decision).ts, decision)
    view = system.slack.view_of(ANA)
    assert view is not None
    fields = [block["block_id"] for block in view.blocks if block["block_id"].startswith("end_date")]
    assert system.slack.submit(ANA, view.id, dict.fromkeys(fields, end_date) if end_date else {}).errors == {}


def test_a_success_is_compared_with_what_was_wanted(system: System) -> None:
    """Noyo answers an approval with 200 and the unchanged record: nothing is confirmed, and a person decides."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=200, body=request))
    decide(system, "approve")
    system.settle(300)

    assert len(system.writes()) == 1
    seen = "".join(map(system.read_channel, (ALERTS, CONNECTIONS, DECISIONS)))
    assert "Noyo confirmed" not in seen
    assert "Noyo answered with success and a record that has the status Needs review" in system.read_channel(ALERTS)
    assert "Needs review" in system.slack.render(card_with(system, ALERTS, "resolve_send_again"))


def test_an_approval_answered_with_a_version_of_before_is_not_confirmed(system: System) -> None:
    """The request was approved at Noyo, needed review again at once, and Noyo answers with what it was in between."""
    request = request_disconnection(system)
    early = system.noyo.move_disconnection(request["id"], "processing")
    system.settle(30)
    system.noyo.move_disconnection(request["id"], "needs_review")
    system.settle(30)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=200, body=early))
    decide(system, "approve")
    system.settle(300)

    assert system.noyo.disconnection(request["id"])["status"] == "needs_review"
    assert "Noyo confirmed @Ana's approval" not in system.read_channel(DECISIONS)
    assert "a record that has not changed" in system.read_channel(ALERTS)


def test_a_retry_answered_with_an_unknown_version_of_a_day_ago_is_not_confirmed(system: System) -> None:
    record = system.noyo.add_connection(group_name="Failed Company", status="created")
    early = system.noyo.move_connection(record["id"], "processing")
    system.wait(60)
    system.noyo.move_connection(record["id"], "unable_to_connect", error="No")
    system.settle(10)
    system.wait(86_400)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=200, body=early))
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.settle(300)

    assert system.noyo.connection(record["id"])["status"] == "unable_to_connect"
    assert "Noyo confirmed" not in system.read_channel(CONNECTIONS)


def test_a_question_about_an_unclear_approval_shows_what_noyo_has_now(system: System) -> None:
    """The alert that asks a person what happened follows each change of the record."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=200, body=request))
    decide(system, "approve")
    system.settle(300)
    assert "unchanged since the request" in system.slack.render(card_with(system, ALERTS, "resolve_send_again"))

    system.noyo.move_disconnection(str(request["id"]), "needs_review", effective_end_date="2027-01-31")
    system.settle(60)
    text = system.slack.render(card_with(system, ALERTS, "resolve_send_again"))
    assert "Last managed day:** 31 Jan 2027" in text
    assert ", changed since the request" in text


def test_a_success_about_another_group_is_not_ours(system: System) -> None:
    other = system.noyo.add_connection(carrier_id=GUARDIAN, carrier_group_id="99", group_name="Other", status="created")
    system.noyo.faults.add(Fault("false_answer", method="POST", status=201, body=other))
    system.request_connection()
    system.settle(300)

    assert len(system.writes()) == 1
    seen = system.read_channel(ALERTS)
    assert "Noyo answered with success and a record that has the carrier group id 99" in seen
    assert "Noyo confirmed" not in system.read_channel(CONNECTIONS)


def test_a_second_request_with_the_same_id_in_other_letter_case_is_stopped(system: System) -> None:
    """Noyo may ignore the case, and then could not tell whose request it received."""
    system.noyo.faults.add(Fault("reset_after", method="POST"))
    system.request_connection(ANA, carrier_group_id="abc-1")
    again = system.request_connection(BEN, carrier_group_id="ABC-1")
    system.settle(120)

    assert "already requested with carrier group id abc-1" in again.errors["carrier_group_id"]
    assert [each["group_data"]["carrier_group_id"] for each in system.noyo.connections()] == ["abc-1"]
    assert len(system.writes()) == 1
    seen = system.read_channel(CONNECTIONS)
    assert "Noyo shows that @Ana's request arrived" in seen
    assert "@Ben" not in seen


def test_the_connection_in_noyos_answer_is_the_requested_one_without_the_zeros_of_its_id(system: System) -> None:
    """An id loses its leading zeros where it is stored as a number. The request's card continues."""
    created = system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="110011", group_name="Test Company", status="created"
    )
    system.noyo.faults.add(Fault("false_answer", method="POST", status=201, body=created))
    system.request_connection(carrier_group_id="00110011")
    system.settle(60)

    [card] = system.slack.channel(CONNECTIONS)
    text = system.slack.render(card)
    assert "Carrier group id:** 110011" in text
    assert "Requested by:** @Ana" in text
    assert "Noyo confirmed @Ana's request" in system.slack.render(card.thread[-1])


def test_an_answer_that_cannot_be_read_is_not_called_no_answer(system: System) -> None:
    system.noyo.faults.add(Fault("garbage", method="POST"))
    system.request_connection()
    system.settle(120)

    seen = system.read_channel(CONNECTIONS)
    assert "Noyo's answer could not be read, but Noyo shows that @Ana's request arrived" in seen
    assert "did not answer" not in seen


def test_a_refusal_of_what_took_effect_is_not_called_no_answer(system: System) -> None:
    """Noyo processes the approval and answers with a conflict."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("false_answer_after", method="PUT", status=409, body={"message": "conflict"}))
    decide(system, "approve")
    system.settle(120)

    assert system.noyo.disconnection(str(request["id"]))["status"] == "processing"
    seen = system.read_channel(DECISIONS)
    assert "Noyo refused it, but it was approved at Noyo" in seen
    assert "did not answer" not in seen


def test_a_refusal_is_not_called_no_answer_while_it_is_being_checked(system: System) -> None:
    """Noyo answers with a conflict, and then not at all."""
    request_disconnection(system)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=409, body={"message": "conflict"}))
    decide(system, "approve")
    system.noyo.faults.add(Fault("reset_before", method="GET", times=None, skip=1))
    system.execute_due()
    system.notify()

    seen = system.read_channel(DECISIONS)
    assert "Noyo refused it; checking whether it arrived" in seen
    assert "did not answer" not in seen


def test_a_conflict_about_a_retry_is_shown_in_noyos_words(system: System) -> None:
    """The carrier group id is unchanged, so no other connection can have it."""
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=409, body={"message": "Carrier maintenance"}))
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.settle(60)

    assert "Noyo refused @Ana's retry: Carrier maintenance" in system.read_channel(CONNECTIONS)
    seen = "".join(map(system.slack.render, system.slack.direct_messages(ANA))) + modal(system)
    assert "Carrier maintenance" in seen
    assert "already" not in system.read_channel(CONNECTIONS) + seen
    assert len(system.writes()) == 1


def connected(system: System, **fields: Any) -> dict[str, Any]:
    """A completed connection of the group, and its card."""
    given = {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company", "carrier_group_id": "00110011"}
    connection = system.noyo.add_connection(status="completed", **(given | fields))
    system.settle(30)
    return connection


DISCONNECT_FORM = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Test Company"}


def ask_to_disconnect(system: System) -> None:
    """Ana asks to disconnect the group, and the request waits for a second approver."""
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect test")
    form = system.slack.view_of(ANA)
    assert form is not None
    assert system.slack.submit(ANA, form.id, DISCONNECT_FORM).errors == {}
    system.settle(30)


def confirm(system: System) -> None:
    """Ben confirms Ana's request."""
    card = card_with(system, DECISIONS, "confirm_disconnection")
    system.slack.click(BEN, DECISIONS, card.ts, "confirm_disconnection")
    view = system.slack.view_of(BEN)
    assert view is not None
    assert system.slack.submit(BEN, view.id, {}).errors == {}


def typed(system: System, words: str) -> str:
    return "\n".join(map(system.slack.render, system.slack.command(ANA, CONNECTIONS, "/noyo", words).messages))


def modal(system: System) -> str:
    view = system.slack.view_of(ANA)
    assert view is not None
    return system.slack.render(view)


def test_a_connection_that_is_being_disconnected_is_not_called_connected(system: System) -> None:
    """Its card follows the request: waiting, approved, done."""
    connection = connected(system)
    request = request_disconnection(system)
    [card] = system.slack.channel(CONNECTIONS)
    assert "Status:** Completed" in system.slack.render(card)
    assert "Disconnection request:** Needs review, last managed day 31 Dec 2026 · " in system.slack.render(card)
    assert "Open the card" in blocks_of(card)
    assert '"disconnect"' in blocks_of(card)

    decide(system, "approve")
    system.settle(30)
    text = system.slack.render(system.slack.channel(CONNECTIONS)[0])
    assert "Status:** Disconnecting after 31 Dec 2026" in text
    assert "Noyo is disconnecting the group." in text
    assert "The group is connected." not in text
    assert '"disconnect"' not in blocks_of(system.slack.channel(CONNECTIONS)[0])
    assert "Connection · Guardian: **Disconnecting after 31 Dec 2026**" in typed(system, "status test")
    assert "Status: Disconnecting after 31 Dec 2026" in typed(system, f"history {connection['id']}").replace("**", "")

    system.noyo.move_disconnection(request["id"], "completed")
    system.settle(30)
    [card] = system.slack.channel(CONNECTIONS)
    assert "**Disconnected**, last managed day 31 Dec 2026" in system.slack.render(card)
    assert "The request disconnected the group." in system.slack.render(card)
    assert '"disconnect"' not in blocks_of(card)
    assert "**Disconnected**, last managed day 31 Dec 2026" in typed(system, f"status {connection['id']}")
    system.slack.click(ANA, CONNECTIONS, card.ts, "details")
    assert "Disconnected" in modal(system)


def test_a_connection_that_is_being_disconnected_cannot_be_disconnected_again(system: System) -> None:
    connected(system)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect test")
    form = system.slack.view_of(ANA)
    assert form is not None
    request = request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "processing")
    system.settle(30)

    system.slack.submit(ANA, form.id, DISCONNECT_FORM)
    assert "Test Company is now: **Disconnecting after 31 Dec 2026**." in modal(system)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect test")
    assert "Test Company is now: **Disconnecting after 31 Dec 2026**." in modal(system)
    assert "A disconnection request already ends this connection. Its card is in #decisions." in modal(system)
    assert system.writes() == []
    assert system.open_operations() == []


def test_a_second_approver_sees_that_the_connection_is_being_disconnected_already(system: System) -> None:
    connected(system)
    ask_to_disconnect(system)
    card = card_with(system, DECISIONS, "confirm_disconnection")
    system.noyo.move_disconnection(request_disconnection(system)["id"], "completed")
    system.settle(30)

    system.slack.click(BEN, DECISIONS, card.ts, "confirm_disconnection")
    view = system.slack.view_of(BEN)
    assert view is not None
    shown = system.slack.render(view)
    assert "The connection is now: **Disconnected**, last managed day 31 Dec 2026." in shown
    assert system.writes() == []


def opens_confirmation(system: System) -> str:
    card = card_with(system, DECISIONS, "confirm_disconnection")
    system.slack.click(BEN, DECISIONS, card.ts, "confirm_disconnection")
    view = system.slack.view_of(BEN)
    assert view is not None
    return system.slack.render(view)


def test_a_second_approver_sees_that_the_group_was_renamed(system: System) -> None:
    connection = connected(system)
    ask_to_disconnect(system)
    assert "Renamed" not in opens_confirmation(system)
    system.noyo.move_connection(connection["id"], "completed", group_name="Renamed Inc")
    system.settle(30)

    assert "Renamed to:** Renamed Inc" in opens_confirmation(system)


def test_a_second_approver_cannot_confirm_for_a_connection_that_moved_to_another_group(system: System) -> None:
    connection = connected(system)
    ask_to_disconnect(system)
    system.noyo.move_connection(connection["id"], "completed", group_id=OTHER_GROUP, group_name="Other Inc")
    system.settle(30)

    shown = opens_confirmation(system)
    assert "The connection now belongs to Other Inc · Guardian." in shown
    assert "[Confirm Disconnection]" not in shown


def test_a_disconnection_of_a_connection_that_moves_before_it_is_sent_does_not_name_its_status(system: System) -> None:
    connection = connected(system)
    ask_to_disconnect(system)
    confirm(system)
    system.noyo.move_connection(connection["id"], "completed", group_id=OTHER_GROUP, group_name="Other Inc")
    system.settle(30)

    assert system.writes() == []
    seen = system.read_channel(DECISIONS)
    assert "Not sent: the connection changed at Noyo before @Ana's disconnection request was sent" in seen
    assert "Its status is now" not in seen


def test_a_disconnection_that_noyo_completes_during_a_pause_is_not_requested_again(system: System) -> None:
    """Noyo still shows the connection as completed. The confirmed request waits for the end of the pause."""
    connected(system)
    ask_to_disconnect(system)
    typed(system, "pause maintenance")
    confirm(system)
    system.settle(30)
    system.noyo.move_disconnection(request_disconnection(system)["id"], "completed")
    system.settle(30)
    typed(system, "resume")
    system.settle(120)

    assert system.writes() == []
    assert "Noyo already has one for this group and carrier" in system.read_channel(DECISIONS)
    assert "Otherwise, Noyo is processing it, or has completed it." in system.read_channel(DECISIONS)
    assert "**Disconnected**, last managed day 31 Dec 2026" in system.read_channel(CONNECTIONS)


def test_a_requested_disconnection_that_needs_review_is_not_called_under_way(system: System) -> None:
    connected(system)
    ask_to_disconnect(system)
    now = int(system.clock())
    answer = {"id": OTHER_GROUP, "version": OTHER_CARRIER, "created": now, "modified": now, "status": "needs_review"}
    answer |= {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company", "source_type": "platform"}
    system.noyo.faults.add(Fault("false_answer", method="POST", status=201, body=answer))
    confirm(system)
    system.settle(60)

    replies = [*system.slack.direct_messages(ANA), system.slack.view_of(ANA), system.slack.view_of(BEN)]
    shown = [system.slack.render(reply) for reply in replies if reply is not None]
    assert sum("Noyo accepted the request" in text for text in shown) == 2, "for each of the two people"
    assert not any("is disconnecting the group" in text for text in shown)


def test_only_the_request_that_counts_changes_what_a_connection_shows(system: System) -> None:
    """A request that was rejected, for another carrier, or completed before the connection was created, does not."""
    request = request_disconnection(system, end="2026-09-25")
    system.noyo.move_disconnection(request["id"], "completed")
    system.settle(30)
    connected(system)
    for status, fields in (("rejected", {}), ("completed", {"carrier_id": OTHER_CARRIER})):
        given = {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company"} | fields
        system.noyo.move_disconnection(system.noyo.carrier_requests_disconnection(**given)["id"], status)
    system.settle(30)

    [card] = system.slack.channel(CONNECTIONS)
    text = system.slack.render(card)
    assert "Status:** Completed" in text
    assert "The group is connected." in text
    assert "Disconnection request" not in text
    assert '"disconnect"' in blocks_of(card)


def test_a_request_in_an_unknown_status_is_shown_on_its_connection_which_is_not_called_connected(
    system: System,
) -> None:
    """Noyo introduces a status later. Nobody knows whether it ends the connection."""
    connected(system)
    request = request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "carrier_review")
    system.settle(30)
    request_disconnection(system, end="2027-01-31")

    [card] = system.slack.channel(CONNECTIONS)
    text = system.slack.render(card)
    assert "Disconnection request:** carrier_review, last managed day 31 Dec 2026" in text
    assert "Unknown status of the disconnection request. If it stays, ask Noyo what it means." in text
    assert "The group is connected." not in text
    assert '"disconnect"' not in blocks_of(card)
    assert "**Completed**, disconnection request: carrier_review" in typed(system, "status test")
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect test")
    assert "A disconnection request may already end this connection." in modal(system)


@pytest.mark.parametrize("kind", ["connection", "disconnection"])
def test_an_alert_does_not_say_that_an_unknown_status_needs_no_action(system: System, kind: str) -> None:
    if kind == "connection":
        record = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
        system.settle(30)
        system.noyo.move_connection(record["id"], "carrier_rejected")
    else:
        record = request_disconnection(system, day_in(system, 60))
        move_end_date(system, record, day_in(system, 7))
        system.noyo.move_disconnection(record["id"], "carrier_rejected")
    system.settle(30)

    text = system.read_channel(ALERTS if kind == "connection" else DECISIONS)
    assert "Changed since this alert" in text
    assert "Changed to carrier_rejected" in text
    assert "Unknown status. If it stays, ask Noyo what it means." in text
    assert "No longer needs action" not in text
    assert "No action needed" not in text


def test_a_connection_that_noyo_completes_again_after_its_disconnection_is_connected(system: System) -> None:
    connection, request = connected(system), request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "completed")
    system.settle(60)
    system.noyo.move_connection(connection["id"], "completed", group_name="Renamed Inc")
    system.settle(60)
    assert "The request disconnected the group." in system.slack.render(system.slack.channel(CONNECTIONS)[0])

    for status in ("processing", "completed"):
        system.noyo.move_connection(connection["id"], status)
        system.settle(60)
    [card] = system.slack.channel(CONNECTIONS)
    assert "The group is connected." in system.slack.render(card)
    assert '"disconnect"' in blocks_of(card)


def test_a_completed_request_that_changes_later_does_not_end_a_newer_connection(system: System) -> None:
    """Noyo does not say when it completed the request."""
    first, request = connected(system), request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "completed", completed=None)
    system.settle(60)
    system.noyo.remove(first["id"])
    newer = connected(system)
    system.noyo.move_disconnection(request["id"], "completed", completed=None, source_id=OTHER_GROUP)
    system.settle(60)

    [card] = [card for card in system.slack.channel(CONNECTIONS) if newer["id"] in blocks_of(card)]
    assert "The group is connected." in system.slack.render(card)


def completed_request(system: System) -> None:
    """A carrier's request that Noyo completes before we read it. Noyo leaves the group out of it from then on."""
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", effective_end_date="2026-12-31"
    )
    system.noyo.move_disconnection(request["id"], "completed")


def test_a_request_that_is_first_seen_as_completed_ends_the_connection_of_its_group_only(system: System) -> None:
    connected(system)
    connected(system, group_id=OTHER_GROUP, carrier_group_id="00220022")
    completed_request(system)
    system.settle(60)

    cards = list(map(system.slack.render, system.slack.channel(CONNECTIONS)))
    [of_the_group] = [card for card in cards if "00110011" in card]
    assert "**Disconnected**, last managed day 31 Dec 2026" in of_the_group
    assert "The request disconnected the group." in of_the_group
    [of_its_namesake] = [card for card in cards if "00220022" in card]
    assert "The group is connected." in of_its_namesake


def test_a_completed_request_ends_the_connection_once_noyo_says_whose_it_is(system: System) -> None:
    connected(system)
    completed_request(system)
    system.noyo.faults.add(Fault("error_before", path_contains="group_disconnection_requests", skip=1, times=3))
    system.settle(120)
    assert system.noyo.faults.pending() == []
    assert "The request disconnected the group." in system.slack.render(system.slack.channel(CONNECTIONS)[0])


def completed_own_request(system: System, **fields: str) -> None:
    """Our request gets no answer, and Noyo completes it, with these fields, before we read it."""
    connected(system)
    ask_to_disconnect(system)
    system.noyo.faults.add(Fault("reset_after", method="POST"))
    confirm(system)
    system.execute_due()
    [created] = system.noyo.disconnections()
    system.noyo.move_disconnection(created["id"], "completed", **fields)
    system.settle(300)


def test_our_own_request_that_noyo_completes_before_we_read_it_has_one_card(system: System) -> None:
    completed_own_request(system)

    assert len(system.writes()) == 1
    [card] = system.slack.channel(DECISIONS)
    assert "Requested by:** @Ana" in system.slack.render(card)
    assert "The request disconnected the group." in system.slack.render(system.slack.channel(CONNECTIONS)[0])


def test_our_own_completed_request_ends_the_connection_under_another_name(system: System) -> None:
    """Only the request that we sent says which group it is."""
    completed_own_request(system, group_name="Renamed Company")

    assert "arrived" in system.read_channel(DECISIONS)
    [card] = system.slack.channel(CONNECTIONS)
    assert "The request disconnected the group." in system.slack.render(card)
    assert '"disconnect"' not in blocks_of(card)


def test_a_request_that_moves_to_another_group_does_not_end_the_connection_of_the_first(system: System) -> None:
    connected(system)
    request = request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "processing")
    system.settle(60)
    assert "Disconnecting after" in system.slack.render(system.slack.channel(CONNECTIONS)[0])

    system.noyo.move_disconnection(request["id"], "processing", group_id=OTHER_GROUP, group_name="Other Inc")
    system.settle(60)
    [card] = system.slack.channel(CONNECTIONS)
    assert "Status:** Completed" in system.slack.render(card)
    assert "The group is connected." in system.slack.render(card)
    assert '"disconnect"' in blocks_of(card)


def test_a_waiting_request_does_not_show_a_connection_that_moved_to_another_group(system: System) -> None:
    connection = connected(system)
    request_disconnection(system)
    assert "Connection to disconnect:** Completed" in system.slack.render(system.slack.channel(DECISIONS)[0])

    system.noyo.move_connection(connection["id"], "completed", group_id=OTHER_GROUP, group_name="Other Inc")
    system.settle(60)
    assert "Connection to disconnect" not in system.slack.render(system.slack.channel(DECISIONS)[0])


def test_what_is_said_about_a_request_says_nothing_about_other_requests_for_its_group(system: System) -> None:
    """One is withdrawn and one was rejected, while a third has disconnected the group."""
    connected(system)
    ask_to_disconnect(system)
    withdrawn = card_with(system, DECISIONS, "withdraw_disconnection")
    rejected, completed = request_disconnection(system), request_disconnection(system)
    system.noyo.move_disconnection(rejected["id"], "rejected")
    system.noyo.move_disconnection(completed["id"], "completed")
    system.settle(30)
    assert "Disconnected" in system.slack.render(system.slack.channel(CONNECTIONS)[0])

    assert "The request does not disconnect the group." in typed(system, f"status {rejected['id']}")
    system.slack.click(ANA, DECISIONS, withdrawn.ts, "withdraw_disconnection")
    assert "The request is withdrawn. Nothing was sent to Noyo." in modal(system)
    assert "stays connected" not in modal(system) + typed(system, f"status {rejected['id']}")


def test_a_completed_request_does_not_say_that_a_group_that_is_connected_again_is_not(system: System) -> None:
    first, request = connected(system), request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "completed")
    system.settle(60)
    system.noyo.remove(first["id"])
    system.wait(60)
    connected(system)

    assert "The group is connected." in system.read_channel(CONNECTIONS)
    shown = typed(system, f"status {request['id']}")
    assert "The request disconnected the group." in shown
    assert "no longer connected" not in shown


def test_a_list_says_which_row_is_a_connection_and_which_a_disconnection_request(system: System) -> None:
    connected(system)
    request = request_disconnection(system)
    text = typed(system, "status test")
    assert "Connection · Guardian: **Completed**" in text
    assert "Disconnection request · Guardian: **Needs review**" in text

    system.noyo.move_disconnection(request["id"], "rejected")
    system.settle(30)
    text = typed(system, "history test")
    assert "Guardian · Noyo: Completed" in text
    assert "Guardian, disconnection request · Noyo: Rejected" in text


def test_the_id_of_a_disconnection_request_that_is_not_known_yet_is_found_at_noyo(system: System) -> None:
    """Somebody types it before the next poll; the id alone does not say what it is."""
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", effective_end_date="2026-12-31"
    )
    assert "I am asking Noyo" in typed(system, f"status {request['id']}")
    system.execute_due()
    system.notify()

    [answer] = system.slack.direct_messages(ANA)
    text = system.slack.render(answer)
    assert "Refreshed from Noyo." in text
    assert "Disconnection request:** Test Company · Guardian" in text
    assert "could not find" not in text
    assert "Test Company" in system.read_channel(DECISIONS)


def test_each_pause_of_one_second_has_its_own_notice(system: System) -> None:
    for words in ("pause first reason", "resume", "pause second reason"):
        typed(system, words)
    system.settle(30)

    notices = [text for text in map(system.slack.render, system.slack.channel(ALERTS)) if "Sending to Noyo" in text]
    assert len(notices) == 2
    assert "Sending to Noyo resumed" in notices[0]
    assert "Sending to Noyo is paused" in notices[1]
    assert "**Reason:** second reason" in notices[1]
    assert "second reason" in typed(system, "status")


def unclear_retry(system: System, *, times: int = 1) -> dict[str, Any]:
    """Ana's retry gets no answer, and Noyo shows no effect: an alert asks whether it arrived.

    `times`: how many calls fail, this one included.
    """
    record = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    system.noyo.faults.add(Fault("reset_before", method="PUT", times=times))
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.settle(150)
    return record


def test_what_is_sent_again_during_a_pause_is_not_called_sending(system: System) -> None:
    unclear_retry(system)
    typed(system, "pause maintenance")
    system.slack.click(ANA, ALERTS, card_with(system, ALERTS, "resolve_send_again").ts, "resolve_send_again")
    system.notify()

    waiting = "waiting while sending is paused. @Ana paused sending to Noyo"
    [card] = system.slack.channel(CONNECTIONS)
    for text in (modal(system), system.slack.render(card), system.slack.render(system.slack.channel(ALERTS)[-2])):
        assert waiting in text
        assert "sending." not in text
        assert "Sending it again" not in text
    assert "Waiting while sending is paused: @Ana's retry" in system.slack.render(card.thread[-1])
    assert len(system.writes()) == 1

    typed(system, "resume")
    system.settle(60)
    assert len(system.writes()) == 2
    assert "Noyo confirmed @Ana's retry" in system.read_channel(CONNECTIONS)


@pytest.mark.parametrize("button", ["resolve_close", "resolve_arrived"])
def test_a_resolved_question_about_a_failed_connection_does_not_say_that_nothing_is_needed(
    system: System, button: str
) -> None:
    unclear_retry(system)
    question = card_with(system, ALERTS, button)
    system.slack.click(ANA, ALERTS, question.ts, button)
    system.settle(60)

    [resolved] = [message for message in system.slack.channel(ALERTS) if message.ts == question.ts]
    text = system.slack.render(resolved)
    assert "Resolved: Failed Company" in text
    assert "No action needed" not in text
    assert "Open the card" in text
    assert '"retry"' in blocks_of(system.slack.channel(CONNECTIONS)[0])


def test_status_lists_a_connection_with_an_unclear_retry_once_and_without_a_button(system: System) -> None:
    unclear_retry(system)
    text = typed(system, "status")
    assert "Needs our action: 1." in text
    assert text.count("Failed Company") == 1
    assert "@Ana asked to retry with the same carrier group id: needs your review: did it arrive?" in text
    assert "[Retry…]" not in text

    system.slack.click(ANA, ALERTS, card_with(system, ALERTS, "resolve_close").ts, "resolve_close")
    text = typed(system, "status")
    assert "Needs our action: 1." in text
    assert "[Retry…]" in text


def test_status_names_a_disconnection_for_as_long_as_it_waits_for_a_person(system: System) -> None:
    connected(system)
    ask_to_disconnect(system)
    text = typed(system, "status")
    assert "Needs our action: 1." in text
    assert "Test Company · Guardian" in text
    assert "waiting for a second approver" in text
    assert "[Confirm Disconnection…]" in text

    system.noyo.faults.add(Fault("reset_before", method="POST"))
    confirm(system)
    system.settle(200)
    text = typed(system, "status")
    assert "Needs our action: 1." in text
    assert "needs your review: did it arrive?\nAnswer the question in #alerts." in text
    assert "[Confirm Disconnection…]" not in text

    system.slack.click(BEN, ALERTS, card_with(system, ALERTS, "resolve_close").ts, "resolve_close")
    assert "Nothing needs our action." in typed(system, "status")


def test_observe_only_mode_says_which_buttons_have_no_effect() -> None:
    with System(APPROVERS=f"{ANA},{BEN}", ADMINS=ANA, MODE="observe") as system:
        system.settle(10)
        request_disconnection(system)
        card = card_with(system, DECISIONS, "claim")
        system.slack.click(ANA, DECISIONS, card.ts, "claim")
        system.slack.click(ANA, DECISIONS, card.ts, "approve")
        system.settle(30)

        text = system.slack.render(card_with(system, DECISIONS, "claim"))
        assert "Switchboard sends nothing to Noyo. Buttons that would send something have no effect." in text
        assert "Claimed by:** @Ana" in text
        assert "is in observe-only mode and sends nothing to Noyo" in modal(system)
        assert system.writes() == []


# ---------------------------------------------------------------- changes that keep the status


def day_in(system: System, days: int) -> str:
    return (system.bot.repositories.today() + timedelta(days=days)).isoformat()


def date_shown(day: str) -> str:
    """The date as messages show it."""
    return date_text(date.fromisoformat(day))


def move_end_date(system: System, request: dict[str, Any], end: str) -> None:
    system.noyo.move_disconnection(str(request["id"]), "needs_review", effective_end_date=end)
    system.settle(60)


def alerts_about_the_end_date(system: System) -> list[Message]:
    shown = "Last managed day changed"
    return [message for message in system.slack.channel(DECISIONS) if shown in system.slack.render(message)]


def test_a_last_managed_day_that_moves_closer_is_shown_old_and_new_and_mentions_the_approvers(system: System) -> None:
    request = request_disconnection(system, far := day_in(system, 60))
    move_end_date(system, request, near := day_in(system, 7))

    card = system.slack.channel(DECISIONS)[0]
    assert f"{date_shown(far)} → {date_shown(near)}" in system.slack.render(card.thread[-1])
    [alert] = alerts_about_the_end_date(system)
    text = system.slack.render(alert)
    assert "ends in 7 days" in text
    assert date_shown(far) in text
    assert set(system.slack.mentions(alert)) == {"@Ana", "@Ben"}
    assert '"approve"' in blocks_of(alert)


def test_each_move_of_the_last_managed_day_has_one_alert_and_only_the_newest_offers_decisions(system: System) -> None:
    request = request_disconnection(system, day_in(system, 60))
    move_end_date(system, request, day_in(system, 50))
    [first] = alerts_about_the_end_date(system)
    assert system.slack.mentions(first) == [], "no reminder's day has come"
    move_end_date(system, request, day_in(system, 50))
    assert len(alerts_about_the_end_date(system)) == 1, "another version with the same day"

    move_end_date(system, request, day_in(system, 7))

    [second] = alerts_about_the_end_date(system)
    assert second.ts != first.ts
    assert len(system.slack.channel(DECISIONS)) == 3
    assert "Changed since this alert" in system.slack.render(
        next(message for message in system.slack.channel(DECISIONS) if message.ts == first.ts)
    )


def test_every_changed_field_of_a_connection_is_shown_in_its_thread(system: System) -> None:
    connection = system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="1001", group_name="Test Company", status="created"
    )
    system.settle(30)
    system.noyo.move_connection(
        str(connection["id"]), "waiting_on_carrier", error="Group 1001 of 123-45-6789 is unknown"
    )
    system.settle(30)
    system.noyo.move_connection(
        str(connection["id"]),
        "waiting_on_carrier",
        error="Still being processed",
        carrier_group_id="1002",
        group_name="Best Company",
    )
    system.settle(30)
    system.noyo.move_connection(
        str(connection["id"]),
        "waiting_on_carrier",
        error="Still being processed",
        carrier_group_id="1002",
        group_name="Best Company",
    )
    system.settle(30)

    *_, first, second, third = system.slack.channel(CONNECTIONS)[0].thread
    assert "Message from the carrier:** none → Group 1001 of ••• is unknown" in system.slack.render(first)
    text = system.slack.render(second)
    assert "Group:** Test Company → Best Company" in text
    assert "Carrier group id:** 1001 → 1002" in text
    assert "Message from the carrier:** Group 1001 of ••• is unknown → Still being processed" in text
    assert "still **Waiting on the carrier**; nothing that is shown here changed" in system.slack.render(third)


# ---------------------------------------------------------------- an attempt after an earlier one


def approval_without_answer(system: System) -> dict[str, Any]:
    """An approval that may have arrived, and that Noyo does not show."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("reset_before", method="PUT"))
    decide(system, "approve")
    system.execute_due()
    return request


def test_an_approval_that_may_have_arrived_before_the_record_changed_is_not_called_unsent(system: System) -> None:
    request = approval_without_answer(system)
    system.noyo.move_disconnection(str(request["id"]), "needs_review", effective_end_date="2027-01-31")
    system.settle(300)

    assert len(system.writes()) == 1
    [answer] = map(system.slack.render, system.slack.direct_messages(ANA))
    assert "Not sent again" in answer
    assert "The request changed at Noyo and shows no effect of your approval." in answer
    assert "approval will not be sent again: it had changed at Noyo" in typed(system, f"history {request['id']}")


def test_an_approval_that_a_pause_defers_after_an_attempt_is_not_called_unsent(system: System) -> None:
    approval_without_answer(system)
    typed(system, "pause maintenance")
    system.settle(200)

    assert len(system.writes()) == 1
    assert "Paused, not sent again" in modal(system)
    assert "approval is deferred, not sent again yet" in typed(system, "history Test")


def test_a_disconnection_of_which_noyo_has_an_earlier_attempt_is_not_called_unsent(system: System) -> None:
    """It arrived with another last managed day, so Noyo does not clearly show it, and a person sends it again."""
    connection = connected(system)
    ask_to_disconnect(system)
    system.noyo.faults.add(Fault("reset_after", method="POST"))
    confirm(system)
    system.execute_due()
    [request] = system.noyo.disconnections()
    system.noyo.move_disconnection(request["id"], "processing", effective_end_date="2027-01-01")
    system.settle(200)
    system.slack.click(ANA, ALERTS, card_with(system, ALERTS, "resolve_send_again").ts, "resolve_send_again")
    system.settle(60)

    assert len(system.noyo.disconnections()) == 1
    not_again = "will not be sent again: Noyo already has one"
    assert f"{not_again} for this group and carrier, perhaps from an earlier attempt" in system.read_channel(DECISIONS)
    answers = "".join(map(system.slack.render, system.slack.direct_messages(ANA)))
    assert "It may come from an earlier attempt." in answers
    assert f"request to disconnect {not_again}" in typed(system, f"history {connection['id']}")


def test_the_thread_names_the_person_who_chose_to_send_it_again(system: System) -> None:
    unclear_retry(system)
    system.slack.click(BEN, ALERTS, card_with(system, ALERTS, "resolve_send_again").ts, "resolve_send_again")
    system.settle(60)

    assert "@Ben chose Send Again for @Ana's retry" in system.read_channel(CONNECTIONS)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("too_many", method="PUT"), "Noyo is busy (429) and did not process this"),
        (
            Fault("garbage", method="GET", path_contains="/group_connections/"),
            "Noyo's records must be read first. Noyo's",
        ),
    ],
)
def test_the_thread_and_the_history_say_why_a_retry_is_delayed(system: System, fault: Fault, reason: str) -> None:
    record = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    system.noyo.faults.add(fault)
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.settle(90)

    assert f"@Ana's retry is delayed. {reason}" in system.read_channel(CONNECTIONS)
    assert f"retry is delayed: {reason}" in typed(system, f"history {record['id']}")


def test_the_thread_says_that_noyo_shows_no_effect_of_what_is_sent_again(system: System) -> None:
    system.noyo.faults.add(Fault("garbage", method="POST"))
    system.request_connection()
    system.execute_due()
    [connection] = system.noyo.connections()
    system.noyo.remove(connection["id"])
    system.settle(150)

    assert "Noyo shows no effect of @Ana's request; it will be sent again" in system.read_channel(CONNECTIONS)


def test_what_noyo_was_too_busy_to_process_for_a_day_is_not_said_to_have_perhaps_arrived(system: System) -> None:
    system.noyo.faults.add(Fault("too_many", method="POST", path_contains="/api/", times=None))
    system.request_connection()
    for _ in range(26):
        system.wait(3600)
        system.settle(10)

    not_processed = "it was tried for a day, and Noyo processed no attempt"
    seen = system.read_channel(CONNECTIONS)
    assert f"needs your review: {not_processed}." in seen
    assert "Needs review: @Ana's request. It was tried for a day, and Noyo processed no attempt" in seen
    [answer] = map(system.slack.render, system.slack.direct_messages(ANA))
    assert f"Your request needs your review: {not_processed}." in answer
    assert "arrived" not in seen + answer


def test_a_refused_read_before_a_retry_is_not_called_a_refusal_of_the_retry(system: System) -> None:
    record = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    path = f"/group_connections/{record['id']}"
    system.noyo.faults.add(Fault("error_before", method="GET", path_contains=path, status=403))
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.settle(60)

    assert system.writes() == []
    assert "Noyo refused to show its records, so @Ana's retry was not sent" in system.read_channel(CONNECTIONS)
    assert "Noyo refused to show its records, so your retry was not sent." in modal(system)
    assert "retry was not sent: Noyo refused to show its records" in typed(system, f"history {record['id']}")


def test_a_refused_read_before_a_disconnection_says_nothing_about_its_group(system: System) -> None:
    """The request was sent once, and a person sends it again."""
    connection = connected(system)
    ask_to_disconnect(system)
    system.noyo.faults.add(Fault("reset_before", method="POST"))
    confirm(system)
    system.settle(200)
    path = f"/group_connections/{connection['id']}"
    system.noyo.faults.add(Fault("error_before", method="GET", path_contains=path, status=403))
    system.slack.click(ANA, ALERTS, card_with(system, ALERTS, "resolve_send_again").ts, "resolve_send_again")
    system.settle(60)

    text = system.read_channel(DECISIONS)
    assert "Noyo refused to show its records, so @Ana's disconnection request will not be sent again" in text
    assert "Ask Noyo why, then ask again if you still want this." in text
    assert "protects this group" not in text


# ---------------------------------------------------------------- whose words, and what was sent


def test_the_message_of_a_required_action_is_noyos_and_stands_with_what_to_do(system: System) -> None:
    connection = system.noyo.add_connection(carrier_id=GUARDIAN, group_name="Test Company", status="processing")
    system.settle(30)
    system.noyo.move_connection(str(connection["id"]), "action_required", error="The authorization is not signed.")
    system.settle(30)

    for channel in (CONNECTIONS, ALERTS):
        text = system.slack.render(system.slack.channel(channel)[-1])
        assert "Message from Noyo:" in text
        assert "The authorization is not signed." in text
        assert "Correct what Noyo's message names" in text
        assert "carrier:" not in text.lower().replace("carrier:** guardian", "")


@pytest.mark.parametrize(
    "value",
    [
        "8765 43219",
        "876 543 219",
        "8.7.6.5.4.3.2.1.9",
        "876;54|3219",
        "876%2D54%2D3219",
        "ana@example.com",
        "ana%40example.com",
    ],
)
def test_sensitive_values_in_a_later_message_are_masked_everywhere(system: System, value: str) -> None:
    connection = system.noyo.add_connection(carrier_id=GUARDIAN, group_name="Test Company", status="processing")
    system.settle(30)
    for message in (f'{{"ein":"{value}"}}', f"Unknown: {value}."):
        system.noyo.move_connection(str(connection["id"]), "unable_to_connect", error=message)
        system.settle(30)

    seen = "".join(map(system.read_channel, (ALERTS, CONNECTIONS, DECISIONS))) + typed(
        system, f"status {connection['id']}"
    )
    assert value not in seen
    assert "Unknown: •••." in seen
    assert "Unknown: •••. → " not in seen


def test_what_a_person_wrote_for_noyo_is_shown_masked_to_those_who_ask(system: System) -> None:
    request = request_disconnection(system)
    card = card_with(system, DECISIONS, "approve")
    system.slack.click(ANA, DECISIONS, card.ts, "approve")
    view = system.slack.view_of(ANA)
    assert view is not None
    assert system.slack.submit(ANA, view.id, {"context": "They moved, see 123-45-6789."}).errors == {}
    system.settle(60)

    assert system.noyo.disconnection(str(request["id"]))["status"] != "needs_review"
    history = system.slack.command(BEN, DECISIONS, "/noyo", "history Test")
    assert "note for Noyo: They moved, see •••." in "".join(map(system.slack.render, history.messages))
    system.slack.click(BEN, DECISIONS, card.ts, "details")
    details = system.slack.view_of(BEN)
    assert details is not None
    assert "Note for Noyo:** They moved, see •••." in system.slack.render(details)
    assert "They moved" not in "".join(map(system.read_channel, (ALERTS, CONNECTIONS, DECISIONS)))


def test_the_first_summary_says_what_is_posted_in_which_channel(system: System) -> None:
    text = system.slack.render(system.slack.channel(ALERTS)[0])
    for channel, what in (
        ("#connections", "a card for each new or changed connection"),
        ("#alerts", "alerts for connections that need action"),
        ("#decisions", "a card for each disconnection request"),
    ):
        assert f"{channel}: {what}" in text
    assert "posted here" not in text


# ---------------------------------------------------------------- a form shown again


def test_the_day_that_a_form_shows_again_is_the_one_that_is_approved(system: System) -> None:
    """The end date changes while the form is open. Slack reports a field of the new form as blank, if left as it is."""
    request = request_disconnection(system)
    system.slack.click(ANA, DECISIONS, card_with(system, DECISIONS, "approve").ts, "approve")
    view = system.slack.view_of(ANA)
    assert view is not None
    system.noyo.move_disconnection(request["id"], "needs_review", effective_end_date="2027-01-31")
    system.settle(10)
    system.slack.submit(ANA, view.id, {})
    shown = system.slack.view_of(ANA)
    assert shown is not None
    assert "It changed after you opened it, so nothing was sent." in system.slack.render(shown)

    assert system.slack.submit(ANA, view.id, {}).errors == {}
    system.settle(60)

    [approved] = system.noyo.disconnections()
    assert (approved["status"], approved["effective_end_date"]) == ("processing", "2027-01-31")
    [sent] = system.writes()
    assert "effective_end_date" not in sent.body, "the person chose no other day"


def test_the_last_managed_day_is_the_one_that_noyo_chose(system: System) -> None:
    """Noyo leaves the day out of its answer to an approval, and chooses another day than the one that was sent."""
    request = request_disconnection(system)

    def with_chosen_day(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"effective_end_date": "2027-01-31"} if "effective_end_date" in row else row

    decide(system, "approve")
    system.noyo.corrupt(request["id"], with_chosen_day)
    system.settle(60)

    [card] = [message for message in system.slack.channel(DECISIONS) if "Test Company" in blocks_of(message)]
    assert "31 Jan 2027" in system.slack.render(card)
    assert "31 Dec 2026" not in system.slack.render(card)
    thread = [system.slack.render(line) for line in card.thread]
    assert sum("31 Dec 2026 → 31 Jan 2027" in line for line in thread) == 1
    shown = system.read_channel(DECISIONS)
    system.settle(120)
    assert system.read_channel(DECISIONS) == shown


def retry_with(system: System, carrier_group_id: str) -> None:
    system.slack.click(ANA, ALERTS, card_with(system, ALERTS, "retry").ts, "retry")
    form = system.slack.view_of(ANA)
    assert form is not None
    [field] = [block["block_id"] for block in form.blocks if block["block_id"].startswith("carrier_group_id")]
    assert system.slack.submit(ANA, form.id, {field: carrier_group_id}).errors == {}


def test_a_lost_retry_with_the_id_in_other_letters_is_not_proved_by_another_change(system: System) -> None:
    """The typed id is the present one. Only a carrier's new message shows up at Noyo."""
    record = system.noyo.add_connection(
        group_name="Failed Company", carrier_group_id="AB-1", status="unable_to_connect"
    )
    system.settle(30)
    system.noyo.faults.add(Fault("reset_before", method="PUT"))
    retry_with(system, "ab-1")
    system.execute_due()
    system.noyo.move_connection(record["id"], "unable_to_connect", error="Another message")
    system.settle(300)

    assert "Noyo shows that @Ana's retry arrived" not in system.read_channel(CONNECTIONS)
    assert card_with(system, ALERTS, "resolve_send_again")


def test_a_retry_with_the_id_in_other_letters_that_still_fails_is_not_confirmed(system: System) -> None:
    record = system.noyo.add_connection(
        group_name="Failed Company", carrier_group_id="AB-1", status="unable_to_connect"
    )
    system.settle(30)
    answer = system.noyo.connection(record["id"]) | {"version": OTHER_GROUP, "modified": int(system.clock()) + 5}
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=201, body=answer))
    retry_with(system, "ab-1")
    system.settle(300)

    assert "Noyo confirmed" not in system.read_channel(CONNECTIONS)
    assert "a record that has the status Unable to connect" in system.read_channel(ALERTS)


def test_a_retry_that_still_requires_an_action_is_not_confirmed() -> None:
    with System(ADMINS=ANA, RETRY_AT_ACTION_REQUIRED="yes") as system:
        system.settle(10)
        record = system.noyo.add_connection(group_name="Waiting Company", status="action_required")
        system.settle(30)
        answer = system.noyo.connection(record["id"]) | {"version": OTHER_GROUP, "modified": int(system.clock()) + 5}
        system.noyo.faults.add(Fault("false_answer", method="PUT", status=201, body=answer))
        system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
        system.settle(300)

        assert "Noyo confirmed" not in system.read_channel(CONNECTIONS)
        assert "a record that has the status Action required" in system.read_channel(ALERTS)


def test_an_approval_that_noyo_reopens_before_we_look_had_an_effect(system: System) -> None:
    """Its answer is lost. We see the request as approved, and then Noyo asks for a decision again."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("reset_after", method="PUT"))
    decide(system, "approve")
    system.execute_due()
    system.poll()
    system.wait(5)
    system.noyo.move_disconnection(request["id"], "needs_review")
    system.settle(300)

    shown = system.read_channel(DECISIONS)
    assert "Needs review → **Processing**" in shown
    assert "Noyo did not answer, but it was approved at Noyo" in shown
    assert "shows no effect" not in shown
    assert len(system.writes()) == 1


def test_an_approval_that_arrived_with_another_day_shows_that_day(system: System) -> None:
    """Its answer is lost, and Noyo has stored another last managed day than the one that was sent."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("reset_after", method="PUT"))
    decide(system, "approve", end_date="2026-12-30")
    system.execute_due()
    system.noyo.move_disconnection(request["id"], "processing", effective_end_date="2026-12-31")
    system.settle(300)

    assert len(system.writes()) == 1
    shown = system.read_channel(DECISIONS)
    assert "Noyo did not answer, but it was approved at Noyo with 31 Dec 2026 as the last managed day" in shown
    assert "shows no effect" not in shown


def test_a_status_that_changes_without_a_new_version_is_shown(system: System) -> None:
    record = system.noyo.add_connection(group_name="Test Company", status="processing")
    system.settle(30)
    system.noyo.corrupt(record["id"], lambda row: row | {"status": "unable_to_connect"})
    system.settle(60)

    assert "**Status:** Unable to connect" in system.read_channel(CONNECTIONS)
    assert card_with(system, ALERTS, "retry")
    shown = system.read_channel(CONNECTIONS)
    system.settle(120)
    assert system.read_channel(CONNECTIONS) == shown
