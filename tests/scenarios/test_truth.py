"""Everything that a message calls done is so at Noyo."""

from __future__ import annotations

from typing import Any

from infra.local.noyo import Fault
from infra.local.slack import Message
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, GUARDIAN, System, blocks_of

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
