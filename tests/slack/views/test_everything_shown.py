"""Any text from people and carriers is shown within Slack's rules and ours."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.content import Alert, Content, ManualResolution, RecordCard, Reply, RequestCard, Summary, ThreadLine
from bot.domain.operations import OperationState, Outcome, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import DisconnectionStatus, UnknownValue
from bot.domain.requests import ConnectionRequest, Decision, RetryRequest
from bot.slack.features.decide import changes, decision_form
from bot.slack.features.disconnect import disconnect_form
from bot.slack.features.second_approval import confirmation
from bot.slack.views.cards import no_links, render
from bot.slack.views.replies import reply_view
from bot.telemetry import mask
from infra.local.slack import SlackFake
from infra.local.slack.display.mrkdwn import SpanKind
from infra.local.slack.display.rendering import active_spans
from infra.local.slack.validation.blocks import check_blocks
from infra.local.slack.validation.views import check_view
from infra.local.slack.workspace import Message
from tests.slack.samples import (
    CARD,
    DISPLAY,
    VERSION,
    a_connection,
    a_decision,
    a_disconnection,
    a_pending_disconnection,
    a_record_state,
    a_request,
    a_retry,
)

PIECES = [
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
hostile = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(max_size=60),
    st.sampled_from(PIECES).map(lambda piece: (piece * 5000)[:5000]),
    st.just("&" * 5000),
)
DISPLAY_OUTSIDE = replace(DISPLAY, in_production=False, environment="<!here> 123-45-6789")
ALLOWED_PINGS = {"@UANA", "@UBOB"}


def everything(words: str, said: str) -> list[Content]:
    """Each kind of content, with the words wherever words from outside can stand."""
    own_id = re.sub(r"\d", "", said)  # A number in a record's own carrier group id would rightly stay.
    record = a_connection(group_name=words, error=said, version=VERSION)
    odd = replace(record, status=UnknownValue(words), carrier_id=words, carrier_group_id=own_id)
    request = a_request(input=ConnectionRequest(said, own_id, words), outcome=Outcome(OutcomeKind.OVERDUE, said))
    retry = a_retry(input=RetryRequest("00110022"), delay_reason=said, outcome=Outcome(OutcomeKind.REFUSED, said))
    refused = replace(retry, state=OperationState.REFUSED, settled_at=1_767_008_000)
    unallowed = replace(refused, outcome=Outcome(OutcomeKind.NOT_AUTHORIZED, said))
    stuck = replace(request, state=OperationState.NEEDS_RESOLUTION)
    waits = tuple(a_record_state(replace(record, id=f"{number}")) for number in range(25))
    disconnection = a_disconnection(group_name=words, source_type=UnknownValue(said), source_id=said)
    decision = a_decision(wanted={"context": said}, delay_reason=said, outcome=Outcome(OutcomeKind.REFUSED, said))
    no = replace(decision, state=OperationState.REFUSED, settled_at=1_767_008_000)
    decided = replace(disconnection, status=DisconnectionStatus.REJECTED)
    torn = replace(decision, state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.UNCLEAR, said))
    event = OutboxEvent("n", EventKind.LATE_VERSION, record.entity, 1_767_008_000, None, before=words, after=said)
    return [
        RecordCard(a_record_state(record), last=refused),
        RecordCard(a_record_state(odd), retry),
        RecordCard(a_record_state(disconnection), retry),
        RequestCard(request),
        RequestCard(replace(request, state=OperationState.REFUSED), a_record_state(odd)),
        RequestCard(stuck),
        Alert(a_record_state(record), record.version, card=CARD),
        Alert(a_record_state(odd), "another", retry),
        Alert(a_record_state(disconnection), disconnection.version),
        ManualResolution(stuck, a_record_state(odd), CARD),
        ThreadLine(event),
        ThreadLine(replace(event, kind=EventKind.RECORD_CHANGED)),
        ThreadLine(replace(event, kind=EventKind.OPERATION_CHANGED, operation_state=OperationState.REFUSED), refused),
        Reply(request),
        Reply(refused, a_record_state(odd), CARD),
        Reply(unallowed, a_record_state(record)),
        RecordCard(a_record_state(disconnection), decision),
        RecordCard(a_record_state(disconnection), last=no),
        RecordCard(a_record_state(disconnection), torn),
        RecordCard(a_record_state(decided), last=no),
        Alert(a_record_state(disconnection), disconnection.version, decision),
        ManualResolution(torn, a_record_state(disconnection), CARD),
        ThreadLine(replace(event, kind=EventKind.OPERATION_CHANGED, operation_state=OperationState.REFUSED), no),
        Reply(no, a_record_state(disconnection), CARD),
        Reply(decision, a_record_state(disconnection)),
        *_pending_disconnections(words, said),
        Summary(25, 60, waits, 1000),
    ]


def _pending_disconnections(words: str, said: str) -> list[Content]:
    request = a_pending_disconnection(wanted={"group_name": words, "carrier_id": words, "context": said})
    torn = replace(request, state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.UNCLEAR, said))
    no = replace(request, state=OperationState.REFUSED, outcome=Outcome(OutcomeKind.REFUSED, said, status=403))
    changed = replace(no, state=OperationState.CANCELLED, outcome=Outcome(OutcomeKind.CHANGED, said))
    there = a_record_state(a_disconnection(group_name=words, carrier_id=words))
    event = OutboxEvent("n", EventKind.OPERATION_CHANGED, request.entity, 1_767_008_000, None)
    return [
        RequestCard(request),
        RequestCard(torn),
        RequestCard(no, there),
        RequestCard(changed),
        RequestCard(replace(request, state=OperationState.PENDING, delay_reason=said)),
        ManualResolution(torn, None, CARD),
        ThreadLine(replace(event, operation_state=OperationState.AWAITING_CONFIRMATION), request),
        ThreadLine(replace(event, operation_state=OperationState.CANCELLED), changed),
        Reply(no, there, CARD),
        Reply(changed),
    ]


@pytest.fixture(scope="module")
def system() -> Any:
    fake = SlackFake()
    fake.add_channel("CCONNECT", "connections")
    fake.add_channel("CGENERAL", "general")
    return fake.workspace


@given(words=hostile, said=hostile)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_hostile_words_break_no_rule_wherever_they_stand(system: Any, words: str, said: str) -> None:
    # Our own texts name people with real mentions; those are not untrusted.
    said = re.sub(r"<@U0EVIL>|<!subteam\^S0EVIL>", "<@U0 EVIL>", said)
    for content in everything(words, said):
        rendered = render(content, DISPLAY_OUTSIDE)
        blocks = json.loads(rendered.blocks)
        assert check_blocks(blocks) == []
        assert len(rendered.text) <= 3000
        assert rendered.text.strip()
        assert (rendered.text + rendered.blocks).encode(), "no half characters"
        assert only_entities_of_ours(rendered.text)
        message = Message("1.1", "CCONNECT", "U0BOT", rendered.text, blocks)
        assert pings_and_links(system, message) <= ALLOWED_PINGS
        assert all(mask(shown) == shown for shown in [rendered.text, *texts(blocks)])
        if isinstance(content, Reply):
            assert check_view(reply_view(content, DISPLAY_OUTSIDE, no_links)) == []


@given(words=hostile, said=hostile)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@pytest.mark.parametrize("decision", list(Decision))
def test_hostile_words_break_no_form(system: Any, decision: Decision, words: str, said: str) -> None:
    record = a_disconnection(group_name=words, source_type=UnknownValue(said), source_id=said, carrier_id=words)
    before = replace(record, status=UnknownValue(said), effective_end_date=None)
    view = decision_form(decision, record, DISPLAY_OUTSIDE, changes(before, record))
    assert check_view(view) == []
    message = Message("1.1", "CCONNECT", "U0BOT", "", view["blocks"])
    assert pings_and_links(system, message) == set()
    assert all(mask(shown) == shown for shown in texts(view["blocks"]))


@given(words=hostile, said=hostile)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_hostile_words_break_neither_the_form_nor_the_confirmation(system: Any, words: str, said: str) -> None:
    record = a_connection(group_name=words, carrier_id=words, error=said, status=UnknownValue(said))
    request = a_pending_disconnection(wanted={"group_name": words, "carrier_id": words, "context": said})
    asked: Any = request.input
    views = [
        disconnect_form(record, DISPLAY_OUTSIDE, needs_second=True, changed=True),
        confirmation(request, asked, a_connection(status=UnknownValue(said)), DISPLAY_OUTSIDE, first=True),
    ]
    for view in views:
        assert check_view(view) == []
        message = Message("1.1", "CCONNECT", "U0BOT", "", view["blocks"])
        assert pings_and_links(system, message) <= ALLOWED_PINGS
        assert all(mask(shown) == shown for shown in texts(view["blocks"]))


def pings_and_links(system: Any, message: Message) -> set[str]:
    alive = (SpanKind.PING, SpanKind.LINK)
    return {piece.target for piece in active_spans(system, message) if piece.kind in alive}


def only_entities_of_ours(text: str) -> bool:
    """Every `<`, `>` and `&` belongs to a mention, a date or an entity."""
    ours = r"<@[UW][A-Z0-9]+>|<#C[A-Z0-9]+>|<!date\^\d+\^\{date_short_pretty\} at \{time\}\|[\w: ]+>"
    return not re.search(r"[<>&]", re.sub(rf"{ours}|&amp;|&lt;|&gt;", "", text))


def texts(value: Any) -> list[str]:
    """Every text in these blocks that a person reads."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return []


def test_a_pinging_linking_and_formatting_carrier_does_none_of_it(system: Any) -> None:
    said = "<!channel> *bold* https://evil.com 123-45-6789"
    rendered = render(Alert(a_record_state(a_connection(error=said)), a_connection().version), DISPLAY)
    message = Message("1.1", "CCONNECT", "U0BOT", rendered.text, json.loads(rendered.blocks))
    assert pings_and_links(system, message) == {"@UANA"}
    assert "123-45-6789" not in rendered.text + rendered.blocks
    assert "*bold*" not in rendered.text


def test_the_same_content_gives_the_same_fingerprint_and_other_content_another() -> None:
    card = RecordCard(a_record_state())
    assert render(card, DISPLAY).fingerprint == render(card, DISPLAY).fingerprint
    assert render(card, DISPLAY).fingerprint != render(card, DISPLAY_OUTSIDE).fingerprint


@pytest.mark.parametrize("number", range(26))
def test_no_message_has_more_than_one_main_button(number: int) -> None:
    assert render(everything("Test Company", "why")[number], DISPLAY).blocks.count('"style":"primary"') <= 1
