"""Everything that a message calls done is so at Noyo."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bot.slack.views.rich_text import date_text
from infra.local.noyo import Fault
from infra.local.slack import Message
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System, blocks_of

GROUP = "11111111-0000-4000-8000-000000000001"


def request_disconnection(system: System, end: str = "2026-12-31") -> dict[str, Any]:
    """A carrier requests a disconnection, and its card is posted."""
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", effective_end_date=end
    )
    system.settle(30)
    return request


def card_with(system: System, channel: str, button: str) -> Message:
    return next(message for message in system.slack.channel(channel) if f'"{button}"' in blocks_of(message))


def decide(system: System, decision: str) -> None:
    system.slack.click(ANA, DECISIONS, card_with(system, DECISIONS, decision).ts, decision)
    view = system.slack.view_of(ANA)
    assert view is not None
    assert system.slack.submit(ANA, view.id, {}).errors == {}


def test_a_success_is_compared_with_what_was_wanted(system: System) -> None:
    """Noyo answers an approval with 200 and the unchanged record: nothing is confirmed, and a person decides."""
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=200, body=request))
    decide(system, "approve")
    system.settle(300)

    assert len(system.writes()) == 1
    seen = "".join(map(system.seen_in, (ALERTS, CONNECTIONS, DECISIONS)))
    assert "Noyo confirmed" not in seen
    assert "Noyo answered with success and a record that has the status Needs review" in system.seen_in(ALERTS)
    assert "Needs review" in system.slack.render(card_with(system, ALERTS, "resolve_send_again"))


def test_a_success_about_another_group_is_not_ours(system: System) -> None:
    other = system.noyo.add_connection(carrier_id=GUARDIAN, carrier_group_id="99", group_name="Other", status="created")
    system.noyo.faults.add(Fault("false_answer", method="POST", status=201, body=other))
    system.asks()
    system.settle(300)

    assert len(system.writes()) == 1
    seen = system.seen_in(ALERTS)
    assert "Noyo answered with success and a record that has the carrier group id 99" in seen
    assert "Noyo confirmed" not in system.seen_in(CONNECTIONS)


def test_an_answer_that_cannot_be_read_is_not_called_no_answer(system: System) -> None:
    system.noyo.faults.add(Fault("garbage", method="POST"))
    system.asks()
    system.settle(120)

    seen = system.seen_in(CONNECTIONS)
    assert "Noyo's answer could not be read, but Noyo shows that @Ana's request arrived" in seen
    assert "did not answer" not in seen


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
    assert "They moved" not in "".join(map(system.seen_in, (ALERTS, CONNECTIONS, DECISIONS)))


def test_the_first_summary_says_what_is_posted_in_which_channel(system: System) -> None:
    text = system.slack.render(system.slack.channel(ALERTS)[0])
    for channel, what in (
        ("#connections", "a card for each new or changed connection"),
        ("#alerts", "alerts for connections that need action"),
        ("#decisions", "a card for each disconnection request"),
    ):
        assert f"{channel}: {what}" in text
    assert "posted here" not in text
