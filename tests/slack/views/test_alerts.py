"""An alert says what to do until somebody has done it."""

import pytest

from bot.domain.content import Alert, MessageLink
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus, DisconnectionSource
from bot.slack.views.alerts import alert
from bot.slack.views.buttons import ButtonValue, decode
from bot.slack.views.cards import no_links, render
from bot.slack.views.rich_text import utc_text
from tests.slack.samples import (
    BEGAN,
    CARD,
    DISPLAY,
    VERSION,
    a_connection,
    a_disconnection,
    a_record_state,
    a_retry,
    buttons_of,
    settled,
    shown,
)


def test_unable_to_connect_shows_everything_needed_to_act() -> None:
    text = shown(Alert(a_record_state(), VERSION, card=CARD), links=lambda _: "https://x.slack.com/archives/p1")
    assert text == "\n".join(
        [
            "# Unable to connect: Test Company",
            "Group: Test Company",
            "Carrier: Guardian",
            "Carrier group id: 00110011",
            "Message from the carrier:",
            "> Group not found",
            "Attempt 2",
            "Duration: 2 hours 5 minutes",
            "Requested by: @UANA",
            "Next: Check the carrier group id and the group's details with the carrier, "
            "then retry with the correction.",
            "Open the card (https://x.slack.com/archives/p1)",
            "[Retry…] [Details]",
        ]
    )


def test_its_retry_is_the_one_main_button_and_is_for_the_version_that_was_raised() -> None:
    buttons = buttons_of(render(Alert(a_record_state(), VERSION), DISPLAY))
    assert decode(buttons["Retry…"]["value"]) == ButtonValue(a_connection().entity, VERSION)
    assert [label for label in buttons if buttons[label].get("style")] == ["Retry…"]


def test_where_the_carrier_said_nothing_the_alert_says_that() -> None:
    assert "Message from the carrier: none" in shown(Alert(a_record_state(a_connection(error=None)), VERSION))


def test_an_unnamed_carrier_is_shown_by_its_id() -> None:
    assert "Carrier: 0000" in shown(Alert(a_record_state(a_connection(carrier_id="0000")), VERSION))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ConnectionStatus.ACTION_REQUIRED, "Find out what has to be corrected"),
        (ConnectionStatus.CARRIER_AUTHORIZATION, "Contact the carrier"),
    ],
)
def test_other_statuses_that_need_us_say_what_to_do(status: ConnectionStatus, words: str) -> None:
    text = shown(Alert(a_record_state(a_connection(status=status, error=None)), VERSION))
    assert words in text
    assert "[Retry…]" not in text


def test_a_disconnection_to_decide_on_says_who_asks_and_what_either_answer_means() -> None:
    text = shown(Alert(a_record_state(a_disconnection()), VERSION))
    assert "# The carrier asks to disconnect Test Company" in text
    assert "Last managed day: 31 Dec 2026" in text
    assert "Approve to disconnect the group from the carrier, or reject to keep it connected" in text
    assert "Attempt" not in text
    other = a_disconnection(source_type=DisconnectionSource.MEMBER_TRANSACTION)
    assert "# Request to disconnect" in shown(Alert(a_record_state(other), VERSION))


def test_once_somebody_retries_it_says_so_first_and_offers_no_second_retry() -> None:
    text = shown(Alert(a_record_state(), VERSION, a_retry(state=OperationState.SENDING), CARD))
    assert text.splitlines()[:2] == [
        "# In progress: Test Company",
        "@UANA asked to retry with carrier group id 00110022: sending.",
    ]
    assert "[Retry…]" not in text


def test_an_alert_of_a_changed_record_says_so_first_and_asks_nothing() -> None:
    on = a_connection(version="next", status=ConnectionStatus.PROCESSING)
    text = shown(Alert(a_record_state(on), VERSION))
    assert text.splitlines()[:2] == [
        "# No longer needs action: Test Company",
        f"Changed to Processing · {utc_text(on.modified)}. No action needed.",
    ]
    assert "[Retry…]" not in text


def test_a_record_that_changed_and_still_needs_us_sends_the_reader_to_its_card() -> None:
    text = shown(Alert(a_record_state(a_connection(version="next"), requester=None), VERSION, card=CARD))
    assert "# Changed since this alert: Test Company" in text
    assert "It still needs action. Go to its card." in text
    assert "The card is in #CCONNECT." in text
    assert "[Retry…]" not in text


def test_a_settled_operation_gives_the_button_back() -> None:
    assert "[Retry…]" in shown(Alert(a_record_state(), VERSION, settled(a_retry(), OutcomeKind.REFUSED)))


def test_a_try_that_seems_to_have_ended_before_it_began_is_not_timed() -> None:
    assert "This try took" not in shown(Alert(a_record_state(attempt_started_at=BEGAN + 99_999), VERSION))


def test_the_alert_reads_the_same_without_its_blocks() -> None:
    rendered = render(Alert(a_record_state(), VERSION, card=MessageLink("CCONNECT", "1.2")), DISPLAY)
    for needed in ("Unable to connect", "Test Company", "Guardian", "00110011", "Group not found", "<@UANA>"):
        assert needed in rendered.text


def test_an_alert_in_production_has_no_warning_before_its_title() -> None:
    assert alert(Alert(a_record_state(), VERSION), DISPLAY, no_links).blocks()[0]["type"] == "header"
