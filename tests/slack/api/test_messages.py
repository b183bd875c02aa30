"""Messages are posted once, found again and edited in place; modals show answers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.content import Alert, MessageLink, RecordCard, Reply, SearchPage
from bot.domain.operations import OutcomeKind
from bot.domain.records import ConnectionStatus
from bot.errors import SlackNoAnswer, SlackRefused
from bot.slack.api.client import SlackApiClient, SlackMessageGateway
from infra.local.gallery.samples import DISPLAY, VERSION, a_connection, a_record_state, a_request, settled
from infra.local.slack import SlackFake
from tests.slack.conftest import CHANNEL

CARD = RecordCard(a_record_state())
LOADING = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Sending"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Sending"}}],
}


@pytest.fixture
def gateway(calls: SlackApiClient) -> SlackMessageGateway:
    return SlackMessageGateway(calls, DISPLAY)


def now(slack: SlackFake) -> int:
    return int(slack.workspace.clock())


def find(
    gateway: SlackMessageGateway, channel: str, *, idempotency_key: str, since: int, thread: str | None = None
) -> MessageLink | None:
    """The whole search, page by page."""
    cursor = None
    while True:
        page = gateway.find(channel, idempotency_key=idempotency_key, since=since, thread=thread, cursor=cursor)
        if page.found is not None or page.cursor is None:
            return page.found
        cursor = page.cursor


def test_a_post_has_its_idempotency_key_and_disables_unfurling_and_link_names(
    slack: SlackFake, gateway: SlackMessageGateway
) -> None:
    posted = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    (message,) = slack.workspace.channels[CHANNEL].messages
    assert (posted.channel, posted.ts) == (CHANNEL, message.ts)
    assert message.metadata == {"event_type": "switchboard", "event_payload": {"idempotency_key": "m1"}}
    args = slack.calls[-1].args
    assert not args["unfurl_links"]
    assert not args["unfurl_media"]
    assert not args["link_names"]
    assert args["parse"] == "none"


def test_a_post_whose_answer_was_lost_is_found_by_its_idempotency_key(
    slack: SlackFake, gateway: SlackMessageGateway
) -> None:
    slack.faults.reset_after("chat.postMessage")
    since = now(slack)
    with pytest.raises(SlackNoAnswer):
        gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m2")
    found = find(gateway, CHANNEL, idempotency_key="m1", since=since)
    assert found is not None
    assert found.ts == slack.workspace.channels[CHANNEL].messages[0].ts
    assert find(gateway, CHANNEL, idempotency_key="m3", since=since) is None


def test_a_thread_reply_is_found_in_its_thread(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    card = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="card")
    line = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="line", thread=card.ts)
    assert find(gateway, CHANNEL, idempotency_key="line", since=now(slack), thread=card.ts) == line
    assert find(gateway, CHANNEL, idempotency_key="line", since=now(slack)) is None


def test_a_direct_message_is_found_in_the_persons_conversation(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    posted = gateway.post("UANA", gateway.render(CARD), idempotency_key="m1")
    assert posted.channel.startswith("D")
    assert find(gateway, "UANA", idempotency_key="m1", since=now(slack)) == posted


def test_an_idempotency_key_on_a_later_page_is_found(
    slack: SlackFake, gateway: SlackMessageGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "SLACK_HISTORY_PAGE_SIZE", 2)
    posted = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    for number in range(3):
        slack.say("UANA", CHANNEL, f"chatter {number}")
    assert find(gateway, CHANNEL, idempotency_key="m1", since=now(slack)) == posted


def test_a_search_reads_one_page_and_says_where_it_continues(
    slack: SlackFake, gateway: SlackMessageGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "SLACK_HISTORY_PAGE_SIZE", 2)
    posted = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    for number in range(2):
        slack.say("UANA", CHANNEL, f"chatter {number}")

    first = gateway.find(CHANNEL, idempotency_key="m1", since=now(slack))
    assert first.found is None
    assert first.cursor is not None
    assert gateway.find(CHANNEL, idempotency_key="m1", since=now(slack), cursor=first.cursor) == SearchPage(
        posted, None
    )
    with pytest.raises(SlackRefused) as refused:
        gateway.find(CHANNEL, idempotency_key="m1", since=now(slack), cursor="expired")
    assert refused.value.code == "invalid_cursor"


def test_older_messages_are_not_searched(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    assert find(gateway, CHANNEL, idempotency_key="m1", since=now(slack) + 120) is None
    assert find(gateway, CHANNEL, idempotency_key="m1", since=now(slack) + 30) is not None


def test_metadata_of_other_apps_is_ignored(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    for metadata in (
        {"event_type": "other", "event_payload": {"idempotency_key": "m1"}},
        {"event_type": "switchboard", "event_payload": []},
        {"event_type": "switchboard", "event_payload": {}},
    ):
        slack.say("UANA", CHANNEL, "hi")
        slack.workspace.channels[CHANNEL].messages[-1].metadata = metadata
    assert find(gateway, CHANNEL, idempotency_key="m1", since=now(slack)) is None


def test_a_channel_that_the_bot_is_not_in_cannot_be_searched(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    slack.add_channel("COTHER", "other", bot_is_member=False)
    with pytest.raises(SlackRefused) as refused:
        find(gateway, "COTHER", idempotency_key="m1", since=0)
    assert refused.value.code == "not_in_channel"


def test_an_edited_message_keeps_its_idempotency_key(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    posted = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    done = RecordCard(a_record_state(a_connection(status=ConnectionStatus.COMPLETED)))
    gateway.update(CHANNEL, posted.ts, gateway.render(done))
    (message,) = slack.workspace.channels[CHANNEL].messages
    assert "Completed" in message.text
    assert message.metadata is not None
    assert message.metadata["event_payload"] == {"idempotency_key": "m1"}


def test_editing_a_deleted_message_is_refused(gateway: SlackMessageGateway) -> None:
    with pytest.raises(SlackRefused) as refused:
        gateway.update(CHANNEL, "1767000000.000100", gateway.render(CARD))
    assert refused.value.code == "message_not_found"


def test_a_modal_shows_the_answer_while_it_is_open(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    view_id = open_modal(slack, gateway)
    answer = Reply(settled(a_request(), OutcomeKind.CONFIRMED), a_record_state())
    assert gateway.show_in_view(view_id, answer)
    assert "Sent to Noyo" in json.dumps(slack.calls[-1].args)


def test_other_content_can_be_shown_in_a_modal_too(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    view_id = open_modal(slack, gateway)
    assert gateway.show_in_view(view_id, CARD)
    assert "Test Company" in json.dumps(slack.calls[-1].args)


def test_a_closed_modal_is_distinguished_from_other_errors(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    answer = Reply(a_request())
    assert not gateway.show_in_view("V0GONE", answer)
    slack.faults.api_error("missing_scope")
    with pytest.raises(SlackRefused):
        gateway.show_in_view("V0GONE", answer)


def test_a_message_links_to_its_card_and_reads_the_permalink_once(
    slack: SlackFake, gateway: SlackMessageGateway
) -> None:
    card = gateway.post(CHANNEL, gateway.render(CARD), idempotency_key="m1")
    alert = Alert(a_record_state(), VERSION, card=MessageLink(CHANNEL, card.ts))
    first, second = gateway.render(alert), gateway.render(alert)
    assert f"https://local.slack.com/archives/{CHANNEL}/p" in first.blocks
    assert first == second
    assert [call.method for call in slack.calls].count("chat.getPermalink") == 1


def test_without_a_permalink_the_channel_of_the_card_is_named(slack: SlackFake, gateway: SlackMessageGateway) -> None:
    slack.faults.server_error("chat.getPermalink")
    rendered = gateway.render(Alert(a_record_state(), VERSION, card=MessageLink(CHANNEL, "1767000000.000100")))
    assert f"The card is in <#{CHANNEL}>." in rendered.text


def test_outside_production_rendered_messages_name_the_environment(calls: SlackApiClient) -> None:
    rendered = SlackMessageGateway(calls, replace(DISPLAY, in_production=False, environment="sandbox")).render(CARD)
    assert rendered.text.startswith("Not production: this is the sandbox environment.")


def open_modal(slack: SlackFake, gateway: SlackMessageGateway) -> str:
    trigger = slack.workspace.new_trigger("UANA")
    gateway.open_view(trigger, LOADING)
    return str(slack.calls[-1].answer["view"]["id"])
