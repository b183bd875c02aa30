"""A request that Noyo refuses stays with the person who asked: it gets no card, unless one may be in Slack already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.operations import OperationState
from tests.system import ANA, CONNECTIONS, GUARDIAN, System
from tests.usecases.notification_bench import channel_texts, started_system

REFUSAL = "not in this carrier's format"


@pytest.fixture
def system() -> Iterator[System]:
    """Noyo refuses every carrier group id of a request, except 1234."""
    with started_system() as started:
        started.noyo.rules = replace(started.noyo.rules, formats={GUARDIAN: "1234"})
        yield started


def requested(system: System, carrier_group_id: str = "wrong") -> str:
    """The id of the operation, which is also that of the modal."""
    system.request_connection(ANA, carrier_group_id=carrier_group_id)
    view = system.slack.view_of(ANA)
    assert view is not None
    return view.id


def modal(system: System) -> str:
    view = system.slack.view_of(ANA)
    assert view is not None
    return system.slack.render(view)


def test_a_refused_request_gets_no_card(system: System) -> None:
    operation_id = requested(system)

    system.settle(3 * policies.REQUEST_CARD_WAIT_SECONDS)

    assert system.operation(operation_id).state is OperationState.REFUSED
    assert channel_texts(system, CONNECTIONS) == []
    assert REFUSAL in modal(system)
    assert "[Correct and Send Again…]" in modal(system)


def test_the_refusal_is_a_direct_message_once_the_window_is_closed(system: System) -> None:
    system.slack.close_view(ANA, requested(system))

    system.settle(3 * policies.REQUEST_CARD_WAIT_SECONDS)

    [message] = system.slack.direct_messages(ANA)
    assert REFUSAL in system.slack.render(message)
    assert channel_texts(system, CONNECTIONS) == []


def test_an_accepted_request_gets_one_card_with_its_lines_in_order(system: System) -> None:
    requested(system, "1234")
    system.notify()
    assert channel_texts(system, CONNECTIONS) == []

    system.execute_due()
    system.notify()

    [card] = system.slack.channel(CONNECTIONS)
    lines = [system.slack.render(line) for line in card.thread]
    system.settle(3 * policies.REQUEST_CARD_WAIT_SECONDS)
    asked = next(number for number, line in enumerate(lines) if "asked for this connection" in line)
    confirmed = next(number for number, line in enumerate(lines) if "Noyo confirmed" in line)
    assert asked < confirmed
    [later] = system.slack.channel(CONNECTIONS)
    assert (later.ts, len(later.thread)) == (card.ts, len(lines))


def test_a_request_that_takes_long_gets_its_card_which_then_shows_the_refusal(system: System) -> None:
    requested(system)
    system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
    system.notify()
    [card] = channel_texts(system, CONNECTIONS)
    assert "sending" in card

    system.settle(60)

    [card] = channel_texts(system, CONNECTIONS)
    assert "sending" not in card
    assert REFUSAL in card


def test_a_card_whose_post_was_not_answered_is_kept_current(system: System) -> None:
    """It is in Slack, although nobody knows it yet when Noyo refuses the request."""
    requested(system)
    system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
    system.slack.faults.reset_after("chat.postMessage")
    system.notify()
    [card] = channel_texts(system, CONNECTIONS)
    assert "sending" in card

    system.settle(300)

    [card] = channel_texts(system, CONNECTIONS)
    assert REFUSAL in card


def test_a_paused_request_gets_its_card_at_once() -> None:
    with started_system(ADMINS=ANA) as system:
        system.slack.command(ANA, CONNECTIONS, "/noyo", "pause")
        requested(system)
        system.notify()
        [card] = channel_texts(system, CONNECTIONS)
        assert "while sending is paused" in card


def test_a_refusal_that_does_not_reach_the_person_gets_a_card(system: System) -> None:
    system.slack.close_view(ANA, requested(system))
    system.slack.add_user(ANA, "Ana", deleted=True)
    system.execute_due()

    system.settle(3 * policies.REQUEST_CARD_WAIT_SECONDS)

    assert system.slack.direct_messages(ANA) == []
    [card] = channel_texts(system, CONNECTIONS)
    assert REFUSAL in card


def test_a_duplicate_is_shown_to_the_person_only(system: System) -> None:
    system.noyo.rules = replace(system.noyo.rules, formats={})
    system.noyo.add_connection(carrier_id=GUARDIAN, carrier_group_id="00110011", group_name="Old Name")
    system.settle(20)
    cards = len(channel_texts(system, CONNECTIONS))

    requested(system, "00110011")
    system.settle(3 * policies.REQUEST_CARD_WAIT_SECONDS)

    assert len(channel_texts(system, CONNECTIONS)) == cards
    assert "Old Name" in modal(system)
