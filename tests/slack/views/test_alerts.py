"""An alert shows what to do until the action is taken."""

import pytest

from bot.domain.content import Alert, MessageLink
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus, DisconnectionSource
from bot.slack.views.alerts import alert
from bot.slack.views.buttons import ButtonValue, decode
from bot.slack.views.cards import no_links, render
from bot.slack.views.rich_text import utc_text
from infra.local.gallery.samples import (
    CARD,
    CREATED,
    DISPLAY,
    VERSION,
    a_connection,
    a_disconnection,
    a_record_state,
    a_retry,
    settled,
)
from tests.slack.rendering import buttons_of, rendered_text


def test_unable_to_connect_shows_everything_needed_to_act() -> None:
    text = rendered_text(Alert(a_record_state(), VERSION, card=CARD), links=lambda _: "https://x.slack.com/archives/p1")
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
            "[Retry…] [Claim] [Details]",
        ]
    )


def test_retry_is_the_only_primary_button_and_applies_to_the_version_of_the_alert() -> None:
    buttons = buttons_of(render(Alert(a_record_state(), VERSION), DISPLAY))
    assert decode(buttons["Retry…"]["value"]) == ButtonValue(a_connection().entity, VERSION)
    assert [label for label in buttons if buttons[label].get("style")] == ["Retry…"]


def test_an_alert_without_a_carrier_message_says_so() -> None:
    assert "Message from the carrier: none" in rendered_text(Alert(a_record_state(a_connection(error=None)), VERSION))


def test_an_unnamed_carrier_is_shown_by_its_id() -> None:
    assert "Carrier: 0000" in rendered_text(Alert(a_record_state(a_connection(carrier_id="0000")), VERSION))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (ConnectionStatus.ACTION_REQUIRED, "Noyo sent no message. Ask Noyo what has to be corrected"),
        (ConnectionStatus.CARRIER_AUTHORIZATION, "Contact the carrier"),
    ],
)
def test_other_statuses_that_need_action_say_what_to_do(status: ConnectionStatus, expected: str) -> None:
    text = rendered_text(Alert(a_record_state(a_connection(status=status, error=None)), VERSION))
    assert expected in text
    assert "[Retry…]" not in text


def test_a_decision_alert_shows_the_source_and_the_meaning_of_both_decisions() -> None:
    text = rendered_text(Alert(a_record_state(a_disconnection()), VERSION))
    assert "# The carrier asks to disconnect Test Company" in text
    assert "Last managed day: 31 Dec 2026" in text
    assert "Approve to disconnect the group from the carrier, or reject to keep it connected" in text
    assert "Attempt" not in text
    other = a_disconnection(source_type=DisconnectionSource.MEMBER_TRANSACTION)
    assert "# Request to disconnect" in rendered_text(Alert(a_record_state(other), VERSION))


def test_during_a_retry_the_alert_shows_it_first_and_offers_no_second_one() -> None:
    text = rendered_text(Alert(a_record_state(), VERSION, a_retry(state=OperationState.SENDING), CARD))
    assert text.splitlines()[:2] == [
        "# In progress: Test Company",
        "@UANA asked to retry with carrier group id 00110022: sending.",
    ]
    assert "[Retry…]" not in text


def test_an_alert_of_a_changed_record_starts_with_the_change_and_needs_no_action() -> None:
    on = a_connection(version="next", status=ConnectionStatus.PROCESSING)
    text = rendered_text(Alert(a_record_state(on), VERSION))
    assert text.splitlines()[:2] == [
        "# No longer needs action: Test Company",
        f"Changed to Processing · {utc_text(on.modified)}. No action needed.",
    ]
    assert "[Retry…]" not in text


def test_an_alert_of_a_changed_record_that_still_needs_action_links_its_card() -> None:
    text = rendered_text(Alert(a_record_state(a_connection(version="next"), requester=None), VERSION, card=CARD))
    assert "# Changed since this alert: Test Company" in text
    assert "It still needs action. Go to its card." in text
    assert "The card is in #CCONNECT." in text
    assert "[Retry…]" not in text


def test_after_a_refused_retry_the_alert_offers_retry_again() -> None:
    assert "[Retry…]" in rendered_text(Alert(a_record_state(), VERSION, settled(a_retry(), OutcomeKind.REFUSED)))


def test_a_negative_duration_is_not_shown() -> None:
    assert "This try took" not in rendered_text(Alert(a_record_state(attempt_started_at=CREATED + 99_999), VERSION))


def test_the_fallback_text_of_an_alert_contains_its_facts() -> None:
    rendered = render(Alert(a_record_state(), VERSION, card=MessageLink("CCONNECT", "1.2")), DISPLAY)
    for needed in ("Unable to connect", "Test Company", "Guardian", "00110011", "Group not found", "<@UANA>"):
        assert needed in rendered.text


def test_an_alert_in_production_has_no_warning_before_its_title() -> None:
    assert alert(Alert(a_record_state(), VERSION), DISPLAY, no_links).blocks()[0]["type"] == "header"
