"""Messages are posted once, found again and edited in place; modals show answers."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.content import Alert, MessageLink, RecordCard, Reply
from bot.domain.operations import OutcomeKind
from bot.domain.records import ConnectionStatus
from bot.errors import SlackNoAnswer, SlackRefused
from bot.slack.api.client import SlackApiClient, SlackMessageGateway
from infra.local.slack import SlackFake
from tests.slack.conftest import CHANNEL
from tests.slack.samples import DISPLAY, VERSION, a_connection, a_record_state, a_request, settled

CARD = RecordCard(a_record_state())
LOADING = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Sending"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Sending"}}],
}


@pytest.fixture
def web(calls: SlackApiClient) -> SlackMessageGateway:
    return SlackMessageGateway(calls, DISPLAY)


def at(slack: SlackFake) -> int:
    return int(slack.workspace.clock())


def test_a_post_keeps_its_mark_unfurls_nothing_and_links_nothing(slack: SlackFake, web: SlackMessageGateway) -> None:
    posted = web.post(CHANNEL, web.render(CARD), idempotency_key="m1")
    (message,) = slack.workspace.channels[CHANNEL].messages
    assert (posted.channel, posted.ts) == (CHANNEL, message.ts)
    assert message.metadata == {"event_type": "switchboard", "event_payload": {"idempotency_key": "m1"}}
    args = slack.calls[-1].args
    assert not args["unfurl_links"]
    assert not args["unfurl_media"]
    assert not args["link_names"]
    assert args["parse"] == "none"


def test_what_was_posted_before_the_answer_was_lost_is_found_by_its_mark(
    slack: SlackFake, web: SlackMessageGateway
) -> None:
    slack.faults.reset_after("chat.postMessage")
    since = at(slack)
    with pytest.raises(SlackNoAnswer):
        web.post(CHANNEL, web.render(CARD), idempotency_key="m1")
    web.post(CHANNEL, web.render(CARD), idempotency_key="m2")
    found = web.find(CHANNEL, idempotency_key="m1", since=since)
    assert found is not None
    assert found.ts == slack.workspace.channels[CHANNEL].messages[0].ts
    assert web.find(CHANNEL, idempotency_key="m3", since=since) is None


def test_a_line_in_a_thread_is_found_in_its_thread(slack: SlackFake, web: SlackMessageGateway) -> None:
    card = web.post(CHANNEL, web.render(CARD), idempotency_key="card")
    line = web.post(CHANNEL, web.render(CARD), idempotency_key="line", thread=card.ts)
    assert web.find(CHANNEL, idempotency_key="line", since=at(slack), thread=card.ts) == line
    assert web.find(CHANNEL, idempotency_key="line", since=at(slack)) is None


def test_a_direct_message_is_posted_to_a_person_and_found_in_their_conversation(
    slack: SlackFake, web: SlackMessageGateway
) -> None:
    posted = web.post("UANA", web.render(CARD), idempotency_key="m1")
    assert posted.channel.startswith("D")
    assert web.find("UANA", idempotency_key="m1", since=at(slack)) == posted


def test_a_mark_beyond_the_first_page_is_found(
    slack: SlackFake, web: SlackMessageGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "SLACK_HISTORY_PAGE_SIZE", 2)
    posted = web.post(CHANNEL, web.render(CARD), idempotency_key="m1")
    for number in range(3):
        slack.say("UANA", CHANNEL, f"chatter {number}")
    assert web.find(CHANNEL, idempotency_key="m1", since=at(slack)) == posted


def test_a_search_ends_after_some_pages_and_says_so(
    slack: SlackFake, web: SlackMessageGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(policies, "SLACK_HISTORY_PAGE_SIZE", 1)
    for number in range(9):
        slack.say("UANA", CHANNEL, f"chatter {number}")
    with caplog.at_level(logging.WARNING):
        assert web.find(CHANNEL, idempotency_key="m1", since=at(slack)) is None
    assert "there are more" in caplog.text
    assert [call.method for call in slack.calls] == ["conversations.history"] * 5


def test_messages_of_long_before_are_not_looked_at(slack: SlackFake, web: SlackMessageGateway) -> None:
    web.post(CHANNEL, web.render(CARD), idempotency_key="m1")
    assert web.find(CHANNEL, idempotency_key="m1", since=at(slack) + 120) is None
    assert web.find(CHANNEL, idempotency_key="m1", since=at(slack) + 30) is not None


def test_metadata_that_is_not_ours_is_passed_over(slack: SlackFake, web: SlackMessageGateway) -> None:
    for metadata in (
        {"event_type": "other", "event_payload": {"idempotency_key": "m1"}},
        {"event_type": "switchboard", "event_payload": []},
        {"event_type": "switchboard", "event_payload": {}},
    ):
        slack.say("UANA", CHANNEL, "hi")
        slack.workspace.channels[CHANNEL].messages[-1].metadata = metadata
    assert web.find(CHANNEL, idempotency_key="m1", since=at(slack)) is None


def test_a_channel_that_the_bot_is_not_in_cannot_be_searched(slack: SlackFake, web: SlackMessageGateway) -> None:
    slack.add_channel("COTHER", "other", bot_is_member=False)
    with pytest.raises(SlackRefused) as refused:
        web.find("COTHER", idempotency_key="m1", since=0)
    assert refused.value.code == "not_in_channel"


def test_a_message_is_edited_in_place_and_keeps_its_mark(slack: SlackFake, web: SlackMessageGateway) -> None:
    posted = web.post(CHANNEL, web.render(CARD), idempotency_key="m1")
    done = RecordCard(a_record_state(a_connection(status=ConnectionStatus.COMPLETED)))
    web.update(CHANNEL, posted.ts, web.render(done))
    (message,) = slack.workspace.channels[CHANNEL].messages
    assert "Completed" in message.text
    assert message.metadata is not None
    assert message.metadata["event_payload"] == {"idempotency_key": "m1"}


def test_editing_a_message_that_is_gone_is_refused(web: SlackMessageGateway) -> None:
    with pytest.raises(SlackRefused) as refused:
        web.update(CHANNEL, "1767000000.000100", web.render(CARD))
    assert refused.value.code == "message_not_found"


def test_a_modal_shows_the_answer_while_it_is_open(slack: SlackFake, web: SlackMessageGateway) -> None:
    view_id = opened(slack, web)
    answer = Reply(settled(a_request(), OutcomeKind.CONFIRMED), a_record_state())
    assert web.show_in_view(view_id, answer)
    assert "Sent to Noyo" in json.dumps(slack.calls[-1].args)


def test_other_content_can_be_shown_in_a_modal_too(slack: SlackFake, web: SlackMessageGateway) -> None:
    view_id = opened(slack, web)
    assert web.show_in_view(view_id, CARD)
    assert "Test Company" in json.dumps(slack.calls[-1].args)


def test_a_modal_that_was_closed_is_told_from_other_trouble(slack: SlackFake, web: SlackMessageGateway) -> None:
    answer = Reply(a_request())
    assert not web.show_in_view("V0GONE", answer)
    slack.faults.api_error("missing_scope")
    with pytest.raises(SlackRefused):
        web.show_in_view("V0GONE", answer)


def test_a_message_links_to_its_card_and_asks_for_the_address_once(slack: SlackFake, web: SlackMessageGateway) -> None:
    card = web.post(CHANNEL, web.render(CARD), idempotency_key="m1")
    alert = Alert(a_record_state(), VERSION, card=MessageLink(CHANNEL, card.ts))
    first, second = web.render(alert), web.render(alert)
    assert f"https://local.slack.com/archives/{CHANNEL}/p" in first.blocks
    assert first == second
    assert [call.method for call in slack.calls].count("chat.getPermalink") == 1


def test_where_slack_does_not_tell_the_address_the_channel_is_named(slack: SlackFake, web: SlackMessageGateway) -> None:
    slack.faults.server_error("chat.getPermalink")
    rendered = web.render(Alert(a_record_state(), VERSION, card=MessageLink(CHANNEL, "1767000000.000100")))
    assert f"The card is in <#{CHANNEL}>." in rendered.text


def test_outside_production_what_the_web_renders_says_so(calls: SlackApiClient) -> None:
    rendered = SlackMessageGateway(calls, replace(DISPLAY, in_production=False, environment="sandbox")).render(CARD)
    assert rendered.text.startswith("Not production: this is the sandbox environment.")


def opened(slack: SlackFake, web: SlackMessageGateway) -> str:
    trigger = slack.workspace.new_trigger("UANA")
    web.open_view(trigger, LOADING)
    return str(slack.calls[-1].answer["view"]["id"])
