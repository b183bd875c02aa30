"""Everything that a message calls done is so at Noyo."""

from __future__ import annotations

from typing import Any

from infra.local.noyo import Fault
from infra.local.slack import Message
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System, blocks_of

GROUP = "11111111-0000-4000-8000-000000000001"
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


def connected(system: System, **fields: Any) -> dict[str, Any]:
    """A completed connection of the group, and its card."""
    given = {"carrier_id": GUARDIAN, "group_id": GROUP, "group_name": "Test Company", "carrier_group_id": "00110011"}
    connection = system.noyo.add_connection(status="completed", **(given | fields))
    system.settle(30)
    return connection


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
    assert "Connection · Test Company · Guardian: **Disconnecting after 31 Dec 2026**" in typed(system, "status test")
    assert "Status: Disconnecting after 31 Dec 2026" in typed(system, f"history {connection['id']}").replace("**", "")

    system.noyo.move_disconnection(request["id"], "completed")
    system.settle(30)
    [card] = system.slack.channel(CONNECTIONS)
    assert "**Disconnected**, last managed day 31 Dec 2026" in system.slack.render(card)
    assert "The group is no longer connected." in system.slack.render(card)
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

    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Test Company"}
    system.slack.submit(ANA, form.id, values)
    assert "Test Company is now: **Disconnecting after 31 Dec 2026**." in modal(system)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect test")
    assert "Test Company is now: **Disconnecting after 31 Dec 2026**." in modal(system)
    assert "A disconnection request already ends this connection. Its card is in [channel]." in modal(system)
    assert system.writes() == []
    assert system.open_operations() == []


def test_a_second_approver_sees_that_the_connection_is_being_disconnected_already(system: System) -> None:
    connected(system)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "disconnect test")
    form = system.slack.view_of(ANA)
    assert form is not None
    values = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Test Company"}
    assert system.slack.submit(ANA, form.id, values).errors == {}
    system.settle(30)
    card = card_with(system, DECISIONS, "confirm_disconnection")
    system.noyo.move_disconnection(request_disconnection(system)["id"], "completed")
    system.settle(30)

    system.slack.click(BEN, DECISIONS, card.ts, "confirm_disconnection")
    view = system.slack.view_of(BEN)
    assert view is not None
    shown = system.slack.render(view)
    assert "The connection is now: **Disconnected**, last managed day 31 Dec 2026." in shown
    assert system.writes() == []


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


def test_a_list_says_which_row_is_a_connection_and_which_a_disconnection_request(system: System) -> None:
    connected(system)
    request = request_disconnection(system)
    system.noyo.move_disconnection(request["id"], "rejected")
    system.settle(30)

    for words in ("status test", "history test"):
        text = typed(system, words)
        assert "Connection · Test Company · Guardian: **Completed**" in text
        assert "Disconnection request · Test Company · Guardian: **Rejected**" in text
