"""Facts and statuses, which every card shows."""

from __future__ import annotations

import json

import pytest

from bot.domain.carriers import Carriers
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus, DisconnectionStatus, EntityKind, UnknownValue
from bot.settings import read_settings
from bot.slack.views import operation_text, record_facts
from bot.slack.views.buttons import Action
from bot.slack.views.message import Buttons, Message, Paragraph, Quote, SmallPrint, display_settings
from bot.slack.views.record_facts import next_step, parse_status, status_name
from bot.slack.views.rich_text import PlainText, UntrustedText, mrkdwn, rich_text
from infra.local.gallery.samples import DISPLAY, a_connection, a_record_state, a_request, a_retry, settled


@pytest.mark.parametrize(
    ("kind", "value", "status"),
    [
        (EntityKind.CONNECTION, "completed", ConnectionStatus.COMPLETED),
        (EntityKind.PENDING_CONNECTION, "created", ConnectionStatus.CREATED),
        (EntityKind.DISCONNECTION, "completed", DisconnectionStatus.COMPLETED),
        (EntityKind.CONNECTION, "rejected", UnknownValue("rejected")),
    ],
)
def test_a_status_in_an_outbox_event_is_parsed_for_its_kind_of_record(
    kind: EntityKind, value: str, status: object
) -> None:
    assert parse_status(kind, value) == status


def test_every_known_status_has_a_name_and_a_next_step() -> None:
    for status in (*ConnectionStatus, *DisconnectionStatus):
        assert isinstance(status_name(status), PlainText)
    for connection_status in ConnectionStatus:
        assert mrkdwn(next_step(a_connection(status=connection_status), DISPLAY)).endswith(".")


def test_actors_are_mentions_and_their_input_is_plain_text() -> None:
    assert mrkdwn(operation_text.description(a_retry())) == "<@UANA> asked to retry with carrier group id 00110022"
    refused_request = settled(a_request(), OutcomeKind.REFUSED, "<!channel> 00110011 123456789")
    assert (
        mrkdwn(operation_text.outcome(refused_request))
        == "Noyo refused <@UANA>'s request: &lt;!channel&gt; 00110011 •••"
    )


def test_only_refusals_and_unsent_operations_have_advice() -> None:
    with_advice = {kind for kind in OutcomeKind if operation_text.advice(settled(a_request(), kind), "/noyo")}
    assert with_advice == {
        OutcomeKind.REFUSED,
        OutcomeKind.DUPLICATE,
        OutcomeKind.CHANGED,
        OutcomeKind.READ_REFUSED,
        OutcomeKind.NOT_FOUND,
        OutcomeKind.EXPIRED,
        OutcomeKind.END_DATE_PASSED,
    }
    assert operation_text.advice(a_request(state=OperationState.SENDING), "/noyo") == ()


def test_only_the_records_own_carrier_group_id_is_not_masked() -> None:
    record = a_connection(carrier_group_id="123456789", error="123456789 is not 987654321")
    assert mrkdwn(record_facts.carrier_group_id_line(record)) == "Carrier group id: 123456789"
    assert mrkdwn(record_facts.message_text(record)) == "123456789 is not •••"
    assert record_facts.spoken_name(a_connection(group_name=None)) == "Unnamed group"
    assert record_facts.record_button(Action.RETRY, a_connection()).get("style") is None


def test_a_message_omits_empty_parts_and_has_a_complete_fallback_text() -> None:
    message = Message(
        [
            Paragraph([rich_text("one"), ()]),
            Paragraph([()]),
            Quote(()),
            Quote(rich_text(UntrustedText("<two>"))),
            Buttons([], "r"),
            SmallPrint([rich_text("three")]),
        ],
        rich_text("Title"),
        [rich_text("Careful")],
    )
    rendered = message.rendered()
    assert rendered.text == "Careful\nTitle\none\n&lt;two&gt;\nthree"
    assert [block["type"] for block in json.loads(rendered.blocks)] == [
        "context",
        "header",
        "rich_text",
        "rich_text",
        "context",
    ]


def test_display_settings_are_read_from_the_settings() -> None:
    needed = (
        "SLACK_SIGNING_SECRET SLACK_BOT_TOKEN SLACK_TEAM_ID SLACK_APP_ID NOYO_CLIENT_ID NOYO_CLIENT_SECRET "
        "TABLE_NAME KMS_KEY_ID AWS_REGION"
    ).split()
    settings = read_settings(
        dict.fromkeys(needed, "x")
        | {"CHANNEL_CONNECTIONS": "C1", "CHANNEL_ALERTS": "C2", "CHANNEL_DECISIONS": "C3", "ENVIRONMENT": "sandbox"}
        | {"RETRY_AT_ACTION_REQUIRED": "yes", "SLACK_COMMAND": "/n"}
    )
    carriers = Carriers({"c1": "Guardian"})
    display = display_settings(settings, carriers)
    assert display.carriers is carriers
    assert (display.connections_channel, display.alerts_channel, display.decisions_channel) == ("C1", "C2", "C3")
    assert display.command == "/n"
    assert mrkdwn(display.warning()[0]) == "Not production: this is the sandbox environment."
    action_required = a_record_state(a_connection(status=ConnectionStatus.ACTION_REQUIRED))
    assert display.retryable(action_required)
    assert not DISPLAY.retryable(action_required)
