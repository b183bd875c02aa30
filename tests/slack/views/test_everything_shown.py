"""Untrusted text from people and carriers breaks neither Slack's rules nor ours."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.content import Alert, RecordCard, Reply
from bot.domain.records import UnknownValue
from bot.domain.requests import Decision
from bot.slack.features.decide import changes, decision_form
from bot.slack.features.disconnect import disconnect_form
from bot.slack.features.second_approval import confirmation
from bot.slack.views.cards import no_links, render
from bot.slack.views.replies import reply_view
from bot.telemetry import mask
from infra.local.gallery.samples import DISPLAY, a_connection, a_disconnection, a_pending_disconnection, a_record_state
from infra.local.gallery.untrusted import every_content
from infra.local.slack import SlackFake
from infra.local.slack.display.mrkdwn import SpanKind
from infra.local.slack.display.rendering import active_spans
from infra.local.slack.validation.blocks import check_blocks
from infra.local.slack.validation.views import check_view
from infra.local.slack.workspace import Message

HOSTILE_PIECES = [
    "<!channel>",
    "<!here>",
    "<@U0EVIL>",
    "<!subteam^S0EVIL>",
    "<https://evil.example|safe>",
    "@everyone ",
    "#general ",
    "https://evil.com/a?b=c ",
    "evil.com ",
    "a@evil.com ",
    "*bold* ",
    "_it_ ",
    "~no~ ",
    "```",
    "`x` ",
    ":tada: ",
    "\n> quote",
    "&lt;!channel&gt;",
    "&amp;",
    "\u202etxet",
    "\u200b",
    "123-45-6789 ",
    "12-3456789 ",
    "98\u200b7654321 ",
    "\ud800",
    "\x00",
    '"}]',
]
hostile_text = st.one_of(
    st.lists(st.sampled_from(HOSTILE_PIECES), max_size=12).map("".join),
    st.text(max_size=60),
    st.sampled_from(HOSTILE_PIECES).map(lambda piece: (piece * 5000)[:5000]),
    st.just("&" * 5000),
)
DISPLAY_OUTSIDE = replace(DISPLAY, in_production=False, environment="<!here> 123-45-6789")
ALLOWED_PINGS = {"@UANA", "@UBOB"}


@pytest.fixture(scope="module")
def workspace() -> Any:
    fake = SlackFake()
    fake.add_channel("CCONNECT", "connections")
    fake.add_channel("CGENERAL", "general")
    return fake.workspace


@given(name=hostile_text, untrusted=hostile_text)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_hostile_text_breaks_no_rule_in_any_message(workspace: Any, name: str, untrusted: str) -> None:
    # Own texts contain real mentions of people, so untrusted mentions must look different here.
    untrusted = re.sub(r"<@U0EVIL>|<!subteam\^S0EVIL>", "<@U0 EVIL>", untrusted)
    for content in every_content(name, untrusted):
        rendered = render(content, DISPLAY_OUTSIDE)
        blocks = json.loads(rendered.blocks)
        assert check_blocks(blocks) == []
        assert len(rendered.text) <= 3000
        assert rendered.text.strip()
        assert (rendered.text + rendered.blocks).encode(), "the text must be encodable"
        assert only_expected_entities(rendered.text)
        message = Message("1.1", "CCONNECT", "U0BOT", rendered.text, blocks)
        assert pings_and_links(workspace, message) <= ALLOWED_PINGS
        assert all(mask(shown) == shown for shown in [rendered.text, *texts(blocks)])
        if isinstance(content, Reply):
            assert check_view(reply_view(content, DISPLAY_OUTSIDE, no_links)) == []


@given(name=hostile_text, untrusted=hostile_text)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@pytest.mark.parametrize("decision", list(Decision))
def test_hostile_text_breaks_no_decision_form(workspace: Any, decision: Decision, name: str, untrusted: str) -> None:
    record = a_disconnection(group_name=name, source_type=UnknownValue(untrusted), source_id=untrusted, carrier_id=name)
    before = replace(record, status=UnknownValue(untrusted), effective_end_date=None)
    view = decision_form(decision, record, DISPLAY_OUTSIDE, changes(before, record, DISPLAY_OUTSIDE))
    assert check_view(view) == []
    message = Message("1.1", "CCONNECT", "U0BOT", "", view["blocks"])
    assert pings_and_links(workspace, message) == set()
    assert all(mask(shown) == shown for shown in texts(view["blocks"]))


@given(name=hostile_text, untrusted=hostile_text)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_hostile_text_breaks_neither_the_disconnect_form_nor_the_confirmation(
    workspace: Any, name: str, untrusted: str
) -> None:
    record = a_connection(group_name=name, carrier_id=name, error=untrusted, status=UnknownValue(untrusted))
    request = a_pending_disconnection(fields={"group_name": name, "carrier_id": name, "context": untrusted})
    disconnection_request: Any = request.input
    views = [
        disconnect_form(record, DISPLAY_OUTSIDE, needs_second=True, changed=True),
        confirmation(
            request, disconnection_request, a_connection(status=UnknownValue(untrusted)), DISPLAY_OUTSIDE, first=True
        ),
    ]
    for view in views:
        assert check_view(view) == []
        message = Message("1.1", "CCONNECT", "U0BOT", "", view["blocks"])
        assert pings_and_links(workspace, message) <= ALLOWED_PINGS
        assert all(mask(shown) == shown for shown in texts(view["blocks"]))


def pings_and_links(workspace: Any, message: Message) -> set[str]:
    alive = (SpanKind.PING, SpanKind.LINK)
    return {piece.target for piece in active_spans(workspace, message) if piece.kind in alive}


def only_expected_entities(text: str) -> bool:
    """Whether every `<`, `>` and `&` belongs to a mention, a date or an entity."""
    ours = r"<@[UW][A-Z0-9]+>|<#C[A-Z0-9]+>|<!date\^\d+\^\{date_short_pretty\} at \{time\}\|[\w: ]+>"
    return not re.search(r"[<>&]", re.sub(rf"{ours}|&amp;|&lt;|&gt;", "", text))


def texts(value: Any) -> list[str]:
    """All visible texts of these blocks."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return []


def test_a_carriers_message_cannot_mention_link_or_format(workspace: Any) -> None:
    untrusted = "<!channel> *bold* https://evil.com 123-45-6789"
    rendered = render(Alert(a_record_state(a_connection(error=untrusted)), a_connection().version), DISPLAY)
    message = Message("1.1", "CCONNECT", "U0BOT", rendered.text, json.loads(rendered.blocks))
    assert pings_and_links(workspace, message) == {"@UANA"}
    assert "123-45-6789" not in rendered.text + rendered.blocks
    assert "*bold*" not in rendered.text


def test_the_fingerprint_depends_on_the_content_only() -> None:
    card = RecordCard(a_record_state())
    assert render(card, DISPLAY).fingerprint == render(card, DISPLAY).fingerprint
    assert render(card, DISPLAY).fingerprint != render(card, DISPLAY_OUTSIDE).fingerprint


@pytest.mark.parametrize("number", range(26))
def test_no_message_has_more_than_one_primary_button(number: int) -> None:
    assert render(every_content("Test Company", "why")[number], DISPLAY).blocks.count('"style":"primary"') <= 1
